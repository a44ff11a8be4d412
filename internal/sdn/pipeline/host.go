package pipeline

import (
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
const idleGuard = 150

// HostFlows are the flows of a host: it needs not be told of again, and what is
// for it goes to its port.
func HostFlows(dp *config.DP, t *Tables, h Host) []*Flow {
	b := &builder{dp: dp, t: &Tables{Names: t.Names}}
	source := b.add(ethSrc, learning-1, openflow.Match{openflow.InPort.Uint(uint64(h.Port.Number)), openflow.EthSrc.MAC(h.MAC), onVLAN(h.VLAN)},
		b.gotoTable(ethDstHairpin, ethDst))
	source.Hard = h.Timeout
	if dp.UseIdleTimeout && h.Timeout != 0 {
		source.Hard, source.Idle, source.Flags = 0, h.Timeout, openflow.SendFlowRemoved
	}
	to := openflow.Match{openflow.EthDst.MAC(h.MAC), onVLAN(h.VLAN)}
	way := b.add(ethDst, learning, to, b.toPort(h.VLAN, h.Port)...)
	if dp.IdleDst && h.Timeout != 0 && !dp.UseIdleTimeout {
		way.Idle = h.Timeout + idleGuard
	}
	if h.Port.Hairpin || h.Port.HairpinUnicast {
		match := append(openflow.Match{openflow.InPort.Uint(uint64(h.Port.Number))}, to...)
		actions := []openflow.Action{output(openflow.PortIn)}
		if h.Port.NativeVLAN == h.VLAN {
			actions = []openflow.Action{openflow.PopVLAN{}, output(openflow.PortIn)}
		}
		back := b.add(ethDstHairpin, learning, match, apply(actions...))
		back.Idle = way.Idle
	}
	return b.t.Flows
}

// toPort delivers to a port, by way of the egress table where there is one.
func (b *builder) toPort(v *config.VLAN, p *config.Port) []openflow.Instruction {
	if b.has(egress) {
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

// A Hop is a next hop: the route to Dst leads to the host with this address.
func HopFlow(dp *config.DP, t *Tables, v *config.VLAN, from *config.VLAN, match openflow.Field, bits int, mac [6]byte) *Flow {
	b := &builder{dp: dp, t: &Tables{Names: t.Names}}
	table, etherType := ipv4FIB, uint64(typeIPv4)
	if match.Is(openflow.IPv6Dst) {
		table, etherType = ipv6FIB, typeIPv6
	}
	actions := []openflow.Action{setField(openflow.EthSrc.MAC(v.MAC)), setField(openflow.EthDst.MAC(mac))}
	if v != from || b.global(v) {
		actions = append([]openflow.Action{setField(vid(v.VID))}, actions...)
	}
	actions = append(actions, openflow.DecNetworkTTL{})
	return b.add(table, routes+bits, openflow.Match{openflow.EthType.Uint(etherType), b.routed(from), match}, apply(actions...),
		b.gotoTable(ethDstHairpin, ethDst))
}
