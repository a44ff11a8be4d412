package pipeline

import (
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/openflow"
)

// String prints the flow as ovs-ofctl does with --no-stats, without its cookie.
func (f *Flow) String() string {
	var b strings.Builder
	if f.Table != 0 {
		fmt.Fprintf(&b, "table=%d, ", f.Table)
	}
	if f.Idle != 0 {
		fmt.Fprintf(&b, "idle_timeout=%d, ", f.Idle)
	}
	if f.Hard != 0 {
		fmt.Fprintf(&b, "hard_timeout=%d, ", f.Hard)
	}
	if f.Flags&openflow.SendFlowRemoved != 0 {
		b.WriteString("send_flow_rem ")
	}
	fmt.Fprintf(&b, "priority=%d", f.Priority)
	for _, part := range matchParts(f.Match) {
		b.WriteString("," + part)
	}
	b.WriteString(" actions=" + actionsText(f.Instructions))
	return b.String()
}

var protocols = []struct {
	etherType, protocol uint64
	name                string
	fields              []openflow.FieldType
}{
	{0x800, 1, "icmp", []openflow.FieldType{openflow.ICMPv4Type, openflow.ICMPv4Code}},
	{0x86dd, 58, "icmp6", []openflow.FieldType{openflow.ICMPv6Type, openflow.ICMPv6Code}},
	{0x800, 6, "tcp", nil}, {0x86dd, 6, "tcp6", nil}, {0x800, 17, "udp", nil}, {0x86dd, 17, "udp6", nil},
	{0x800, 132, "sctp", nil}, {0x86dd, 132, "sctp6", nil},
}

// ovsNames are fields as ovs-ofctl calls them, in the order in which it prints.
var ovsNames = []struct {
	field openflow.FieldType
	name  string
}{
	{openflow.CTState, "ct_state"}, {openflow.CTZone, "ct_zone"}, {openflow.CTMark, "ct_mark"}, {openflow.CTLabel, "ct_label"},
	{openflow.Metadata, "metadata"}, {openflow.InPort, "in_port"}, {openflow.VLANVID, "dl_vlan"}, {openflow.VLANPCP, "dl_vlan_pcp"},
	{openflow.EthSrc, "dl_src"}, {openflow.EthDst, "dl_dst"}, {openflow.EthType, "dl_type"}, {openflow.IPv4Src, "nw_src"},
	{openflow.IPv4Dst, "nw_dst"}, {openflow.ARPSPA, "arp_spa"}, {openflow.ARPTPA, "arp_tpa"}, {openflow.IPv6Src, "ipv6_src"},
	{openflow.IPv6Dst, "ipv6_dst"}, {openflow.IPProto, "nw_proto"}, {openflow.ARPOp, "arp_op"}, {openflow.ARPSHA, "arp_sha"},
	{openflow.ARPTHA, "arp_tha"}, {openflow.IPDSCP, "nw_tos"}, {openflow.IPECN, "nw_ecn"}, {openflow.TCPSrc, "tp_src"},
	{openflow.TCPDst, "tp_dst"}, {openflow.UDPSrc, "tp_src"}, {openflow.UDPDst, "tp_dst"}, {openflow.SCTPSrc, "tp_src"},
	{openflow.SCTPDst, "tp_dst"}, {openflow.ICMPv4Type, "icmp_type"}, {openflow.ICMPv4Code, "icmp_code"}, {openflow.ICMPv6Type, "icmp_type"},
	{openflow.ICMPv6Code, "icmp_code"}, {openflow.NDTarget, "nd_target"}, {openflow.NDSLL, "nd_sll"}, {openflow.NDTLL, "nd_tll"},
}

// setNames are fields that ovs-ofctl calls otherwise where they are set.
var setNames = map[string]string{"ipv4_src": "ip_src", "ipv4_dst": "ip_dst", "icmpv4_type": "icmp_type", "icmpv4_code": "icmp_code",
	"ipv6_nd_target": "nd_target", "ipv6_nd_sll": "nd_sll", "ipv6_nd_tll": "nd_tll", "ip_ecn": "nw_ecn", "ipv6_flabel": "ipv6_label"}

func matchParts(m openflow.Match) (parts []string) {
	named := map[openflow.FieldType]bool{}
	if f, ok := m.Get(openflow.CTState); ok {
		parts, named[openflow.CTState] = append(parts, "ct_state="+ctState(f)), true
	}
	if t, ok := m.Get(openflow.EthType); ok {
		name := map[uint64]string{0x800: "ip", 0x806: "arp", 0x86dd: "ipv6"}[t.Uint()]
		if p, ok := m.Get(openflow.IPProto); ok {
			for _, known := range protocols {
				if known.etherType == t.Uint() && known.protocol == p.Uint() {
					name, named[openflow.IPProto] = known.name, true
				}
			}
		}
		if name != "" {
			parts, named[openflow.EthType] = append(parts, name), true
		}
	}
	for _, o := range ovsNames {
		f, ok := m.Get(o.field)
		if !ok || named[o.field] {
			continue
		}
		named[o.field] = true
		text, whole := strings.CutPrefix(fieldText(o.field, f), "\x00")
		if !whole {
			text = o.name + text
		}
		parts = append(parts, text)
	}
	for _, f := range m { // what Open vSwitch's table above does not have
		known := false
		for t := range named {
			known = known || f.Is(t)
		}
		if !known {
			parts = append(parts, f.String())
		}
	}
	return parts
}

