package pipeline

import (
	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// The priority of the tag says which way a packet goes through a tunnel.
const (
	forwardPCP = 3
	reversePCP = 4
)

// enter sends into a tunnel: nothing when no way leads to its end.
func (b *builder) enter(t *config.Tunnel) []openflow.Action {
	if t.ExitDP == b.self() && t.ExitPort != nil && b.dp.Stack != nil && !t.Maintain {
		return []openflow.Action{output(t.ExitPort.Number)}
	}
	if b.topology == nil || t.ExitDP == b.self() {
		return nil
	}
	to := b.topology.Toward(b.self(), t.ExitDP)
	if to == nil {
		return nil
	}
	return append(b.tunnelTag(t), output(to.Number))
}

func (b *builder) tunnelTag(t *config.Tunnel) []openflow.Action {
	pcp := uint64(forwardPCP)
	if t.Reverse {
		pcp = reversePCP
	}
	return append(pushTag(t.VID, 0x8100), setField(openflow.VLANPCP.Uint(pcp)))
}

// A tunnelUse is a tunnel with where it begins.
type tunnelUse struct {
	*config.Tunnel
	from  *config.DP
	ports []*config.Port // whose ACL it is; none if it is that of the switch
}

// tunnelsOf are all tunnels of a stack, in the order of switches and ACLs.
func tunnelsOf(s *config.Stack) (list []tunnelUse) {
	for _, dp := range s.Members {
		for _, name := range dp.ACLNames() {
			var ports []*config.Port
			for _, p := range dp.Ports {
				for _, a := range p.ACLs {
					if a == dp.ACLs[name] {
						ports = append(ports, p)
					}
				}
			}
			for _, r := range dp.ACLs[name].Rules {
				for _, s := range r.Actions.Output {
					if s.Tunnel != nil {
						list = append(list, tunnelUse{s.Tunnel, dp, ports})
					}
				}
			}
		}
	}
	return list
}

// tunnelled passes on what is in tunnels that lead through the switch, and takes
// it out where they end.
func (b *builder) tunnelled() {
	if b.stack == nil {
		return
	}
	done := map[[2]int]*Flow{}
	add := func(vid, pcp int, list []openflow.Instruction) {
		key := [2]int{vid, pcp}
		switch {
		case len(list) == 0:
		case done[key] != nil: // of tunnels with one VID the last has it, as in Faucet
			done[key].Instructions = list
		default:
			done[key] = b.add(portACL, filter+1, openflow.Match{openflow.VLANVID.Uint(uint64(vid) | openflow.VIDPresent), openflow.VLANPCP.Uint(uint64(pcp))}, list...)
		}
	}
	for _, t := range tunnelsOf(b.dp.Stack) {
		there, back := forwardPCP, reversePCP
		if t.Reverse {
			there, back = back, there
		}
		if t.from != b.self() && b.onWay(t.from, t.ExitDP) {
			add(t.VID, there, b.along(t.ExitDP, t.leave(b)))
		}
		if t.BiDirectional && b.onWay(t.ExitDP, t.from) {
			add(t.VID, back, b.along(t.from, t.comeBack()))
		}
	}
}

// onWay says whether the way between two switches leads through this one, its
// ends among it.
func (b *builder) onWay(from, to *config.DP) bool {
	for at := from; at != nil; at = b.topology.next(at, to) {
		if at == b.self() {
			return at == to || b.topology.next(at, to) != nil
		}
	}
	return false
}

// along sends on towards a switch; what is done in that one is end.
func (b *builder) along(to *config.DP, end []openflow.Instruction) []openflow.Instruction {
	if to == b.self() {
		return end
	}
	if p := b.topology.Toward(b.self(), to); p != nil {
		return instructions([]openflow.Action{output(p.Number)})
	}
	return nil
}

// leave is the end of a tunnel: a port, or the switch's own forwarding.
func (t tunnelUse) leave(b *builder) []openflow.Instruction {
	var list []openflow.Action
	if !t.Maintain {
		list = append(list, openflow.PopVLAN{})
	}
	for _, s := range t.Exits {
		step, _ := b.step(s)
		list = append(list, step...)
	}
	if t.ExitPort != nil {
		return instructions(append(list, output(t.ExitPort.Number)))
	}
	return append(instructions(list), b.gotoTable(ethDstHairpin, ethDst))
}

// comeBack is the end of the way back: the port where the tunnel begins. Of several
// with one ACL the last has it, as in Faucet.
func (t tunnelUse) comeBack() []openflow.Instruction {
	if len(t.ports) == 0 {
		return nil
	}
	return instructions([]openflow.Action{openflow.PopVLAN{}, output(t.ports[len(t.ports)-1].Number)})
}
