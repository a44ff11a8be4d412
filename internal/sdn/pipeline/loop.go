package pipeline

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// The priority of a tag says whether a packet is still to be sent by a port with
// loop_protect_external: not what came by one of them, nor what was sent already.
const (
	outsidePCP = 0
	insidePCP  = 2
)

func leadsOutside(p *config.Port) bool { return p.LoopProtectOutside }

// outside says whether the switch, or another of its stack, has a port that leads
// outside.
func outside(dp *config.DP) bool {
	members := []*config.DP{dp}
	if dp.Stack != nil {
		members = dp.Stack.Members
	}
	return slices.ContainsFunc(members, func(dp *config.DP) bool { return slices.ContainsFunc(dp.Ports, leadsOutside) })
}

// insideOrOutside marks what comes by a port.
func (b *builder) insideOrOutside(p *config.Port) []openflow.Action {
	switch {
	case !b.outside:
		return nil
	case p.LoopProtectOutside:
		return []openflow.Action{setField(openflow.VLANPCP.Uint(outsidePCP))}
	}
	return []openflow.Action{setField(openflow.VLANPCP.Uint(insidePCP))}
}

// loopTag marks what is flooded: in a stack that reflects, what goes to the root
// is still to be sent outside, and what comes back is not again. The mark behind
// is for the switch's own ports alone.
func (b *builder) loopTag(v *config.VLAN, from *config.Port) (before, behind []openflow.Action) {
	own := slices.ContainsFunc(v.Ports(), leadsOutside)
	if !b.outside || !own && b.stack == nil {
		return nil, nil
	}
	mark := func(pcp uint64) []openflow.Action { return []openflow.Action{setField(openflow.VLANPCP.Uint(pcp))} }
	link := from != nil && from.IsStack()
	switch {
	case b.stack == nil:
		return mark(insidePCP), nil
	case !b.stack.reflects && (from == nil || link):
		return nil, nil
	case b.stack.reflects && !b.stack.root && link && !b.stack.inward[from]:
		return nil, nil
	case b.stack.reflects && !b.stack.root && link && !own:
		return nil, mark(outsidePCP)
	case !own, b.stack.reflects && !b.stack.root && from != nil && !link && !from.LoopProtectOutside:
		return mark(insidePCP), nil
	}
	return mark(outsidePCP), nil
}

// notOutside are all ports but those that lead outside.
func (b *builder) notOutside(p *config.Port) bool { return !p.LoopProtectOutside || !b.up(p) }
