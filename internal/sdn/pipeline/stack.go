package pipeline

import (
	"cmp"
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A LinkEnd is a stack port of any switch.
type LinkEnd struct {
	Datapath uint64
	Port     uint32
}

// A StackState is what is known of a stack: the same for all its switches.
type StackState struct {
	Root uint64           // the datapath id of the root that was elected; 0: that of the configuration
	Up   map[LinkEnd]bool // stack ports that hear the right other end
}

// End names a stack port.
func End(p *config.Port) LinkEnd { return LinkEnd{p.DP.DatapathID(), p.Number} }

// Linked says whether the link of a stack port works, which both ends must say.
func (s *StackState) Linked(p *config.Port) bool {
	return s != nil && p.Peer != nil && s.Up[End(p)] && s.Up[End(p.Peer)]
}

// A Topology is how the switches of a stack reach each other over the links that
// work.
type Topology struct {
	Root  *config.DP
	state *StackState
	stack *config.Stack
}

// NewTopology of the stack that dp is in, which must be one.
func NewTopology(dp *config.DP, s *StackState) *Topology {
	t := &Topology{Root: dp.Stack.Root, state: s, stack: dp.Stack}
	if s != nil && s.Root != 0 {
		for _, member := range dp.Stack.Members {
			if member.DatapathID() == s.Root {
				t.Root = member
			}
		}
	}
	return t
}

// distances are how many links each switch is from one; those that are not
// reached are not in it.
func (t *Topology) distances(from *config.DP, works func(*config.Port) bool) map[*config.DP]int {
	list := map[*config.DP]int{from: 0}
	for queue := []*config.DP{from}; len(queue) > 0; queue = queue[1:] {
		for _, p := range queue[0].Ports {
			if !p.IsStack() || !works(p) {
				continue
			}
			if _, seen := list[p.Peer.DP]; !seen {
				list[p.Peer.DP] = list[queue[0]] + 1
				queue = append(queue, p.Peer.DP)
			}
		}
	}
	return list
}

// reflects says whether all flooding is done by the root, which sends back what
// comes to it: so it is in stacks, as they are configured, where a switch is
// further than one link from the root.
func (t *Topology) reflects() bool {
	for _, d := range t.distances(t.Root, func(*config.Port) bool { return true }) {
		if d > 1 {
			return true
		}
	}
	return false
}

// next is the switch that is next on the way to another; of several that are
// equally near, the first by name.
func (t *Topology) next(from, to *config.DP) *config.DP {
	distance := t.distances(to, t.state.Linked)
	mine, reached := distance[from]
	if !reached || mine == 0 {
		return nil
	}
	var near []*config.DP
	for _, p := range from.Ports {
		if p.IsStack() && t.state.Linked(p) && distance[p.Peer.DP] == mine-1 {
			near = append(near, p.Peer.DP)
		}
	}
	return slices.MinFunc(near, func(a, b *config.DP) int { return cmp.Compare(a.Name, b.Name) })
}

// Toward is the port of from that leads to another switch on the shortest way; nil
// if none does.
func (t *Topology) Toward(from, to *config.DP) *config.Port { return t.link(from, t.next(from, to)) }

// Along is the port of from that leads to another switch on the way that floods
// take, along the tree, so that all that comes from a host comes by one port; nil
// if none does.
func (t *Topology) Along(from, to *config.DP) *config.Port {
	if from == to {
		return nil
	}
	for below := to; below != nil && below != t.Root; {
		above := t.next(below, t.Root)
		if above == from {
			return t.link(from, below)
		}
		below = above
	}
	if !t.Reaches(t.Root, to) {
		return nil
	}
	return t.link(from, t.next(from, t.Root))
}

// link is the first port of from whose link to a neighbour works.
func (t *Topology) link(from, next *config.DP) *config.Port {
	for _, p := range from.Ports {
		if next != nil && p.IsStack() && p.Peer.DP == next && t.state.Linked(p) {
			return p
		}
	}
	return nil
}

// Distance is how many links a switch is from the root, over links that work; -1
// if none lead there.
func (t *Topology) Distance(dp *config.DP) int {
	if d, reached := t.distances(t.Root, t.state.Linked)[dp]; reached {
		return d
	}
	return -1
}

// Reaches says whether there is a way between two switches.
func (t *Topology) Reaches(from, to *config.DP) bool {
	_, reached := t.distances(from, t.state.Linked)[to]
	return reached
}

// stackPorts are the stack ports of a switch by what is done with them.
type stackPorts struct {
	reflects, root bool
	toward         []*config.Port // to the next switch on the way to the root
	away           []*config.Port // to those whose way to the root leads through this one
	pruned         map[*config.Port]bool
	inward         map[*config.Port]bool // lead nearer to the root, whether used or not
}

// stackPorts finds the places of the switch's links in the tree.
func (t *Topology) stackPorts(dp *config.DP) *stackPorts {
	s := &stackPorts{reflects: t.reflects(), root: dp == t.Root, pruned: map[*config.Port]bool{}, inward: map[*config.Port]bool{}}
	distance := t.distances(t.Root, t.state.Linked)
	mine, reached := distance[dp]
	next := t.next(dp, t.Root)
	first := map[*config.DP]bool{}
	for _, p := range dp.Ports {
		if !p.IsStack() {
			continue
		}
		if !t.state.Linked(p) || !reached {
			s.pruned[p] = true
			continue
		}
		peer := p.Peer.DP
		switch {
		case peer == next:
			s.toward = append(s.toward, p)
			s.pruned[p] = first[peer]
			s.inward[p] = true
		case distance[peer] < mine:
			s.pruned[p], s.inward[p] = true, true
		case distance[peer] > mine && t.next(peer, t.Root) == dp:
			s.away = append(s.away, p)
			s.pruned[p] = first[peer]
		}
		first[peer] = true
	}
	return s
}

// flooded are the stack ports to which what comes by a port is flooded, and
// whether the switch's other ports get it now or after the root has sent it back.
func (s *stackPorts) flooded(from *config.Port) (list []openflow.Action, local bool) {
	to := func(ports ...*config.Port) {
		var numbers []uint32
		for _, p := range ports {
			if p == from {
				continue
			}
			numbers = append(numbers, p.Number)
			if from == nil || !slices.Equal(mirrors(p), mirrors(from)) {
				numbers = append(numbers, mirrors(p)...)
			}
		}
		slices.Sort(numbers)
		for _, n := range slices.Compact(numbers) {
			list = append(list, output(n))
		}
	}
	stack := from != nil && from.IsStack()
	others := slices.DeleteFunc(slices.Clone(s.away), func(p *config.Port) bool { return stack && p.Peer.DP == from.Peer.DP })
	switch {
	case s.root:
		to(others...)
		if stack && s.reflects && slices.Contains(s.away, from) {
			list = append(list, output(openflow.PortIn))
		}
		return list, true
	case s.reflects && stack && s.inward[from]:
		to(s.away...)
		return list, true
	case s.reflects:
		to(s.toward...)
		return list, false
	}
	to(append(slices.Clone(s.toward), others...)...)
	return list, true
}

// stackSources keeps hosts from being learnt where they are not: what the root
// has sent back is not learnt from, and what links carry that are not used is
// dropped.
func (b *builder) stackSources() {
	if b.stack == nil {
		return
	}
	for _, p := range b.dp.Ports {
		if !p.IsStack() {
			continue
		}
		reflected := b.stack.reflects && slices.Contains(b.stack.toward, p)
		if !b.stack.pruned[p] && !reflected {
			continue
		}
		var list []openflow.Instruction
		if !b.stack.pruned[p] {
			list = append(list, b.gotoTable(flood))
		}
		for _, v := range b.dp.VLANs {
			for _, d := range b.manifold() {
				if !v.Reserved {
					b.add(ethSrc, fixed+0x100, b.floodMatch(v, p, d), list...)
				}
			}
		}
	}
}

// manifold are the classes of addresses of many, among them those by which
// restricted ports may speak.
func (b *builder) manifold() []destination {
	list := slices.Clone(destinations[1:])
	if slices.ContainsFunc(b.dp.Ports, func(p *config.Port) bool { return p.RestrictedBcast }) {
		for _, r := range restricted {
			if !slices.Contains(list, r.destination) {
				list = append(list, r.destination)
			}
		}
	}
	return list
}

// floodStack floods what comes by stack ports.
func (b *builder) floodStack(v *config.VLAN, d destination) {
	if b.stack == nil {
		return
	}
	for _, p := range b.dp.Ports {
		if !p.IsStack() {
			continue
		}
		if !b.up(p) {
			b.add(flood, learning+d.bits+1, b.floodMatch(v, p, d))
			continue
		}
		one := func(may func(*config.Port) bool, more ...openflow.Field) {
			var list []openflow.Action
			if d.bits == 0 || !b.stack.pruned[p] {
				list = b.receivers(v, d.bits == 0, p, may)
			}
			match := append(b.floodMatch(v, p, d), more...)
			match.Sort()
			b.add(flood, learning+d.bits+1, match, instructions(list)...)
		}
		if b.outside {
			one(b.notOutside, openflow.VLANPCP.Uint(outsidePCP))
			one(anyPort, openflow.VLANPCP.Uint(insidePCP))
		} else {
			one(anyPort)
		}
	}
}
