package pipeline

import (
	"maps"
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A Found is a client who is let in by the tables that a switch has.
type Found struct {
	Port uint32
	MAC  [6]byte
	ACL  string // of the server's, "" for none
	VLAN string // the same
}

// FindAdmitted reads from tables who was let in on ports with 802.1X: those all of
// whose flows are there as they would be made now, in the order of ports and
// addresses.
func FindAdmitted(dp *config.DP, have *Tables) (list []Found) {
	number, there := have.Number(portACL)
	if !there {
		return nil
	}
	seen := map[Found]bool{}
	for _, f := range have.Flows {
		in, a := f.Match.Get(openflow.InPort)
		src, b := f.Match.Get(openflow.EthSrc)
		p := dp.Port(uint32(in.Uint()))
		if f.Table != number || !a || !b || p == nil || !p.Dot1X {
			continue
		}
		if _, masked := src.Mask(); masked {
			continue
		}
		one := Found{Port: p.Number, MAC: src.MAC()}
		if seen[one] {
			continue
		}
		seen[one] = true
		for _, name := range append([]string{""}, slices.Sorted(maps.Keys(dp.AssignedACLs))...) {
			if (name == "" || p.Dot1XDynACL) && have.holds(dp, p, Admission{MAC: one.MAC, ACL: dp.AssignedACLs[name]}) {
				one.ACL, one.VLAN = name, have.given(dp, p)
				list = append(list, one)
				break
			}
		}
	}
	slices.SortFunc(list, func(a, b Found) int {
		if a.Port != b.Port {
			return int(a.Port) - int(b.Port)
		}
		return slices.Compare(a.MAC[:], b.MAC[:])
	})
	return list
}

// holds says whether all flows are there that let a client in.
func (t *Tables) holds(dp *config.DP, p *config.Port, a Admission) bool {
	b := &builder{dp: dp, t: &Tables{Names: t.Names}, s: State{Admitted: map[uint32][]Admission{p.Number: {a}}}}
	b.admitted(p, openflow.InPort.Uint(uint64(p.Number)))
	for _, f := range b.t.Flows {
		if was := t.byKey()[f.key()]; was == nil || was.body() != f.body() {
			return false
		}
	}
	return len(b.t.Flows) > 0
}

// given is the VLAN with dot1x_assigned that what comes by a port without a tag is
// put into; "" for its own.
func (t *Tables) given(dp *config.DP, p *config.Port) string {
	for _, v := range dp.VLANs {
		if !v.Dot1XAssigned || v == p.NativeVLAN {
			continue
		}
		next := dp.Assign(map[uint32]*config.VLAN{p.Number: v})
		b := &builder{dp: next, t: &Tables{Names: t.Names}, s: State{Up: map[uint32]bool{p.Number: true}}, outside: outside(dp)}
		port := next.Port(p.Number)
		b.members(port, openflow.InPort.Uint(uint64(p.Number)))
		for _, f := range b.t.Flows {
			if in, _ := f.Match.Get(openflow.VLANVID); in.Uint() != 0 {
				continue
			}
			if was := t.byKey()[f.key()]; was != nil && was.body() == f.body() {
				return v.Name
			}
		}
	}
	return ""
}
