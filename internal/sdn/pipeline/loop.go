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

// insideOrOutside marks what comes by a port.
func (b *builder) insideOrOutside(p *config.Port) []openflow.Action {
	switch {
	case !slices.ContainsFunc(b.dp.Ports, leadsOutside):
		return nil
	case p.LoopProtectOutside:
		return []openflow.Action{setField(openflow.VLANPCP.Uint(outsidePCP))}
	}
	return []openflow.Action{setField(openflow.VLANPCP.Uint(insidePCP))}
}

// loopTag marks what is flooded: in a stack that reflects, what goes to the root
// is still to be sent outside, and what comes back is not again.
func (b *builder) loopTag(v *config.VLAN, from *config.Port) []openflow.Action {
	if !slices.ContainsFunc(v.Ports(), leadsOutside) {
		return nil
	}
	pcp := uint64(outsidePCP)
	switch {
	case b.stack == nil:
		pcp = insidePCP
	case !b.stack.reflects && (from == nil || from.IsStack()):
		return nil
	case b.stack.reflects && !b.stack.root && from != nil:
		if from.IsStack() && !b.stack.inward[from] {
			return nil
		}
		if !from.IsStack() && !from.LoopProtectOutside {
			pcp = insidePCP
		}
	}
	return []openflow.Action{setField(openflow.VLANPCP.Uint(pcp))}
}

// notOutside are all ports but those that lead outside.
func notOutside(p *config.Port) bool { return !p.LoopProtectOutside }
