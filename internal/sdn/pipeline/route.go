package pipeline

import (
	"net/netip"
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

const (
	typeIPv4 = 0x800
	typeARP  = 0x806
	typeIPv6 = 0x86dd
	arpLen   = 64
	icmpLen  = 174
	vipLen   = 194
)

func onVLAN(v *config.VLAN) openflow.Field {
	return openflow.VLANVID.Uint(uint64(v.VID) | openflow.VIDPresent)
}

// routing is what the router of each VLAN answers and forwards.
func (b *builder) routing() {
	if !b.has(vipTable) {
		return
	}
	done := map[string]bool{}
	once := func(table string, priority int, m openflow.Match, list ...openflow.Instruction) {
		m.Sort()
		f := &Flow{Table: b.number(table), Priority: uint16(priority), Match: m}
		if k := f.key(); !done[k] {
			done[k] = true
			b.add(table, priority, m, list...)
		}
	}
	next := b.gotoTable(ethDstHairpin, ethDst)
	for _, v := range b.dp.VLANs {
		for _, vip := range v.VIPs {
			b.subnet(once, v, vip)
			if vip.Addr().Is4() {
				b.vip4(once, v, vip.Addr(), next)
			} else {
				b.vip6(once, v, vip.Addr(), next)
			}
		}
	}
}

// global says whether the VLAN's routes are in the one FIB of all VLANs.
func (b *builder) global(v *config.VLAN) bool {
	return b.dp.GlobalVLAN != 0 && slices.ContainsFunc(b.dp.Routers, func(r *config.Router) bool { return slices.Contains(r.VLANs, v) })
}

// routed is the VLAN in which the FIB has a VLAN's routes.
func (b *builder) routed(v *config.VLAN) openflow.Field {
	if b.global(v) {
		return vid(b.dp.GlobalVLAN)
	}
	return onVLAN(v)
}

// toFIB goes to a FIB; with a global VLAN the address says from where.
func (b *builder) toFIB(v *config.VLAN, table string) []openflow.Instruction {
	if !b.global(v) {
		return []openflow.Instruction{b.gotoTable(table)}
	}
	mac := v.MAC
	mac[4], mac[5] = byte(v.VID>>8), byte(v.VID)
	return []openflow.Instruction{apply(setField(openflow.EthDst.MAC(mac)), setField(vid(b.dp.GlobalVLAN))), b.gotoTable(table)}
}

type adder func(table string, priority int, m openflow.Match, list ...openflow.Instruction)

// joined are the VLANs from which a VLAN's networks can be reached.
func (b *builder) joined(v *config.VLAN) []*config.VLAN {
	for _, r := range b.dp.Routers {
		for _, w := range r.VLANs {
			if w == v {
				return r.VLANs
			}
		}
	}
	return []*config.VLAN{v}
}

// subnet sends what is for the router, and for its networks, where that is
// answered.
func (b *builder) subnet(add adder, v *config.VLAN, vip netip.Prefix) {
	table, etherType, dst := ipv4FIB, uint64(typeIPv4), openflow.IPv4Dst
	if vip.Addr().Is6() {
		table, etherType, dst = ipv6FIB, typeIPv6, openflow.IPv6Dst
	}
	toVIP := b.gotoTable(vipTable)
	host := func(a netip.Addr) {
		add(table, routes+a.BitLen(), openflow.Match{openflow.EthType.Uint(etherType), b.routed(v), dst.Addr(a)}, toVIP)
	}
	host(vip.Addr())
	if vip.Addr().Is6() {
		host(last(vip))
	}
	proactive := b.dp.ProactiveLearnV4
	if vip.Addr().Is6() {
		proactive = b.dp.ProactiveLearnV6
	}
	if vip.Addr().IsLinkLocalUnicast() || !proactive {
		return
	}
	for _, from := range b.joined(v) {
		add(table, routes+vip.Bits(), openflow.Match{openflow.EthType.Uint(etherType), b.routed(from), dst.Prefix(vip.Masked())}, toVIP)
	}
}

// last is the highest address of a network.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func (b *builder) vip4(add adder, v *config.VLAN, vip netip.Addr, next openflow.Instruction) {
	four, arp, icmp := openflow.EthType.Uint(typeIPv4), openflow.EthType.Uint(typeARP), openflow.IPProto.Uint(1)
	us := openflow.EthDst.MAC(v.MAC)
	add(ethSrc, fixed, openflow.Match{arp, onVLAN(v)}, b.gotoTable(vipTable))
	add(ethSrc, fixed, openflow.Match{four, onVLAN(v), us}, b.toFIB(v, ipv4FIB)...)
	top := routes + 32
	add(vipTable, top, openflow.Match{arp, us}, apply(toController(arpLen)))
	add(vipTable, top, openflow.Match{arp, openflow.EthDst.MAC(broadcast), openflow.ARPTPA.Addr(vip)}, apply(toController(arpLen)))
	add(vipTable, top-1, openflow.Match{arp}, next)
	if b.dp.ProactiveLearnV4 { // whoever is asked for is looked for
		add(vipTable, top-1, openflow.Match{four, icmp, us}, apply(toController(icmpLen)))
		add(vipTable, top-3, openflow.Match{four, us}, apply(toController(vipLen)))
		add(vipTable, top-2, openflow.Match{four, icmp}, apply(toController(vipLen)), next)
		add(vipTable, top-4, openflow.Match{four}, apply(toController(vipLen)), next)
	}
}

// SolicitedNode is the address to which one asks who has a.
func SolicitedNode(a netip.Addr) [6]byte {
	b := a.As16()
	return [6]byte{0x33, 0x33, 0xff, b[13], b[14], b[15]}
}

func (b *builder) vip6(add adder, v *config.VLAN, vip netip.Addr, next openflow.Instruction) {
	six, icmp := openflow.EthType.Uint(typeIPv6), openflow.IPProto.Uint(58)
	us, solicited := openflow.EthDst.MAC(v.MAC), openflow.EthDst.MAC(SolicitedNode(vip))
	kind := func(n uint64) openflow.Field { return openflow.ICMPv6Type.Uint(n) }
	both := []openflow.Instruction{apply(toController(vipLen)), next}
	add(ethSrc, fixed, openflow.Match{six, onVLAN(v), us}, b.toFIB(v, ipv6FIB)...)
	add(ethSrc, fixed, openflow.Match{six, onVLAN(v), solicited}, b.gotoTable(vipTable))
	top := routes + 128
	add(vipTable, top, openflow.Match{six, icmp, solicited, kind(135)}, both...)
	add(vipTable, top, openflow.Match{six, icmp, us, kind(136)}, apply(toController(vipLen)))
	add(vipTable, top, openflow.Match{six, icmp, us, kind(128)}, apply(toController(vipLen)))
	if vip.IsLinkLocalUnicast() { // routers are asked for here, and are advertised
		routers := openflow.EthDst.MAC([6]byte{0x33, 0x33, 0, 0, 0, 2})
		add(ethSrc, fixed, openflow.Match{six, onVLAN(v), routers}, b.gotoTable(vipTable))
		add(vipTable, top, openflow.Match{six, icmp, routers, kind(133)}, both...)
	}
	if b.dp.ProactiveLearnV6 {
		add(vipTable, top-1, openflow.Match{six, icmp, us}, apply(toController(vipLen)))
		add(vipTable, top-3, openflow.Match{six, us}, apply(toController(vipLen)))
		add(vipTable, top-2, openflow.Match{six, icmp}, both...)
		add(vipTable, top-4, openflow.Match{six}, both...)
	}
}