func fieldText(t openflow.FieldType, f openflow.Field) string {
	_, text, _ := strings.Cut(f.String(), "=")
	mask, masked := f.Mask()
	switch t {
	case openflow.VLANVID:
		switch v := f.Uint(); {
		case !masked && v == 0:
			return "\x00vlan_tci=0x0000/0x1fff"
		case masked:
			return "\x00vlan_tci=" + fmt.Sprintf("0x%04x/0x%02x%02x", v, mask[0], mask[1])
		default:
			return fmt.Sprintf("=%d", v&^openflow.VIDPresent)
		}
	case openflow.TCPSrc, openflow.TCPDst, openflow.UDPSrc, openflow.UDPDst, openflow.SCTPSrc, openflow.SCTPDst:
		if masked {
			return fmt.Sprintf("=%#x/0x%02x%02x", f.Uint(), mask[0], mask[1])
		}
	case openflow.IPDSCP:
		return fmt.Sprintf("=%d", f.Uint()<<2)
	case openflow.Metadata, openflow.EthType:
		text = fmt.Sprintf("%#x", f.Uint())
		if masked {
			var v uint64
			for _, b := range mask {
				v = v<<8 | uint64(b)
			}
			text += fmt.Sprintf("/%#x", v)
		}
	case openflow.IPv4Src, openflow.IPv4Dst, openflow.IPv6Src, openflow.IPv6Dst, openflow.ARPSPA, openflow.ARPTPA:
		if bits, ok := prefixBits(mask); masked && ok {
			text = fmt.Sprintf("%s/%d", f.Addr(), bits)
		}
	}
	return "=" + text
}

// ctState prints the flags of connection tracking.
func ctState(f openflow.Field) (text string) {
	mask, masked := f.Mask()
	for i, name := range []string{"new", "est", "rel", "rpl", "inv", "trk", "snat", "dnat"} {
		if masked && mask[3]>>i&1 == 0 {
			continue
		}
		if f.Uint()>>i&1 == 1 {
			text += "+" + name
		} else {
			text += "-" + name
		}
	}
	return text
}

func prefixBits(mask []byte) (bits int, ok bool) {
	ended := false
	for _, b := range mask {
		for i := 7; i >= 0; i-- {
			one := b>>i&1 == 1
			if one && ended {
				return 0, false
			}
			if one {
				bits++
			} else {
				ended = true
			}
		}
	}
	return bits, true
}

func actionsText(list []openflow.Instruction) string {
	var meter, parts []string
	for _, i := range list {
		switch i := i.(type) {
		case openflow.Meter:
			meter = append(meter, fmt.Sprintf("meter:%d", i.Meter))
		case openflow.ApplyActions:
			for _, a := range i.Actions {
				parts = append(parts, actionText(a))
			}
		case openflow.WriteMetadata:
			parts = append(parts, fmt.Sprintf("write_metadata:%#x/%#x", i.Metadata, i.Mask))
		case openflow.GotoTable:
			parts = append(parts, fmt.Sprintf("goto_table:%d", i.Table))
		case openflow.ClearActions:
			parts = append(parts, "clear_actions")
		}
	}
	if parts = append(meter, parts...); len(parts) == 0 {
		return "drop"
	}
	return strings.Join(parts, ",")
}

func actionText(a openflow.Action) string {
	switch a := a.(type) {
	case openflow.Output:
		switch a.Port {
		case openflow.PortController:
			return fmt.Sprintf("CONTROLLER:%d", a.MaxLen)
		case openflow.PortIn:
			return "IN_PORT"
		}
		return fmt.Sprintf("output:%d", a.Port)
	case openflow.PushVLAN:
		return fmt.Sprintf("push_vlan:%#x", a.EtherType)
	case openflow.PopVLAN:
		return "pop_vlan"
	case openflow.Group:
		return fmt.Sprintf("group:%d", a.Group)
	case openflow.SetField:
		name, text, _ := strings.Cut(a.Field.String(), "=")
		if a.Field.Is(openflow.VLANVID) {
			text = fmt.Sprint(a.Field.Uint())
		}
		if other := setNames[name]; other != "" {
			name = other
		}
		return "set_field:" + text + "->" + name
	case openflow.DecNetworkTTL:
		return "dec_ttl"
	case openflow.ExperimenterAction:
		if a.Experimenter == nicira {
			return niciraText(a.Data)
		}
		return fmt.Sprintf("experimenter(%x,%x)", a.Experimenter, a.Data)
	}
	return fmt.Sprintf("%T", a)
}
