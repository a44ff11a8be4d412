package stasis

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// counts are what was told since the start; they stand under Hub.telling.
type counts struct {
	events    map[string]uint64 // by their types
	delivered uint64            // messages to clients
	bytes     uint64
	resumed   uint64 // clients that came back
	tooLate   uint64 // and those that came too late for it
	reports   []event.Event
}

// note counts a message of size bytes, and has it told of, where somebody wants to hear that. Hub.telling is held.
func (h *Hub) note(l *listener, size int, at time.Time) {
	n := 0
	for _, c := range l.to {
		if c.socket != nil {
			n++
		}
	}
	if h.counts.events == nil {
		h.counts.events = map[string]uint64{}
	}
	h.counts.events[l.kind]++
	h.counts.delivered += uint64(n)
	h.counts.bytes += uint64(n * size)
	if h.Bus.Wants(event.KindARIEvent) {
		h.counts.reports = append(h.counts.reports, &event.ARIEvent{Name: l.kind, Application: l.name, Channel: l.about, Clients: n, Bytes: size,
			Happened: at, Told: now()})
	}
}

// toldAll gives Hub.telling back. What is to be told of the telling itself goes to the bus then:
// that would wait for us, or, with onBus, waits already.
func (h *Hub) toldAll(onBus bool) {
	reports := h.counts.reports
	watching := h.watching
	h.counts.reports, h.watching = nil, nil
	h.telling.Unlock()
	for _, w := range watching {
		h.Shown(w.peer, w.b)
	}
	for _, e := range reports {
		if onBus {
			h.Bus.Follow(e)
		} else {
			h.Bus.Publish(e)
		}
	}
}

// Dropped is how many events found a client that took no more.
func (h *Hub) Dropped() uint64 { return h.dropped.Load() }

// Figures are what the metrics tell of applications.
type Figures struct {
	Events           map[string]uint64 // that applications were told, by their types
	Delivered, Bytes uint64            // messages to clients
	Dropped          uint64            // events for which a client had no room, and was cut off
	Resumed, TooLate uint64            // clients that came back, and those that came too late
	Retained         int               // bytes
	Applications     []AppFigures
}

// AppFigures are those of one application.
type AppFigures struct {
	Name              string
	Clients, Channels int
	Waiting           int // bytes
}

// Figures are those of now.
func (h *Hub) Figures() Figures {
	h.telling.Lock()
	f := Figures{Events: maps.Clone(h.counts.events), Delivered: h.counts.delivered, Bytes: h.counts.bytes, Dropped: h.dropped.Load(),
		Resumed: h.counts.resumed, TooLate: h.counts.tooLate, Retained: h.journals.bytes}
	h.mu.Lock()
	for _, a := range h.order {
		one := AppFigures{Name: a.Name}
		for _, c := range a.clients {
			if c.socket != nil {
				one.Clients++
				one.Waiting += c.socket.Waiting()
			}
		}
		f.Applications = append(f.Applications, one)
	}
	h.mu.Unlock()
	h.telling.Unlock()
	inside := map[string]int{}
	h.legs.mu.Lock()
	for _, l := range h.legs.all {
		inside[l.App()]++
	}
	h.legs.mu.Unlock()
	for i := range f.Applications {
		f.Applications[i].Channels = inside[f.Applications[i].Name]
	}
	slices.SortFunc(f.Applications, func(a, b AppFigures) int { return strings.Compare(a.Name, b.Name) })
	return f
}
