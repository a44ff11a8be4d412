package pipeline

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A destination is a class of addresses that go to many.
type destination struct {
	mac, mask [6]byte
	bits      int
}

// unknown unicast comes first, as the only class that may be switched off.
var destinations = []destination{
	{},
	{[6]byte{0x33, 0x33}, [6]byte{0xff, 0xff}, 16},
	{[6]byte{0x01, 0x00, 0x5e}, [6]byte{0xff, 0xff, 0xff}, 24},
	{[6]byte{0x01, 0x80, 0xc2}, [6]byte{0xff, 0xff, 0xff}, 24},
	{broadcast, broadcast, 48},
}

func (d destination) fields() []openflow.Field {
	switch d.bits {
	case 0:
		return nil
	case 48:
		return []openflow.Field{openflow.EthDst.MAC(d.mac)}
	}
	return []openflow.Field{openflow.EthDst.Bytes(d.mac[:], d.mask[:])}
}

// restricted are the broadcasts that ports with restricted_bcast_arpnd may send
// to each other: ARP and neighbour discovery.
var restricted = []struct {
	etherType uint64
	destination
}{
	{0x806, destinations[4]},
	{0x86dd, destination{[6]byte{0x33, 0x33, 0xff}, [6]byte{0xff, 0xff, 0xff}, 24}},
	{0x86dd, destination{[6]byte{0x33, 0x33, 0, 0, 0, 1}, broadcast, 48}},
	{0x86dd, destination{[6]byte{0x33, 0x33, 0, 0, 0, 2}, broadcast, 48}},
}

// flood is the last table.
func (b *builder) flood() {
	b.add(flood, learning+44, openflow.Match{openflow.EthDst.Bytes(bridgeGroup[:], []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xf0})})
	for _, last := range []byte{0xcc, 0xcd} { // Cisco's own: CDP, VTP, PVST
		b.add(flood, learning+48, openflow.Match{openflow.EthDst.MAC([6]byte{0x01, 0x00, 0x0c, 0xcc, 0xcc, last})})
	}
	for _, v := range b.dp.VLANs {
		if v.Reserved {
			continue
		}
		if b.dp.GroupTable && !b.dp.CombinatorialFlood {
			b.floodGroup(v)
			b.floodRestricted(v)
			continue
		}
		for _, d := range destinations {
			if d.bits == 0 && !v.UnicastFlood {
				continue
			}
			if !b.dp.CombinatorialFlood {
				b.floodAll(v, d)
			}
			b.floodEach(v, d)
			b.floodStack(v, d)
		}
		b.floodRestricted(v)
	}
}

// receivers are the actions that send to all ports of a VLAN but one: those with
// tags first, then, the tag taken off, those without. What mirrors them gets a copy,
// and but one if it is known where the packet came in; not of a port that is
// mirrored as the sender's is, since it has what came in.
func (b *builder) receivers(v *config.VLAN, unicast bool, from *config.Port, may func(*config.Port) bool) []openflow.Action {
	lags := map[int]bool{}
	outside := from == nil || !from.LoopProtectOutside
	takes := func(p *config.Port) bool {
		if p == from || !b.forwards(p) || unicast && !p.UnicastFlood || !may(p) || p.LoopProtectOutside && b.up(p) && !outside {
			return false
		}
		if p.LoopProtectOutside && b.up(p) { // of those that lead outside one is enough
			outside = false
		}
		if p.LACP != 0 { // one port of a bundle is enough, and none of the one it came by
			if from != nil && from.LACP == p.LACP || lags[p.LACP] {
				return false
			}
			lags[p.LACP] = true
		}
		return true
	}
	sent := map[uint32]bool{}
	group := func(ports []*config.Port) (list []openflow.Action) {
		var numbers []uint32
		for _, p := range ports {
			if !takes(p) {
				continue
			}
			numbers = append(numbers, p.Number)
			if from == nil || !slices.Equal(mirrors(p), mirrors(from)) {
				numbers = append(numbers, mirrors(p)...)
			}
		}
		slices.Sort(numbers)
		for _, n := range slices.Compact(numbers) {
			if !sent[n] {
				list = append(list, output(n))
			}
			sent[n] = from != nil
		}
		if from != nil && from.Hairpin && slices.Contains(ports, from) {
			list = append(list, output(openflow.PortIn))
		}
		return list
	}
	list, behind := b.loopTag(v, from)
	if b.stack != nil {
		links, local := b.stack.flooded(from)
		if list = append(list, links...); !local {
			return withoutIdle(list)
		}
		list = append(list, behind...)
		for _, a := range links {
			if o, ok := a.(openflow.Output); ok && from != nil {
				sent[o.Port] = true
			}
		}
	}
	list = append(list, group(v.Tagged)...)
	if untagged := group(v.Untagged); len(untagged) > 0 {
		list = append(append(list, openflow.PopVLAN{}), untagged...)
	}
	return withoutIdle(list)
}

