package config

import "slices"

// A Tunnel carries what a rule takes to a port of another switch of the stack.
type Tunnel struct {
	At            Pos
	Type          string     `key:"type"`
	ID            *Ref       `key:"tunnel_id"`
	DP            string     `key:"dp"`
	Port          *Ref       `key:"port"`
	BiDirectional bool       `key:"bi_directional,false"`
	Reverse       bool       `key:"reverse,false"`
	Maintain      bool       `key:"maintain_encapsulation,false"`
	Exit          *[]anyNode `key:"exit_instructions"`

	VID      int
	ExitDP   *DP
	ExitPort *Port  // nil: the packet goes on in the pipeline of ExitDP
	Exits    []Step // what is done to it before, of Exit
}

func (d *document) tunnel(n anyNode) (*Tunnel, error) {
	t := &Tunnel{}
	d.loose = true // Faucet overlooks keys of a tunnel that it does not know
	err := d.into(n.node, t, "tunnel")
	d.loose = false
	if err != nil {
		return nil, err
	}
	if t.Type != "" && t.Type != "vlan" {
		d.warnings = append(d.warnings, t.At.wrong("a tunnel of type %s is one of type vlan", t.Type).Error())
	}
	switch {
	case t.DP == "":
		return nil, t.At.wrong("a tunnel needs dp, where it ends")
	case t.BiDirectional && t.Reverse:
		return nil, t.At.wrong("a tunnel can not be bi_directional and reverse at once")
	}
	if t.Exit != nil {
		for _, n := range *t.Exit {
			var s Step
			if err := d.into(n.node, &s, "exit_instructions"); err != nil {
				return nil, err
			}
			if err := d.step(&s); err != nil {
				return nil, err
			}
			t.Exits = append(t.Exits, s)
		}
	}
	return t, nil
}

// tunnels finds the ends of all tunnels and gives a VID to those that have none.
func (c *Config) tunnels() error {
	used := map[int]bool{}
	for _, dp := range c.DPs {
		for _, v := range dp.VLANs {
			used[v.VID] = true
		}
	}
	ids := newTunnelVIDs(used)
	for _, dp := range c.DPs {
		if err := dp.noVLANTunnels(); err != nil {
			return err
		}
		for _, name := range sortedNames(dp.ACLs) {
			for _, r := range dp.ACLs[name].Rules {
				for i := range r.Actions.Output {
					s := &r.Actions.Output[i]
					if s.Tunnel == nil {
						continue
					}
					t := *s.Tunnel
					s.Tunnel = &t
					if err := c.tunnelEnd(dp, name, &t, ids); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// noVLANTunnels refuses tunnels in ACLs of VLANs: they begin at ports.
func (dp *DP) noVLANTunnels() error {
	for _, v := range dp.VLANs {
		for _, a := range append(slices.Clone(v.ACLsIn), v.ACLsOut...) {
			for _, r := range a.Rules {
				for _, s := range r.Actions.Output {
					if s.Tunnel != nil {
						return s.Tunnel.At.wrong("the ACL of VLAN %s has a tunnel, which only ACLs of ports can have", v.Name)
					}
				}
			}
		}
	}
	return nil
}

func (c *Config) tunnelEnd(dp *DP, acl string, t *Tunnel, ids *tunnelVIDs) error {
	for _, other := range c.DPs {
		if other.Name == t.DP {
			t.ExitDP = other
		}
	}
	if t.ExitDP == nil {
		return t.At.wrong("ACL %s: there is no switch %s for the tunnel to end at", acl, t.DP)
	}
	if t.Port != nil {
		if t.ExitPort = t.ExitDP.findPort(*t.Port); t.ExitPort == nil {
			return t.At.wrong("ACL %s: %s has no port %s for the tunnel to end at", acl, t.DP, t.Port)
		}
	}
	t.Exits = slices.Clone(t.Exits)
	for i := range t.Exits {
		if err := t.ExitDP.resolveStep(acl, &t.Exits[i]); err != nil {
			return err
		}
	}
	if t.ID != nil {
		v := dp.findVLAN(*t.ID)
		switch {
		case v != nil && !v.Reserved:
			return t.At.wrong("VLAN %s is used by a tunnel but is not reserved", v.Name).hint("give it reserved_internal_vlan: true")
		case v != nil:
			t.VID = v.VID
		case !t.ID.IsInt:
			return t.At.wrong("there is no VLAN %s for the tunnel", t.ID)
		default:
			t.VID = int(t.ID.Number)
		}
		if t.VID < 1 || t.VID > 4095 {
			return t.At.wrong("VID %d of the tunnel is not from 1 to 4095", t.VID)
		}
		ids.used[t.VID] = true
		return nil
	}
	key := dp.Name + "\x00" + acl + "\x00" + t.DP + "\x00"
	if t.ExitPort != nil {
		key += t.ExitPort.Name
	}
	if vid := ids.byEnd[key]; vid != 0 {
		t.VID = vid
		return nil
	}
	t.VID = ids.free()
	if t.VID == 0 {
		return t.At.wrong("no VID is free for the tunnel")
	}
	ids.used[t.VID], ids.byEnd[key] = true, t.VID
	return nil
}

// tunnelVIDs are those of tunnels that name none.
type tunnelVIDs struct {
	used  map[int]bool
	byEnd map[string]int
	next  int
}

// newTunnelVIDs begins one above the VID that follows the highest, as Faucet does.
func newTunnelVIDs(used map[int]bool) *tunnelVIDs {
	ids := &tunnelVIDs{used: used, byEnd: map[string]int{}}
	for vid := range used {
		ids.next = max(ids.next, vid+2)
	}
	return ids
}

// free is the next VID, or any that is free when there are none above; 0 if none is.
func (ids *tunnelVIDs) free() int {
	for vid := ids.next; vid < 4095; vid++ {
		if !ids.used[vid] {
			ids.next = vid + 1
			return vid
		}
	}
	for vid := 2; vid < 4095; vid++ {
		if !ids.used[vid] {
			return vid
		}
	}
	return 0
}
