package openflow

import "net/netip"

// samples are messages with every kind of part in them; the transcripts in
// testdata/printed.txt are what Open vSwitch reads in them.
func samples() map[string]Message {
	office := netip.MustParsePrefix("10.0.0.0/24")
	six := netip.MustParseAddr("fc00::1:254")
	mac := [6]byte{0x0e, 0, 0, 0, 0, 1}
	flow := func(m Match, in ...Instruction) *FlowMod {
		return &FlowMod{Cookie: 0x5adc15c0, Table: 3, Priority: 8192, Buffer: NoBuffer, OutPort: PortAny, OutGroup: GroupAny, Match: m, Instructions: in}
	}
	return map[string]Message{
		"hello":    &Hello{Elements: []HelloElement{VersionBitmap{Bitmaps: []uint32{0x10}}}},
		"error":    &Error{Kind: FlowModFailed, Code: 2, Data: []byte{4, 20, 0, 8, 0, 0, 0, 9}},
		"echo":     &EchoRequest{Data: []byte("ping")},
		"features": &FeaturesReply{DatapathID: 0x1234, Buffers: 256, Tables: 254, Capabilities: 0x4f},
		"config":   &SetConfig{MissSendLen: 128},
		"packet-in": &PacketIn{Buffer: NoBuffer, TotalLen: 14, Reason: ReasonAction, Table: 1, Cookie: 7, Match: Match{InPort.Uint(3)},
			Data: append(append([]byte{0x0e, 0, 0, 0, 0, 2}, mac[:]...), 0x90, 0)},
		"flow-removed": &FlowRemoved{Cookie: 1, Priority: 2, Reason: RemovedHard, Table: 4, DurationSec: 5, IdleTimeout: 6, Packets: 7, Bytes: 8,
			Match: Match{EthSrc.MAC(mac), VLANVID.Uint(100 | VIDPresent)}},
		"port-status": &PortStatus{Reason: PortModified, Port: Port{Number: 2, HardwareAddr: mac, Name: "eth2", State: LinkDown, CurrentSpeed: 1000}},
		"packet-out": &PacketOut{Buffer: NoBuffer, InPort: PortController, Actions: []Action{Output{Port: 1}, PushVLAN{EtherType: 0x8100}},
			Data: append(append([]byte{0x0e, 0, 0, 0, 0, 2}, mac[:]...), 0x90, 0)},
		"flow-mod": flow(Match{InPort.Uint(1), VLANVID.Masked(0, VIDPresent)}, ApplyActions{Actions: []Action{PushVLAN{EtherType: 0x8100},
			SetField{Field: VLANVID.Uint(100 | VIDPresent)}, Output{Port: PortController, MaxLen: 96}}}, GotoTable{Table: 4}),
		"flow-mod-ip": flow(Match{EthType.Uint(0x800), IPProto.Uint(6), IPv4Dst.Prefix(office), TCPDst.Uint(80)}, Meter{Meter: 1},
			WriteMetadata{Metadata: 5, Mask: 7}, WriteActions{Actions: []Action{Group{Group: 9}, SetQueue{Queue: 2}, DecNetworkTTL{}}}),
		"flow-mod-nd": flow(Match{EthType.Uint(0x86dd), IPProto.Uint(58), ICMPv6Type.Uint(135), NDTarget.Addr(six)}, ClearActions{}),
		"flow-mod-ct": flow(Match{EthType.Uint(0x800), CTState.Masked(1, 0x21)}, ApplyActions{Actions: []Action{
			ExperimenterAction{Experimenter: 0x2320, Data: []byte{0, 35, 0, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0, 0, 0}}}}),
		"flow-mod-mpls": flow(Match{EthType.Uint(0x8847), MPLSLabel.Uint(77)}, ApplyActions{Actions: []Action{SetMPLSTTL{TTL: 3}, DecMPLSTTL{},
			PushMPLS{EtherType: 0x8847}, PopMPLS{EtherType: 0x8847}}}),
		"flow-mod-ttl": flow(nil, ApplyActions{Actions: []Action{CopyTTLIn{}, CopyTTLOut{}, PushPBB{EtherType: 0x88e7}, PopPBB{}}}), // unknown to Open vSwitch
		"group-mod": &GroupMod{Command: GroupAdd, Kind: GroupTypeFastFailover, Group: 5, Buckets: []Bucket{{WatchPort: 1, WatchGroup: GroupAny,
			Actions: []Action{Output{Port: 1}}}, {WatchPort: 2, WatchGroup: GroupAny, Actions: []Action{Output{Port: 2}}}}},
		"port-mod":  &PortMod{Port: 3, HardwareAddr: mac, Config: PortNoFwd, Mask: PortNoFwd | PortDown},
		"table-mod": &TableMod{Table: 2},
		"meter-mod": &MeterMod{Command: MeterAdd, Flags: MeterKbps | MeterBurst, Meter: 4, Bands: []Band{DropBand{Rate: 1000, Burst: 10},
			RemarkBand{Rate: 500, Burst: 5, Precedence: 1}}},
		"role":      &RoleRequest{Role: RoleMaster, GenerationID: 8},
		"set-async": &SetAsync{PacketIn: [2]uint32{7, 0}, PortStatus: [2]uint32{7, 7}, FlowRemoved: [2]uint32{15, 0}},
		"queues": &QueueConfigReply{Port: 1, Queues: []PacketQueue{{Queue: 2, Port: 1, Properties: []QueueProperty{MinRate{Rate: 100},
			MaxRate{Rate: 200}}}}},
		"async-reply":  &AsyncReply{PacketIn: [2]uint32{7, 1}},
		"experimenter": &Experimenter{Experimenter: 0x4f4e4600, Kind: 2300, Data: []byte{0, 0, 0, 1, 0, 0, 0, 1}},
		"flows?": &MultipartRequest{Body: &FlowStatsRequest{Table: TableAll, OutPort: PortAny, OutGroup: GroupAny,
			Match: Match{EthDst.Bytes([]byte{1, 0, 0x5e, 0, 0, 0}, []byte{255, 255, 255, 0, 0, 0})}}},
		"flows": &MultipartReply{Flags: More, Body: &FlowStatsReply{Flows: []FlowStats{{Table: 1, DurationSec: 3, Priority: 5, HardTimeout: 249,
			Cookie: 6, Packets: 7, Bytes: 8, Match: Match{VLANVID.Uint(100 | VIDPresent)}, Instructions: []Instruction{GotoTable{Table: 4}}},
			{Table: 2, Match: Match{EthSrc.MAC(mac)}}}}},
		"aggregate":   &MultipartReply{Body: &AggregateReply{Packets: 1, Bytes: 2, Flows: 3}},
		"desc":        &MultipartReply{Body: &Desc{Manufacturer: "Octothorpe", Hardware: "none", Software: "all", Serial: "1", Datapath: "sw1"}},
		"ports":       &MultipartReply{Body: &PortDescReply{Ports: []Port{{Number: 1, Name: "a"}, {Number: 2, Name: "b", State: Live}}}},
		"port-stats":  &MultipartReply{Body: &PortStatsReply{Ports: []PortStats{{Port: 1, RxPackets: 1, TxBytes: 2, Collisions: 3, DurationSec: 4}}}},
		"tables":      &MultipartReply{Body: &TableStatsReply{Tables: []TableStats{{Table: 1, Active: 2, Lookups: 3, Matched: 4}}}},
		"queue-stats": &MultipartReply{Body: &QueueStatsReply{Queues: []QueueStats{{Port: 1, Queue: 2, TxBytes: 3, TxPackets: 4, TxErrors: 5}}}},
		"group-stats": &MultipartReply{Body: &GroupStatsReply{Groups: []GroupStats{{Group: 1, References: 2, Packets: 3, Buckets: []Counter{{1, 2}, {3, 4}}}}}},
		"group-desc": &MultipartReply{Body: &GroupDescReply{Groups: []GroupDesc{{Kind: GroupTypeSelect, Group: 3, Buckets: []Bucket{{Weight: 1,
			WatchPort: PortAny, WatchGroup: GroupAny, Actions: []Action{Output{Port: 4}}}}}}}},
		"group-features": &MultipartReply{Body: &GroupFeatures{Types: 15, Capabilities: 3, MaxGroups: [4]uint32{1, 2, 3, 4}}},
		"meter-stats":    &MultipartReply{Body: &MeterStatsReply{Meters: []MeterStats{{Meter: 1, Flows: 2, PacketsIn: 3, BytesIn: 4, Bands: []Counter{{5, 6}}}}}},
		"meters":         &MultipartReply{Body: &MeterConfigReply{Meters: []MeterConfig{{Flags: MeterPktps, Meter: 1, Bands: []Band{DropBand{Rate: 10}}}}}},
		"meter-features": &MultipartReply{Body: &MeterFeatures{MaxMeter: 100, BandTypes: 2, Capabilities: 15, MaxBands: 1}},
		"table-features": &MultipartRequest{Body: &TableFeaturesRequest{Tables: []TableFeatures{{Table: 1, Name: "vlan", MetadataMatch: 1, MaxEntries: 256,
			Properties: []TableProperty{InstructionsProperty{Kind: 0, IDs: []TypeID{{Kind: 1}, {Kind: 4}}}, NextTablesProperty{Kind: 2, Tables: []byte{2, 3, 4}},
				ActionsProperty{Kind: 4}, ActionsProperty{Kind: 6, IDs: []TypeID{{Kind: 0}, {Kind: 17}}}, FieldsProperty{Kind: 8, Headers: []uint32{InPort.Header(), VLANVID.Header()}},
				FieldsProperty{Kind: 10, Headers: []uint32{VLANVID.Header()}},
				FieldsProperty{Kind: 12}, FieldsProperty{Kind: 14, Headers: []uint32{EthDst.Header()}}}}}}},
		"bodies?": &MultipartRequest{Body: &PortDescRequest{}},
		"barrier": &BarrierRequest{},
	}
}
