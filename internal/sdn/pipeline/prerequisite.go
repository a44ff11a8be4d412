package pipeline

import (
	"slices"

	"github.com/octothorpe/octothorpe/openflow"
)

// needs are the fields that a field can not be without, OpenFlow 1.3.5 table 12.
var needs = []struct {
	field  openflow.FieldType
	other  openflow.FieldType
	values []uint64
}{
	{openflow.IPDSCP, openflow.EthType, []uint64{typeIPv4, typeIPv6}}, {openflow.IPECN, openflow.EthType, []uint64{typeIPv4, typeIPv6}},
	{openflow.IPProto, openflow.EthType, []uint64{typeIPv4, typeIPv6}}, {openflow.IPv4Src, openflow.EthType, []uint64{typeIPv4}},
	{openflow.IPv4Dst, openflow.EthType, []uint64{typeIPv4}}, {openflow.TCPSrc, openflow.IPProto, []uint64{6}},
	{openflow.TCPDst, openflow.IPProto, []uint64{6}}, {openflow.UDPSrc, openflow.IPProto, []uint64{17}},
	{openflow.UDPDst, openflow.IPProto, []uint64{17}}, {openflow.SCTPSrc, openflow.IPProto, []uint64{132}},
	{openflow.SCTPDst, openflow.IPProto, []uint64{132}}, {openflow.ICMPv4Type, openflow.IPProto, []uint64{1}},
	{openflow.ICMPv4Code, openflow.IPProto, []uint64{1}}, {openflow.ARPOp, openflow.EthType, []uint64{typeARP}},
	{openflow.ARPSPA, openflow.EthType, []uint64{typeARP}}, {openflow.ARPTPA, openflow.EthType, []uint64{typeARP}},
	{openflow.ARPSHA, openflow.EthType, []uint64{typeARP}}, {openflow.ARPTHA, openflow.EthType, []uint64{typeARP}},
	{openflow.IPv6Src, openflow.EthType, []uint64{typeIPv6}}, {openflow.IPv6Dst, openflow.EthType, []uint64{typeIPv6}},
	{openflow.IPv6Flabel, openflow.EthType, []uint64{typeIPv6}}, {openflow.ICMPv6Type, openflow.IPProto, []uint64{58}},
	{openflow.ICMPv6Code, openflow.IPProto, []uint64{58}}, {openflow.NDTarget, openflow.ICMPv6Type, []uint64{135, 136}},
	{openflow.NDSLL, openflow.ICMPv6Type, []uint64{135}}, {openflow.NDTLL, openflow.ICMPv6Type, []uint64{136}},
	{openflow.MPLSLabel, openflow.EthType, []uint64{0x8847, 0x8848}}, {openflow.PBBISID, openflow.EthType, []uint64{0x88e7}},
}

// lacking returns the field of a match whose prerequisite is not there, with
// which no switch would take it.
func lacking(m openflow.Match) (string, bool) {
	for _, n := range needs {
		if _, ok := m.Get(n.field); !ok {
			continue
		}
		if f, ok := m.Get(n.other); !ok || !slices.Contains(n.values, f.Uint()) {
			return n.field.Name, true
		}
	}
	if _, ok := m.Get(openflow.VLANPCP); ok {
		if f, ok := m.Get(openflow.VLANVID); !ok || f.Uint() == 0 {
			return openflow.VLANPCP.Name, true
		}
	}
	return "", false
}