// withoutIdle is a list of actions, or none if it sends nowhere.
func withoutIdle(list []openflow.Action) []openflow.Action {
	for _, a := range list {
		if _, sends := a.(openflow.Output); sends {
			return list
		}
	}
	return nil
}

func anyPort(*config.Port) bool { return true }

// particular are the ports whose neighbours may get less or more than others'.
func particular(p *config.Port) bool {
	return p.RestrictedBcast || p.Hairpin || p.LACP != 0 || len(p.Mirrors) > 0
}

// unrestricted are the ports that get what came by any port.
func unrestricted(p *config.Port) bool { return !p.RestrictedBcast }

// floodAll is one flow for all ports: the switch leaves out the one it came by.
func (b *builder) floodAll(v *config.VLAN, d destination) {
	list := b.receivers(v, d.bits == 0, nil, unrestricted)
	b.add(flood, learning+d.bits, b.floodMatch(v, nil, d), instructions(list)...)
}

func instructions(list []openflow.Action) []openflow.Instruction {
	if len(list) == 0 {
		return nil
	}
	return []openflow.Instruction{apply(list...)}
}

// differs says whether what came by a port goes elsewhere than to all of the
// others of a list.
func differs(list, all []openflow.Action, from *config.Port) bool {
	var rest []openflow.Action
	for _, a := range all {
		if a != output(from.Number) && !slices.Contains(rest, a) { // the second copy to a mirror does not count
			rest = append(rest, a)
		}
	}
	if n := len(rest); n > 0 && rest[n-1] == openflow.Action(openflow.PopVLAN{}) {
		rest = rest[:n-1]
	}
	return !slices.Equal(list, rest)
}

func (b *builder) floodMatch(v *config.VLAN, from *config.Port, d destination) openflow.Match {
	var m openflow.Match
	if from != nil {
		m = append(m, openflow.InPort.Uint(uint64(from.Number)))
	}
	m = append(m, d.fields()...)
	m = append(m, openflow.VLANVID.Uint(uint64(v.VID)|openflow.VIDPresent))
	m.Sort()
	return m
}

// floodEach is one flow for each port that it may come by.
func (b *builder) floodEach(v *config.VLAN, d destination) {
	var all []openflow.Action
	if !b.dp.CombinatorialFlood {
		if !slices.ContainsFunc(v.Ports(), particular) && !b.outside {
			return // what came by any port goes to all others
		}
		all = b.receivers(v, d.bits == 0, nil, unrestricted)
	}
	for _, from := range v.Ports() {
		if !b.up(from) || d.bits == 0 && !from.UnicastFlood {
			continue
		}
		may := anyPort
		if from.RestrictedBcast {
			may = unrestricted
		}
		list := b.receivers(v, d.bits == 0, from, may)
		if !b.dp.CombinatorialFlood && !differs(list, all, from) {
			continue
		}
		if len(list) > 0 {
			b.add(flood, learning+d.bits+1, b.floodMatch(v, from, d), instructions(list)...)
		}
	}
}

