package channel

import "slices"

// An Outcome is the last that the far end of a leg said of the call: the
// technology's own words, "SIP 486 Busy Here", and the Q.850 cause.
type Outcome struct {
	Channel string
	Tech    string
	Cause   int
}

// outcomes is the key under which a leg keeps what became of those that it called.
type outcomes struct{}

// NoteOutcome keeps on a leg what was said on one that it called, for
// HANGUPCAUSE. What is said later takes its place.
func (c *Channel) NoteOutcome(o Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, _ := c.kept[outcomes{}].([]Outcome)
	list := slices.Clone(old)
	if at := slices.IndexFunc(list, func(p Outcome) bool { return p.Channel == o.Channel }); at >= 0 {
		list[at] = o
	} else {
		list = append(list, o)
	}
	if c.kept == nil {
		c.kept = map[any]any{}
	}
	c.kept[outcomes{}] = list
}

// Outcomes returns what is kept, in the order of the first words of each leg.
func (c *Channel) Outcomes() []Outcome {
	list, _ := c.Value(outcomes{}).([]Outcome)
	return list
}

// ForgetOutcomes forgets it (HangupCauseClear).
func (c *Channel) ForgetOutcomes() { c.SetValue(outcomes{}, nil) }
