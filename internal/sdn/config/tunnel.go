package config

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
	ExitPort *Port // nil: the packet goes on in the pipeline of ExitDP
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
	byEnd := map[string]int{}
	for _, dp := range c.DPs {
		for _, name := range sortedNames(dp.ACLs) {
			for _, r := range dp.ACLs[name].Rules {
				for i := range r.Actions.Output {
					s := &r.Actions.Output[i]
					if s.Tunnel == nil {
						continue
					}
					t := *s.Tunnel
					s.Tunnel = &t
					if err := c.tunnelEnd(dp, name, &t, used, byEnd); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func (c *Config) tunnelEnd(dp *DP, acl string, t *Tunnel, used map[int]bool, byEnd map[string]int) error {
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
		used[t.VID] = true
		return nil
	}
	key := dp.Name + "\x00" + acl + "\x00" + t.DP + "\x00"
	if t.ExitPort != nil {
		key += t.ExitPort.Name
	}
	if vid := byEnd[key]; vid != 0 {
		t.VID = vid
		return nil
	}
	for vid := 2; vid < 4095; vid++ {
		if !used[vid] {
			used[vid], byEnd[key], t.VID = true, vid, vid
			return nil
		}
	}
	return t.At.wrong("no VID is free for the tunnel")
}
