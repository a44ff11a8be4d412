package state

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/event"
)

// PresenceProvider begins the names of the presences that the dialplan and
// clients set: the only ones there are.
const PresenceProvider = "CustomPresence:"

// NotSet is the status of a presence that nobody has set.
const NotSet = "not_set"

var presenceStatuses = []string{NotSet, "unavailable", "available", "away", "xa", "chat", "dnd"}

// Presence is what somebody says of being there.
type Presence struct{ Status, Subtype, Message string }

// ParsePresence reads status[,subtype[,message[,options]]]; the option e says that
// subtype and message are in Base64.
func ParsePresence(text string) (p Presence, ok bool) {
	parts := append(strings.SplitN(text, ",", 4), "", "", "")
	p = Presence{strings.ToLower(parts[0]), parts[1], parts[2]}
	if strings.Contains(parts[3], "e") {
		p.Subtype, p.Message = decoded(p.Subtype), decoded(p.Message)
	}
	return p, slices.Contains(presenceStatuses, p.Status)
}

func decoded(text string) string {
	octets, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(octets)
}

// Presences knows the presences and the hints that show them. All methods may be
// called concurrently.
type Presences struct {
	bus *event.Bus
	// Keep is told what is set, as it was written, in order. The name has no
	// "CustomPresence:". It must not wait.
	Keep func(name, text string)

	telling sync.Mutex // orders what is published; held before mu
	mu      sync.Mutex
	known   map[string]Presence // by the name without "CustomPresence:"
	order   []string            // of the names, as they came
	hints   []Hint
}

// NewPresences returns presences that nobody has set.
func NewPresences(bus *event.Bus) *Presences {
	return &Presences{bus: bus, known: map[string]Presence{}}
}

// SetHints replaces the hints, after the dialplan has changed.
func (p *Presences) SetHints(hints []Hint) {
	p.mu.Lock()
	p.hints = hints
	p.mu.Unlock()
}

// Of returns a presence by the name of its provider; ok is false where there is
// no such provider.
func (p *Presences) Of(provider string) (of Presence, ok bool) {
	name, ok := strings.CutPrefix(provider, PresenceProvider)
	if !ok {
		return Presence{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if of, ok = p.known[name]; !ok {
		of.Status = NotSet
	}
	return of, true
}

// Shown returns the presence that a hint shows.
func (p *Presences) Shown(devices string) Presence {
	_, provider, _ := strings.Cut(devices, ",")
	if of, ok := p.Of(provider); ok {
		return of
	}
	return Presence{Status: NotSet}
}

// Named is a presence with its provider.
type Named struct {
	Provider string
	Presence
}

// All returns the presences in the order in which they came.
func (p *Presences) All() []Named {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]Named, 0, len(p.order))
	for _, name := range p.order {
		list = append(list, Named{PresenceProvider + name, p.known[name]})
	}
	return list
}

// Restore is Set for what was kept: no news.
func (p *Presences) Restore(name, text string) {
	if of, ok := ParsePresence(text); ok {
		p.set(name, of)
	}
}

// set returns what the presence was before, and the hints that show it.
func (p *Presences) set(name string, of Presence) (before Presence, shown []Hint) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.known[name]
	if !known {
		before.Status = NotSet
		p.order = append(p.order, name)
	}
	p.known[name] = of
	for _, h := range p.hints {
		if _, provider, _ := strings.Cut(h.Devices, ","); provider == PresenceProvider+name {
			shown = append(shown, h)
		}
	}
	return before, shown
}

// Set sets a presence and tells it; a hint that shows it is told of where it is another.
func (p *Presences) Set(name, text string) (ok bool) {
	of, ok := ParsePresence(text)
	if !ok {
		return false
	}
	p.telling.Lock()
	defer p.telling.Unlock()
	before, shown := p.set(name, of)
	p.Keep(name, text)
	p.bus.Publish(&event.PresenceStateChange{Presentity: PresenceProvider + name, Status: of.Status, Subtype: of.Subtype, Message: of.Message})
	if before == of {
		return true
	}
	for _, h := range shown {
		p.bus.Publish(&event.PresenceStatus{Exten: h.Exten, Context: h.Context, Hint: h.Devices, Status: of.Status, Subtype: of.Subtype, Message: of.Message})
	}
	return true
}