// floodRestricted lets ARP and neighbour discovery through where other
// broadcasts are kept apart.
func (b *builder) floodRestricted(v *config.VLAN) {
	if !slices.ContainsFunc(b.dp.Ports, func(p *config.Port) bool { return p.RestrictedBcast }) {
		return
	}
	for _, r := range restricted {
		priority := learning + int(r.etherType) + r.bits
		match := func(from *config.Port) openflow.Match {
			m := append(b.floodMatch(v, from, r.destination), openflow.EthType.Uint(r.etherType))
			m.Sort()
			return m
		}
		all := b.receivers(v, false, nil, unrestricted)
		if !b.dp.CombinatorialFlood {
			list := instructions(all)
			if b.dp.GroupTable {
				list = []openflow.Instruction{apply(openflow.Group{Group: uint32(v.VID)})}
			}
			b.add(flood, priority, match(nil), list...)
		}
		for _, from := range v.Ports() {
			list := b.receivers(v, false, from, anyPort)
			if b.up(from) && len(list) > 0 && (b.dp.CombinatorialFlood || differs(list, all, from)) {
				b.add(flood, priority+1, match(from), apply(list...))
			}
		}
		for _, p := range b.dp.Ports {
			if p.IsStack() && b.up(p) {
				var list []openflow.Action
				if !b.stack.pruned[p] {
					list = b.receivers(v, false, p, anyPort)
				}
				b.add(flood, priority+1, match(p), instructions(list)...)
			}
		}
	}
}

// unicastGroups is added to the VID for the group of unknown unicast, where that
// does not go to all ports.
const unicastGroups = 4096

// floodGroup floods by groups of the switch, whose numbers are the VIDs.
func (b *builder) floodGroup(v *config.VLAN) {
	all := b.groupOf(v, uint32(v.VID), false)
	unicast := all
	if slices.ContainsFunc(v.Ports(), func(p *config.Port) bool { return !p.UnicastFlood }) {
		unicast = b.groupOf(v, uint32(v.VID)+unicastGroups, true)
	}
	for _, d := range destinations {
		switch {
		case d.bits != 0:
			b.add(flood, learning+d.bits, b.floodMatch(v, nil, d), apply(openflow.Group{Group: all}))
		case v.UnicastFlood:
			b.add(flood, learning, b.floodMatch(v, nil, d), apply(openflow.Group{Group: unicast}))
		}
		if d.bits != 0 || v.UnicastFlood {
			b.floodEach(v, d)
			b.floodStack(v, d)
		}
	}
}

func (b *builder) groupOf(v *config.VLAN, number uint32, unicast bool) uint32 {
	group := &openflow.GroupMod{Command: openflow.GroupAdd, Kind: openflow.GroupTypeAll, Group: number}
	add := func(actions ...openflow.Action) {
		group.Buckets = append(group.Buckets, openflow.Bucket{WatchPort: openflow.PortAny, WatchGroup: openflow.GroupAny, Actions: actions})
	}
	local := true
	if b.stack != nil {
		var links []openflow.Action
		links, local = b.stack.flooded(nil)
		for _, link := range links {
			add(link)
		}
	}
	each := func(ports []*config.Port, before ...openflow.Action) {
		var numbers []uint32
		for _, p := range ports {
			if local && b.forwards(p) && unrestricted(p) && (!unicast || p.UnicastFlood) {
				numbers = append(numbers, p.Number)
				numbers = append(numbers, mirrors(p)...)
			}
		}
		slices.Sort(numbers)
		for _, n := range slices.Compact(numbers) {
			add(append(slices.Clone(before), output(n))...)
		}
	}
	each(v.Tagged)
	each(v.Untagged, openflow.PopVLAN{})
	b.t.Groups = append(b.t.Groups, group)
	return number
}
