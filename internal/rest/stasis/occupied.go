package stasis

import (
	"slices"
	"sync"
)

// A vigil waits until there is no leg in applications.
type vigil struct {
	names []string
	f     func() (done bool)

	mu   sync.Mutex // over f
	done bool
}

// try calls f unless it is done, and reports whether it is.
func (v *vigil) try() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.done = v.done || v.f()
	return v.done
}

// Occupied reports whether there is a leg in one of the applications.
func (h *Hub) Occupied(names []string) bool {
	h.legs.mu.Lock()
	defer h.legs.mu.Unlock()
	return h.legs.occupied(names)
}

func (l *legs) occupied(names []string) bool {
	for _, one := range l.all {
		if slices.Contains(names, one.App()) {
			return true
		}
	}
	return false
}

// WhenEmpty calls f when the last leg has left the applications, until it reports that it is
// done. What is returned ends that; it may be under way still.
func (h *Hub) WhenEmpty(names []string, f func() (done bool)) (stop func()) {
	v := &vigil{names: names, f: f}
	h.legs.mu.Lock()
	defer h.legs.mu.Unlock()
	h.legs.vigils = append(h.legs.vigils, v)
	return func() { h.forget(v) }
}

func (h *Hub) forget(v *vigil) {
	h.legs.mu.Lock()
	defer h.legs.mu.Unlock()
	h.legs.vigils = slices.DeleteFunc(h.legs.vigils, func(one *vigil) bool { return one == v })
}

// left tells those who wait for it that a leg has left.
func (h *Hub) left() {
	h.legs.mu.Lock()
	var due []*vigil
	for _, v := range h.legs.vigils {
		if !h.legs.occupied(v.names) {
			due = append(due, v)
		}
	}
	h.legs.mu.Unlock()
	for _, v := range due {
		if v.try() {
			h.forget(v)
		}
	}
}
