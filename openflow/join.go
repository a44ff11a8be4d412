package openflow

// cost is about how much memory a part of a multipart reply takes that has so many
// bytes on the wire. Fields of matches, which may have four bytes there and take 60
// here, are counted; of everything else no byte takes more than six.
func cost(part ReplyBody, wire int) int {
	flows, ok := part.(*FlowStatsReply)
	if !ok {
		return 128 + 6*wire
	}
	const flow, field, step = 128, 64, 64
	sum := 128
	for _, f := range flows.Flows {
		sum += flow + field*len(f.Match)
		for _, i := range f.Instructions {
			sum += step
			switch i := i.(type) {
			case ApplyActions:
				sum += 2 * step * len(i.Actions)
			case WriteActions:
				sum += 2 * step * len(i.Actions)
			}
		}
	}
	return sum
}

// join appends the list of one part of a multipart reply to that of another;
// false if they are not of one kind. Replies that are no lists replace.
func join(all, part *MultipartReply) bool {
	switch to := all.Body.(type) {
	case *FlowStatsReply:
		from, ok := part.Body.(*FlowStatsReply)
		if ok {
			to.Flows = append(to.Flows, from.Flows...)
		}
		return ok
	case *TableStatsReply:
		from, ok := part.Body.(*TableStatsReply)
		if ok {
			to.Tables = append(to.Tables, from.Tables...)
		}
		return ok
	case *PortStatsReply:
		from, ok := part.Body.(*PortStatsReply)
		if ok {
			to.Ports = append(to.Ports, from.Ports...)
		}
		return ok
	case *QueueStatsReply:
		from, ok := part.Body.(*QueueStatsReply)
		if ok {
			to.Queues = append(to.Queues, from.Queues...)
		}
		return ok
	case *GroupStatsReply:
		from, ok := part.Body.(*GroupStatsReply)
		if ok {
			to.Groups = append(to.Groups, from.Groups...)
		}
		return ok
	case *GroupDescReply:
		from, ok := part.Body.(*GroupDescReply)
		if ok {
			to.Groups = append(to.Groups, from.Groups...)
		}
		return ok
	case *MeterStatsReply:
		from, ok := part.Body.(*MeterStatsReply)
		if ok {
			to.Meters = append(to.Meters, from.Meters...)
		}
		return ok
	case *MeterConfigReply:
		from, ok := part.Body.(*MeterConfigReply)
		if ok {
			to.Meters = append(to.Meters, from.Meters...)
		}
		return ok
	case *TableFeaturesReply:
		from, ok := part.Body.(*TableFeaturesReply)
		if ok {
			to.Tables = append(to.Tables, from.Tables...)
		}
		return ok
	case *PortDescReply:
		from, ok := part.Body.(*PortDescReply)
		if ok {
			to.Ports = append(to.Ports, from.Ports...)
		}
		return ok
	case *ExperimenterReply:
		from, ok := part.Body.(*ExperimenterReply)
		if ok {
			to.Data = append(to.Data, from.Data...)
		}
		return ok
	}
	if all.Body.reply() != part.Body.reply() {
		return false
	}
	all.Body = part.Body
	return true
}
