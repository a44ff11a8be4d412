package parking

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// mostDynamic is how many lots may be made beside those of the file: a dialplan that
// names them after its callers must not fill the memory.
const mostDynamic = 1000

// makes tells whether lots are made while calls are parked.
func (h *House) makes() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dynamic
}

// lotFor returns the lot of a name, "" for that of the leg, and makes it if there is none
// and lots may be made.
func (h *House) lotFor(c *channel.Channel, name string) (*Lot, error) {
	name = cmp.Or(name, nameFor(c))
	if l := h.Find(name); l != nil {
		return l, nil
	}
	if !h.makes() {
		return nil, fmt.Errorf("%w: %s", errNoLot, name)
	}
	return h.make(c, name)
}

// make makes a lot after another, as the variables PARKINGDYNAMIC, PARKINGDYNCONTEXT,
// PARKINGDYNEXTEN and PARKINGDYNPOS of the leg say.
func (h *House) make(c *channel.Channel, name string) (*Lot, error) {
	said := func(variable string) string {
		text, _ := c.Variable(variable)
		return text
	}
	model := h.Find(cmp.Or(said("PARKINGDYNAMIC"), "default"))
	if model == nil {
		return nil, fmt.Errorf("%w: %s, after which %s would be made", errNoLot, said("PARKINGDYNAMIC"), name)
	}
	g := *model.get()
	g.name, g.dynamic = name, true
	g.context, g.exten = cmp.Or(said("PARKINGDYNCONTEXT"), g.context), cmp.Or(said("PARKINGDYNEXTEN"), g.exten)
	if text := said("PARKINGDYNPOS"); text != "" {
		var ok bool
		if g.first, g.last, ok = spaces(text); !ok {
			return nil, fmt.Errorf("parking lot %s: PARKINGDYNPOS=%s is no range of spaces", name, text)
		}
	}
	l, err := h.add(&g)
	if err != nil {
		return nil, err
	}
	if err := h.Dialplan.Make(nil, extensions([]*Settings{&g})); err != nil {
		h.Logger.Error("the extensions of a parking lot were not made", "lot", name, "error", err)
	}
	return l, nil
}

// add puts a lot on the list, unless its spaces are another's.
func (h *House) add(g *Settings) (*Lot, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	made := 0
	for _, l := range h.lots {
		other := l.get()
		switch {
		case other.name == g.name: // somebody else was quicker
			return l, nil
		case other.clashes(g):
			return nil, fmt.Errorf("parking lot %s would have extensions of the lot %s", g.name, other.name)
		case other.dynamic:
			made++
		}
	}
	if made >= mostDynamic {
		return nil, fmt.Errorf("parking lot %s: %d were made already", g.name, made)
	}
	l := &Lot{house: h, spaces: map[int]*stay{}, settings: g}
	h.lots = append(h.lots, l)
	slices.SortStableFunc(h.lots, func(a, b *Lot) int { return byName(a.get(), b.get()) })
	return l, nil
}

// clashes tells whether two lots would have the same extension for different things.
func (s *Settings) clashes(other *Settings) bool {
	if s.context != other.context {
		return false
	}
	return s.first <= other.last && other.first <= s.last || s.exten == other.exten && (s.exclusive || other.exclusive)
}
