package emptyswitch

import "github.com/octothorpe/octothorpe/openflow"

// Answer is what the switch of a datapath id answers to a message of a controller
// (OpenFlow 1.3.5 §7.3); nil to what has no answer, such as flow messages.
func Answer(m openflow.Message, id uint64, ports []openflow.Port) openflow.Message {
	switch m := m.(type) {
	case *openflow.FeaturesRequest:
		return &openflow.FeaturesReply{DatapathID: id, Tables: 254}
	case *openflow.ConfigRequest:
		return &openflow.ConfigReply{}
	case *openflow.BarrierRequest:
		return &openflow.BarrierReply{}
	case *openflow.RoleRequest:
		return &openflow.RoleReply{Role: m.Role, GenerationID: m.GenerationID}
	case *openflow.MultipartRequest:
		return &openflow.MultipartReply{Body: statistics(m.Body, ports)}
	}
	return nil
}

func statistics(body openflow.RequestBody, ports []openflow.Port) openflow.ReplyBody {
	switch body.(type) {
	case *openflow.PortDescRequest:
		return &openflow.PortDescReply{Ports: ports}
	case *openflow.PortStatsRequest:
		return &openflow.PortStatsReply{}
	case *openflow.FlowStatsRequest:
		return &openflow.FlowStatsReply{}
	case *openflow.GroupDescRequest:
		return &openflow.GroupDescReply{}
	case *openflow.MeterConfigRequest:
		return &openflow.MeterConfigReply{}
	case *openflow.TableFeaturesRequest:
		return &openflow.TableFeaturesReply{}
	}
	return &openflow.Desc{}
}
