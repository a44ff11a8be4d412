package exchange

import (
	"slices"
	"sync"

	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/state"
)

// patternHints are the hints that were asked for by an extension that only a
// pattern has. They are hints like others from then on, while the plan has the
// pattern.
type patternHints struct {
	telling sync.Mutex // has one plan at a time given to the board; held before mu
	mu      sync.Mutex // a leaf
	asked   [][2]string
}

// maxPatternHints bounds what phones can make of patterns.
const maxPatternHints = 4096

// hints gives the hints of the plan to the board, anew where it was loaded.
func (x *Exchange) hints(_ *dialplan.Plan, loaded bool) {
	x.patterns.telling.Lock()
	defer x.patterns.telling.Unlock()
	p := x.engine.Plan() // the latest, whoever asks
	x.autohints.wanted(x, p)
	var list []state.Hint
	for _, h := range p.Hints() {
		list = append(list, state.Hint{Exten: h.Exten, Context: h.Context, Devices: h.Devices})
	}
	x.patterns.mu.Lock()
	asked := slices.Clone(x.patterns.asked)
	x.patterns.mu.Unlock()
	for _, a := range asked {
		h, ok := x.engine.PlaceHint(x.background, a[0], a[1])
		made := state.Hint{Exten: h.Exten, Context: h.Context, Devices: h.Devices}
		if ok && !slices.ContainsFunc(list, func(o state.Hint) bool { return o.Exten == made.Exten && o.Context == made.Context }) {
			list = append(list, made)
		}
	}
	x.presences.SetHints(list)
	x.board.SetHints(list, loaded)
	for _, d := range x.phoneDrivers() {
		d.HintsChanged()
	}
}

// hintAt tells the hint that is valid for an extension: its own, one of an
// included context, or a pattern's.
func (x *Exchange) hintAt(exten, context string) (state.HintState, bool) {
	if h, ok := x.board.Of(exten, context); ok {
		return h, true
	}
	h, ok := x.engine.PlaceHint(x.background, exten, context)
	if !ok {
		return state.HintState{}, false
	}
	return x.board.Shown(state.Hint{Exten: h.Exten, Context: h.Context, Devices: h.Devices}), true
}

// hintName is the name that the hint of an extension has.
func (x *Exchange) hintName(exten, context string) string {
	_, name, _ := x.engine.Hint(exten, context)
	return name
}

// watchHint has the board tell of the hint that is valid for an extension. It
// returns the context in which that stands.
func (x *Exchange) watchHint(exten, context string) (in string, ok bool) {
	if _, ok := x.board.Of(exten, context); ok {
		return context, true
	}
	h, ok := x.engine.PlaceHint(x.background, exten, context)
	if !ok {
		return "", false
	}
	if _, known := x.board.Of(h.Exten, h.Context); known {
		return h.Context, true
	}
	x.patterns.mu.Lock()
	many := len(x.patterns.asked) >= maxPatternHints
	if !many {
		x.patterns.asked = append(x.patterns.asked, [2]string{exten, context})
	}
	x.patterns.mu.Unlock()
	if many {
		return "", false
	}
	x.hints(x.engine.Plan(), false)
	return h.Context, true
}
