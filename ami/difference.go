package ami

import "strings"

// differences are the events that a server would have sent on its way from what t
// knows to what a snapshot says: first what ended, then what began.
func (t *tracker) differences(now *snapshot) []Message {
	var told []Message
	tell := func(name string, parts ...Message) {
		m := Message{{"Event", name}}
		for _, part := range parts {
			m = append(m, part...)
		}
		told = append(told, m)
	}
	t.ended(now, tell)
	t.begun(now, tell)
	t.changedMembers(now, tell)
	t.changedStates(now, tell)
	return told
}

type teller func(name string, parts ...Message)

// ended tells of channels that left their bridges or hung up, of callers that left
// their queues, and of bridges that are no more.
func (t *tracker) ended(now *snapshot, tell teller) {
	if now.known[callers] {
		for _, key := range t.things[callers].keys() {
			if now.things[callers][key] != nil {
				continue
			}
			r := t.things[callers][key]
			tell("QueueCallerLeave", t.channelOf(r), Message{{"Queue", r.Get("Queue")},
				{"Count", now.waiting(r.Get("Queue"))}, {"Position", r.Get("Position")}})
		}
	}
	if now.known[channels] {
		for _, id := range t.things[channels].keys() {
			r, bridge := t.things[channels][id], t.inside[id]
			if bridge != "" && now.inside[id] != bridge {
				tell("BridgeLeave", now.bridge(t, bridge), r)
			}
			if now.things[channels][id] == nil {
				tell("Hangup", r, Message{{"Cause", "0"}, {"Cause-txt", "Unknown"}})
			}
		}
	}
	if now.known[bridges] {
		for _, id := range t.things[bridges].keys() {
			if now.things[bridges][id] == nil {
				tell("BridgeDestroy", now.bridge(t, id))
			}
		}
	}
}

// begun tells of new channels and what changed of others, of new bridges and who
// entered, and of callers that joined a queue.
func (t *tracker) begun(now *snapshot, tell teller) {
	if now.known[channels] {
		for _, id := range now.things[channels].keys() {
			r := now.things[channels][id]
			if old := t.things[channels][id]; old != nil {
				channelChanges(old, r, tell)
				continue
			}
			tell("Newchannel", r)
		}
	}
	if now.known[bridges] {
		for _, id := range now.things[bridges].keys() {
			if t.things[bridges][id] == nil {
				tell("BridgeCreate", now.things[bridges][id].Set("BridgeNumChannels", "0"))
			}
		}
	}
	if now.known[channels] {
		for _, id := range now.things[channels].keys() {
			if bridge := now.inside[id]; bridge != "" && t.inside[id] != bridge {
				tell("BridgeEnter", now.bridge(t, bridge), now.things[channels][id])
			}
		}
	}
	if now.known[callers] {
		for _, key := range now.things[callers].keys() {
			r := now.things[callers][key]
			if t.things[callers][key] == nil {
				tell("QueueCallerJoin", now.channelOf(r), Message{{"Queue", r.Get("Queue")}, {"Position", r.Get("Position")},
					{"Count", now.waiting(r.Get("Queue"))}})
			}
		}
	}
}

// channelChanges tells what is different of a channel.
func channelChanges(old, now Message, tell teller) {
	changed := func(keys ...string) bool {
		for _, key := range keys {
			if old.Get(key) != now.Get(key) {
				return true
			}
		}
		return false
	}
	if changed("Channel") {
		tell("Rename", Message{{"Channel", old.Get("Channel")}, {"Newname", now.Get("Channel")}, {"Uniqueid", now.Get("Uniqueid")}})
	}
	if changed("ChannelState") {
		tell("Newstate", now)
	}
	if changed("CallerIDNum", "CallerIDName") {
		tell("NewCallerid", now)
	}
	if changed("ConnectedLineNum", "ConnectedLineName") {
		tell("NewConnectedLine", now)
	}
	if changed("AccountCode") {
		tell("NewAccountCode", now, Message{{"OldAccountCode", old.Get("AccountCode")}})
	}
}

// changedMembers tells of queue members.
func (t *tracker) changedMembers(now *snapshot, tell teller) {
	if !now.known[members] {
		return
	}
	for _, key := range t.things[members].keys() {
		if now.things[members][key] == nil {
			tell("QueueMemberRemoved", t.things[members][key])
		}
	}
	for _, key := range now.things[members].keys() {
		old, r := t.things[members][key], now.things[members][key]
		switch {
		case old == nil:
			tell("QueueMemberAdded", r)
		case old.Get("Paused") != r.Get("Paused") || old.Get("PausedReason") != r.Get("PausedReason"):
			tell("QueueMemberPause", r)
		case old.Get("Penalty") != r.Get("Penalty"):
			tell("QueueMemberPenalty", r)
		case old.Get("Status") != r.Get("Status") || old.Get("InCall") != r.Get("InCall") || old.Get("CallsTaken") != r.Get("CallsTaken"):
			tell("QueueMemberStatus", r)
		}
	}
}

// changedStates tells of peers, contacts, devices and hints.
func (t *tracker) changedStates(now *snapshot, tell teller) {
	if now.known[contacts] {
		for _, key := range t.things[contacts].keys() {
			if now.things[contacts][key] == nil {
				tell("ContactStatus", t.things[contacts][key].Set("ContactStatus", "Removed"))
			}
		}
	}
	for _, of := range []struct {
		sort  sort
		event string
		key   string
		says  func(string) string
	}{
		{contacts, "ContactStatus", "ContactStatus", reachable},
		{peers, "PeerStatus", "PeerStatus", reachable},
		{devices, "DeviceStateChange", "State", strings.ToUpper},
		{hints, "ExtensionStatus", "Status", strings.ToUpper},
	} {
		if !now.known[of.sort] {
			continue
		}
		for _, key := range now.things[of.sort].keys() {
			r := now.things[of.sort][key]
			if old := t.things[of.sort][key]; old == nil || of.says(old.Get(of.key)) != of.says(r.Get(of.key)) {
				tell(of.event, r)
			}
		}
	}
}

// reachable makes one of what lists and events call a peer that can be reached, and one
// that can't.
func reachable(status string) string {
	switch strings.ToLower(status) {
	case "unreachable", "unregistered", "rejected":
		return "no"
	}
	return "yes"
}

// bridge is a bridge as it is now, or as it was.
func (s *snapshot) bridge(before *tracker, id string) Message {
	r := s.things[bridges][id]
	if r == nil {
		r = before.things[bridges][id]
	}
	if r == nil {
		r = Message{{"BridgeUniqueid", id}}
	}
	return r.Set("BridgeNumChannels", s.population(id))
}

// channelOf is the channel of a caller in a queue, as far as it is known.
func (t *tracker) channelOf(caller Message) Message {
	if r := t.things[channels][caller.Get("Uniqueid")]; r != nil {
		return r
	}
	return pick(caller, channelKeys)
}
