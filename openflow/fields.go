package openflow

// A FieldType is a field that a packet can have, §7.2.3.7.
type FieldType struct {
	Name   string
	Class  uint16
	Number uint8
	Size   uint8 // bytes of the value
	kind   fieldKind
}

type fieldKind uint8

const (
	numberField fieldKind = iota
	hexField
	macField
	addrField
)

// The classes of fields.
const (
	ClassNicira0 uint16 = 0x0000
	ClassNicira1 uint16 = 0x0001
	ClassBasic   uint16 = 0x8000
)

// The fields of OpenFlow 1.3, in the order of their numbers.
var (
	InPort     = basicField("in_port", 0, 4, numberField)
	InPhyPort  = basicField("in_phy_port", 1, 4, numberField)
	Metadata   = basicField("metadata", 2, 8, hexField)
	EthDst     = basicField("eth_dst", 3, 6, macField)
	EthSrc     = basicField("eth_src", 4, 6, macField)
	EthType    = basicField("eth_type", 5, 2, hexField)
	VLANVID    = basicField("vlan_vid", 6, 2, hexField) // with VIDPresent
	VLANPCP    = basicField("vlan_pcp", 7, 1, numberField)
	IPDSCP     = basicField("ip_dscp", 8, 1, numberField)
	IPECN      = basicField("ip_ecn", 9, 1, numberField)
	IPProto    = basicField("ip_proto", 10, 1, numberField)
	IPv4Src    = basicField("ipv4_src", 11, 4, addrField)
	IPv4Dst    = basicField("ipv4_dst", 12, 4, addrField)
	TCPSrc     = basicField("tcp_src", 13, 2, numberField)
	TCPDst     = basicField("tcp_dst", 14, 2, numberField)
	UDPSrc     = basicField("udp_src", 15, 2, numberField)
	UDPDst     = basicField("udp_dst", 16, 2, numberField)
	SCTPSrc    = basicField("sctp_src", 17, 2, numberField)
	SCTPDst    = basicField("sctp_dst", 18, 2, numberField)
	ICMPv4Type = basicField("icmpv4_type", 19, 1, numberField)
	ICMPv4Code = basicField("icmpv4_code", 20, 1, numberField)
	ARPOp      = basicField("arp_op", 21, 2, numberField)
	ARPSPA     = basicField("arp_spa", 22, 4, addrField)
	ARPTPA     = basicField("arp_tpa", 23, 4, addrField)
	ARPSHA     = basicField("arp_sha", 24, 6, macField)
	ARPTHA     = basicField("arp_tha", 25, 6, macField)
	IPv6Src    = basicField("ipv6_src", 26, 16, addrField)
	IPv6Dst    = basicField("ipv6_dst", 27, 16, addrField)
	IPv6Flabel = basicField("ipv6_flabel", 28, 4, hexField)
	ICMPv6Type = basicField("icmpv6_type", 29, 1, numberField)
	ICMPv6Code = basicField("icmpv6_code", 30, 1, numberField)
	NDTarget   = basicField("ipv6_nd_target", 31, 16, addrField)
	NDSLL      = basicField("ipv6_nd_sll", 32, 6, macField)
	NDTLL      = basicField("ipv6_nd_tll", 33, 6, macField)
	MPLSLabel  = basicField("mpls_label", 34, 4, numberField)
	MPLSTC     = basicField("mpls_tc", 35, 1, numberField)
	MPLSBOS    = basicField("mpls_bos", 36, 1, numberField)
	PBBISID    = basicField("pbb_isid", 37, 3, numberField)
	TunnelID   = basicField("tunnel_id", 38, 8, hexField)
	IPv6ExtHdr = basicField("ipv6_exthdr", 39, 2, hexField)
)

// Fields of Open vSwitch's that configurations name (NXM classes 0 and 1).
var (
	NXMEthType = FieldType{"eth_type_nxm", ClassNicira0, 3, 2, hexField}
	NXMIPProto = FieldType{"ip_proto_nxm", ClassNicira0, 6, 1, numberField}
	NXMNwTTL   = FieldType{"nw_ttl", ClassNicira1, 29, 1, numberField}
	CTState    = FieldType{"ct_state", ClassNicira1, 105, 4, hexField}
	CTZone     = FieldType{"ct_zone", ClassNicira1, 106, 2, numberField}
	CTMark     = FieldType{"ct_mark", ClassNicira1, 107, 4, hexField}
	CTLabel    = FieldType{"ct_label", ClassNicira1, 108, 16, hexField}
)

func basicField(name string, number, size uint8, kind fieldKind) FieldType {
	return FieldType{name, ClassBasic, number, size, kind}
}

// Fields lists all of the above.
var fields = []FieldType{
	InPort, InPhyPort, Metadata, EthDst, EthSrc, EthType, VLANVID, VLANPCP, IPDSCP, IPECN, IPProto, IPv4Src, IPv4Dst, TCPSrc, TCPDst,
	UDPSrc, UDPDst, SCTPSrc, SCTPDst, ICMPv4Type, ICMPv4Code, ARPOp, ARPSPA, ARPTPA, ARPSHA, ARPTHA, IPv6Src, IPv6Dst, IPv6Flabel,
	ICMPv6Type, ICMPv6Code, NDTarget, NDSLL, NDTLL, MPLSLabel, MPLSTC, MPLSBOS, PBBISID, TunnelID, IPv6ExtHdr,
	NXMEthType, NXMIPProto, NXMNwTTL, CTState, CTZone, CTMark, CTLabel,
}

var fieldTypes = func() map[uint32]FieldType {
	m := map[uint32]FieldType{}
	for _, t := range fields {
		m[uint32(t.Class)<<8|uint32(t.Number)] = t
	}
	return m
}()

// FieldNamed returns the field of that name: eth_dst, ipv4_src and so on.
func FieldNamed(name string) (FieldType, bool) {
	for _, t := range fields {
		if t.Name == name {
			return t, true
		}
	}
	return FieldType{}, false
}

// Header is the field's OXM header without a mask, as table features list it.
func (t FieldType) Header() uint32 {
	return uint32(t.Class)<<16 | uint32(t.Number)<<9 | uint32(t.Size)
}

// IsMAC says whether values are Ethernet addresses.
func (t FieldType) IsMAC() bool { return t.kind == macField }

// IsAddr says whether values are IP addresses.
func (t FieldType) IsAddr() bool { return t.kind == addrField }

// FieldNames lists the names of all fields.
func FieldNames() []string {
	names := make([]string, len(fields))
	for i, t := range fields {
		names[i] = t.Name
	}
	return names
}
