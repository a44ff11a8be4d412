package pipeline

import (
	"bytes"
	"slices"

	"github.com/octothorpe/octothorpe/openflow"
)

// A Change is what makes one set of tables of another.
type Change struct {
	// Before are sent first and need a barrier after them: what flows refer to.
	Before []openflow.Message
	// Flows are the flows to add, change and delete, in this order: a packet
	// always meets an old or a new flow.
	Flows []*openflow.FlowMod
	// After are groups and meters that no flow refers to any more.
	After []openflow.Message
}

// Empty says that nothing changes.
func (c *Change) Empty() bool { return len(c.Before)+len(c.Flows)+len(c.After) == 0 }

// Diff is the change from old to new. With the tables numbered differently
// everything changes place, and only a cold start is right: then ok is false.
func Diff(old, new *Tables) (c *Change, ok bool) {
	if !slices.Equal(old.Names, new.Names) {
		return nil, false
	}
	c = &Change{}
	before, after := old.byKey(), new.byKey()
	for _, f := range new.Flows {
		if was := before[f.key()]; was == nil || was.body() != f.body() {
			c.Flows = append(c.Flows, f.Mod(openflow.FlowAdd)) // adding replaces what has the same match
		}
	}
	for _, f := range old.Flows {
		if after[f.key()] == nil {
			c.Flows = append(c.Flows, f.Mod(openflow.FlowDeleteStrict))
		}
	}
	c.groups(old, new)
	c.meters(old, new)
	return c, true
}

func same(a, b openflow.Message) bool {
	x, _ := openflow.Append(nil, 0, a)
	y, _ := openflow.Append(nil, 0, b)
	return bytes.Equal(x, y)
}

func (c *Change) groups(old, new *Tables) {
	was := map[uint32]*openflow.GroupMod{}
	for _, g := range old.Groups {
		was[g.Group] = g
	}
	for _, g := range new.Groups {
		first := was[g.Group]
		delete(was, g.Group)
		if first != nil && same(first, g) {
			continue
		}
		m := *g
		if first != nil {
			m.Command = openflow.GroupModify
		}
		c.Before = append(c.Before, &m)
	}
	for _, g := range old.Groups {
		if was[g.Group] != nil {
			c.After = append(c.After, &openflow.GroupMod{Command: openflow.GroupDelete, Group: g.Group})
		}
	}
}

func (c *Change) meters(old, new *Tables) {
	was := map[uint32]*openflow.MeterMod{}
	for _, m := range old.Meters {
		was[m.Meter] = m
	}
	for _, m := range new.Meters {
		first := was[m.Meter]
		delete(was, m.Meter)
		if first != nil && same(first, m) {
			continue
		}
		n := *m
		if first != nil {
			n.Command = openflow.MeterModify
		}
		c.Before = append(c.Before, &n)
	}
	for _, m := range old.Meters {
		if was[m.Meter] != nil {
			c.After = append(c.After, &openflow.MeterMod{Command: openflow.MeterDelete, Meter: m.Meter})
		}
	}
}

// Cold is the change from nothing known: everything is deleted first.
func Cold(new *Tables) *Change {
	wipe := &openflow.FlowMod{Table: openflow.TableAll, Command: openflow.FlowDelete, Buffer: openflow.NoBuffer, OutPort: openflow.PortAny,
		OutGroup: openflow.GroupAny}
	c := &Change{Before: []openflow.Message{wipe, &openflow.GroupMod{Command: openflow.GroupDelete, Group: openflow.GroupAll}}}
	if len(new.Meters) > 0 {
		c.Before = append(c.Before, &openflow.MeterMod{Command: openflow.MeterDelete, Meter: openflow.MeterAll})
	}
	for _, g := range new.Groups {
		c.Before = append(c.Before, g)
	}
	for _, m := range new.Meters {
		c.Before = append(c.Before, m)
	}
	for _, f := range new.Flows {
		c.Flows = append(c.Flows, f.Mod(openflow.FlowAdd))
	}
	return c
}
