package config

import (
	"go.yaml.in/yaml/v3"

	"github.com/octothorpe/octothorpe/openflow"
)

// A Step is one thing of an output, in the order in which they are done.
type Step struct {
	At        Pos
	PortRef   *Ref       `key:"port"`
	PortRefs  []Ref      `key:"ports"`
	Failover  *Failover  `key:"failover"`
	PopVLANs  int        `key:"pop_vlans,0"`
	SwapVID   *int       `key:"swap_vid"`
	VID       *Ref       `key:"vlan_vid"`
	VIDs      *[]anyNode `key:"vlan_vids"`
	FieldsKey *[]Map     `key:"set_fields"`
	TunnelKey *anyNode   `key:"tunnel"`

	Ports  []*Port
	Tags   []Tag
	Fields []openflow.Field
	Tunnel *Tunnel
	empty  *emptyKey
}

// A Tag is pushed.
type Tag struct {
	VID       int
	EtherType uint16
}

// Failover is a group of ports of which the first that lives is used.
type Failover struct {
	At       Pos
	Group    *int  `key:"group_id"`
	PortRefs []Ref `key:"ports"`
	Ports    []*Port
}

// outputs reads output: a mapping, whose order is fixed, or a list.
func (d *document) outputs(a *Actions) error {
	if a.OutputKey == nil {
		return nil
	}
	n := a.OutputKey.node
	switch n.Kind {
	case yaml.MappingNode:
		var all Step
		if err := d.into(n, &all, "output"); err != nil {
			return err
		}
		if err := d.step(&all); err != nil {
			return err
		}
		a.Output = all.apart()
		if all.empty = d.empty(n); all.empty != nil {
			a.Output = append(a.Output, Step{At: all.At, empty: all.empty})
		}
	case yaml.SequenceNode:
		a.Ordered = true
		for _, c := range n.Content {
			if c.Kind == yaml.MappingNode && len(c.Content) != 2 {
				return d.pos(c).wrong("an element of an ordered output has one key")
			}
			var s Step
			if err := d.into(c, &s, "output"); err != nil {
				return err
			}
			if err := d.step(&s); err != nil {
				return err
			}
			s.empty = d.empty(c)
			a.Output = append(a.Output, s)
		}
	default:
		return a.OutputKey.at.wrong("output must be a mapping or a list, not %s", kindOf(n))
	}
	return nil
}

// apart makes single steps of a mapping, in the order in which they are done.
func (s Step) apart() (list []Step) {
	if s.TunnelKey != nil {
		list = append(list, Step{At: s.At, TunnelKey: s.TunnelKey, Tunnel: s.Tunnel})
	}
	if s.PopVLANs != 0 {
		list = append(list, Step{At: s.At, PopVLANs: s.PopVLANs})
	}
	if len(s.Tags) > 0 {
		list = append(list, Step{At: s.At, VID: s.VID, Tags: s.Tags})
	}
	if s.SwapVID != nil && len(s.Tags) == 0 {
		list = append(list, Step{At: s.At, SwapVID: s.SwapVID})
	}
	if s.FieldsKey != nil {
		list = append(list, Step{At: s.At, FieldsKey: s.FieldsKey})
	}
	if s.PortRef != nil {
		list = append(list, Step{At: s.At, PortRef: s.PortRef})
	}
	if s.PortRefs != nil {
		list = append(list, Step{At: s.At, PortRefs: s.PortRefs})
	}
	if s.Failover != nil {
		list = append(list, Step{At: s.At, Failover: s.Failover})
	}
	return list
}

// step reads what into leaves: tags and tunnels.
func (d *document) step(s *Step) error {
	if s.VID != nil {
		if !s.VID.IsInt {
			return s.VID.At.wrong("vlan_vid must be a number")
		}
		s.Tags = append(s.Tags, Tag{int(s.VID.Number), 0x8100})
	}
	if s.VIDs != nil {
		for _, n := range *s.VIDs {
			t, err := d.tag(n)
			if err != nil {
				return err
			}
			s.Tags = append(s.Tags, t)
		}
	}
	if s.Failover != nil && s.Failover.Group == nil {
		return s.Failover.At.wrong("failover needs group_id")
	}
	if s.TunnelKey != nil {
		var err error
		s.Tunnel, err = d.tunnel(*s.TunnelKey)
		return err
	}
	return nil
}

func (d *document) tag(n anyNode) (Tag, error) {
	if v, ok := integer(n.node); ok {
		return Tag{int(v.Int64()), 0x8100}, nil
	}
	var t struct {
		VID  *Ref `key:"vid"`
		Type *Ref `key:"eth_type"`
	}
	d.loose = true // Faucet overlooks what it does not know in a tag
	err := d.into(n.node, &t, "vlan_vids")
	d.loose = false
	if err != nil {
		return Tag{}, err
	}
	if t.VID == nil || !t.VID.IsInt {
		return Tag{}, n.at.wrong("a tag of vlan_vids needs vid, a number")
	}
	tag := Tag{int(t.VID.Number), 0x8100}
	if t.Type != nil {
		if !t.Type.IsInt || t.Type.Number < 0 || t.Type.Number > 0xffff {
			return Tag{}, n.at.wrong("eth_type %s is none", t.Type)
		}
		tag.EtherType = uint16(t.Type.Number)
	}
	return tag, nil
}

func (dp *DP) resolveStep(acl string, s *Step) error {
	if s.empty != nil {
		return s.empty.at.wrong("ACL %s: %s has no value", acl, s.empty.key)
	}
	if s.Failover != nil && s.Failover.PortRefs == nil {
		return s.Failover.At.wrong("ACL %s: failover needs ports", acl)
	}
	s.Ports = nil
	refs := s.PortRefs
	if s.PortRef != nil {
		refs = append([]Ref{*s.PortRef}, refs...)
	}
	var err error
	if s.Ports, err = dp.findPorts(acl, refs); err != nil {
		return err
	}
	if s.Failover != nil {
		c := *s.Failover
		if c.Ports, err = dp.findPorts(acl, c.PortRefs); err != nil {
			return err
		}
		s.Failover = &c
	}
	s.Fields = nil
	if s.FieldsKey != nil {
		for _, m := range *s.FieldsKey {
			for i := 0; i < len(m.node.Content); i += 2 {
				key, value := m.node.Content[i], m.node.Content[i+1]
				name := key.Value
				if now, old := oldNames[name]; old {
					name = now
				}
				field, ok := openflow.FieldNamed(name)
				if !ok {
					e := m.At.wrong("set_fields: %s is no field", key.Value)
					if like := nearest(name, openflow.FieldNames()); like != "" {
						e.hint("did you mean %s?", like)
					}
					return e
				}
				f, err := dp.field(matchKey{field, key.Value, value, m.At})
				if err != nil {
					return err
				}
				s.Fields = append(s.Fields, f)
			}
		}
	}
	return nil
}

func (dp *DP) findPorts(acl string, refs []Ref) (list []*Port, err error) {
	for _, r := range refs {
		p := dp.findPort(r)
		if p == nil {
			return nil, r.At.wrong("ACL %s: %s has no port %s", acl, dp.Name, r)
		}
		list = append(list, p)
	}
	return list, nil
}
