package pipeline

import (
	"net/netip"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A Host is an Ethernet address that was seen on a port.
type Host struct {
	MAC  [6]byte
	VLAN *config.VLAN
	Port *config.Port
	// Timeout is after how many seconds its flow in eth_src goes, so that it is
	// learnt anew; 0 for never.
	Timeout uint16
}

// idleGuard is how much longer eth_dst keeps a host than eth_src does, so that
// the way to it is never lost before it is asked for again.
func idleGuard(dp *config.DP) uint16 { return uint16(dp.CacheUpdateGuard) }

// HostFlows are the flows of a host: it needs not be told of again, and what is
// for it goes to its port.
func HostFlows(dp *config.DP, t *Tables, h Host) []*Flow {
	b := &builder{dp: dp, t: &Tables{Names: t.Names}}
	source := b.add(ethSrc, learning-1, openflow.Match{openflow.InPort.Uint(uint64(h.Port.Number)), openflow.EthSrc.MAC(h.MAC), onVLAN(h.VLAN)},
		b.gotoTable(ethDstHairpin, ethDst))
	known, reached := lasts(dp, h.Timeout)
	source.Hard, source.Idle = known.hard, known.idle
	to := openflow.Match{openflow.EthDst.MAC(h.MAC), onVLAN(h.VLAN)}
	way := b.add(ethDst, learning, to, b.toPort(h.VLAN, h.Port)...)
	way.Idle = reached.idle
	if h.Port.Hairpin || h.Port.HairpinUnicast {
		match := append(openflow.Match{openflow.InPort.Uint(uint64(h.Port.Number))}, to...)
		actions := b.deliver(h.VLAN, h.Port)
		actions[len(actions)-1] = output(openflow.PortIn)
		back := b.add(ethDstHairpin, learning, match, apply(actions...))
		back.Idle = way.Idle
	}
	return b.t.Flows
}

// toPort delivers to a port, by way of the egress table where there is one. It has
// nothing for stack ports, so that Faucet floods: hosts there are sent to at once, and
// meet the egress ACLs of their own switch.
func (b *builder) toPort(v *config.VLAN, p *config.Port) []openflow.Instruction {
	if b.has(egress) && !p.IsStack() {
		return []openflow.Instruction{openflow.WriteMetadata{Metadata: egressMetadata(v, p), Mask: egressMask}, b.gotoTable(egressACL, egress)}
	}
	return []openflow.Instruction{apply(b.deliver(v, p)...)}
}

// HostGone deletes the flows of a host.
func HostGone(dp *config.DP, t *Tables, h Host) (list []*openflow.FlowMod) {
	for _, f := range HostFlows(dp, t, h) {
		list = append(list, f.Mod(openflow.FlowDeleteStrict))
	}
	return list
}

// IsLearn says whether a packet came from eth_src, and so tells of a host.
func (t *Tables) IsLearn(table uint8) bool {
	n, _ := t.Number(ethSrc)
	return table == n
}

// IsVIP says whether a packet came from the vip table, and so is for the router.
func (t *Tables) IsVIP(table uint8) bool {
	n, ok := t.Number(vipTable)
	return ok && table == n
}

// RouteFlows send what is for a network to the host with the address mac, in VLAN
// v, from every VLAN that is routed there.
func RouteFlows(dp *config.DP, t *Tables, v *config.VLAN, to netip.Prefix, mac [6]byte) []*Flow {
	b := &builder{dp: dp, t: &Tables{Names: t.Names}}
	table, etherType, dst := ipv4FIB, uint64(typeIPv4), openflow.IPv4Dst
	if to.Addr().Is6() {
		table, etherType, dst = ipv6FIB, typeIPv6, openflow.IPv6Dst
	}
	for i, from := range b.joined(v) {
		if b.global(v) && i > 0 {
			break // one FIB for all
		}
		var actions []openflow.Action
		if v != from || b.global(v) {
			actions = append(actions, setField(vid(v.VID)))
		}
		actions = append(actions, setField(openflow.EthSrc.MAC(v.MAC)), setField(openflow.EthDst.MAC(mac)), openflow.DecNetworkTTL{})
		b.add(table, routes+to.Bits(), openflow.Match{openflow.EthType.Uint(etherType), b.routed(from), dst.Prefix(to)}, apply(actions...),
			b.gotoTable(ethDstHairpin, ethDst))
	}
	return b.t.Flows
}

// Joined are the VLANs that a router joins with v, v among them.
func Joined(dp *config.DP, v *config.VLAN) []*config.VLAN { return (&builder{dp: dp}).joined(v) }
