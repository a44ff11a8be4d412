package state

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A Hint is an extension whose state is made of devices.
type Hint struct{ Exten, Context, Devices string }

// SetHints replaces the hints, after the dialplan has changed. What a new hint
// tells is published, and after a reload (anew) what each of them does, as on the
// reference; not so the first ones, whose devices are still to come.
func (b *Board) SetHints(hints []Hint, anew bool) {
	uses := map[string][]int{}
	var named []string
	for i, h := range hints {
		for _, d := range devices(h.Devices) {
			named = append(named, d)
			key := strings.ToLower(d)
			uses[key] = append(uses[key], i)
		}
	}
	b.telling.Lock()
	b.mu.Lock()
	before := map[Hint]bool{}
	for _, h := range b.hints {
		before[h] = true
	}
	first := !b.hinted
	b.hints, b.uses, b.hinted = hints, uses, true
	shown := map[[2]string]ExtensionState{}
	for _, h := range hints {
		key := [2]string{h.Exten, h.Context}
		if s, known := b.shown[key]; known {
			shown[key] = s
		}
	}
	b.shown = shown
	b.mu.Unlock()
	for _, h := range hints {
		if !first && (anew || !before[h]) {
			b.tell(h, true)
		}
	}
	b.telling.Unlock()
	for _, d := range named {
		b.Touch(d)
	}
}

// Hints returns the hints with their states.
func (b *Board) Hints() []HintState {
	b.mu.Lock()
	hints := b.hints
	b.mu.Unlock()
	list := make([]HintState, len(hints))
	for i, h := range hints {
		list[i] = HintState{h, b.stateOf(h)}
	}
	return list
}

// HintState is a hint and what it tells now.
type HintState struct {
	Hint
	State ExtensionState
}

// Of returns the state of an extension's hint; ok is false where there is none.
func (b *Board) Of(exten, context string) (HintState, bool) {
	b.mu.Lock()
	hints := b.hints
	b.mu.Unlock()
	for _, h := range hints {
		if h.Exten == exten && h.Context == context {
			return HintState{h, b.stateOf(h)}, true
		}
	}
	return HintState{}, false
}

// Shown returns what a hint would tell now, also one that the board does not have.
func (b *Board) Shown(h Hint) HintState { return HintState{h, b.stateOf(h)} }

func (b *Board) stateOf(h Hint) ExtensionState {
	var states []string
	for _, d := range devices(h.Devices) {
		states = append(states, b.Device(d))
	}
	return Extension(Aggregate(states))
}

// tell publishes the state of a hint: always, or if another was shown before. The
// caller holds telling.
func (b *Board) tell(h Hint, always bool) {
	s := b.stateOf(h)
	key := [2]string{h.Exten, h.Context}
	b.mu.Lock()
	old, known := b.shown[key]
	b.shown[key] = s
	b.mu.Unlock()
	if (always || known && old != s) && b.bus.Wants(event.KindExtensionStatus) {
		b.bus.Publish(&event.ExtensionStatus{Exten: h.Exten, Context: h.Context, Hint: h.Devices, Status: s.Number, StatusText: s.Text})
	}
}
