package stasis

import "slices"

// A vigil waits until there is no leg in applications.
type vigil struct {
	names []string
	f     func()
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

// WhenEmpty calls f once when the last leg has left the applications. What it returns ends that.
func (h *Hub) WhenEmpty(names []string, f func()) (stop func()) {
	v := &vigil{names, f}
	h.legs.mu.Lock()
	defer h.legs.mu.Unlock()
	h.legs.vigils = append(h.legs.vigils, v)
	return func() {
		h.legs.mu.Lock()
		defer h.legs.mu.Unlock()
		h.legs.vigils = slices.DeleteFunc(h.legs.vigils, func(one *vigil) bool { return one == v })
	}
}

// left tells those who wait for it that a leg has left.
func (h *Hub) left() {
	h.legs.mu.Lock()
	var due []*vigil
	h.legs.vigils = slices.DeleteFunc(h.legs.vigils, func(v *vigil) bool {
		if h.legs.occupied(v.names) {
			return false
		}
		due = append(due, v)
		return true
	})
	h.legs.mu.Unlock()
	for _, v := range due {
		v.f()
	}
}
