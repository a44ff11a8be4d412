package stasis

import (
	"slices"
	"strings"
)

// Who watches what applications are told and ask for, as the console's `ari set debug` says.

// A watched is a message to a client that is to be shown.
type watched struct {
	peer string
	b    []byte
}

// Peer is what a socket has that knows where its client is.
type Peer interface{ Peer() string }

// Debug shows what an application is told from now on, or no more. It reports whether there is one.
func (h *Hub) Debug(name string, on bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[name]
	if a == nil {
		return false
	}
	a.debug = on
	h.anyDebug()
	return true
}

// DebugAll does so for all applications, also those that come.
func (h *Hub) DebugAll(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.debugAll = on
	h.anyDebug()
}

// anyDebug notes whether any is shown. Hub.mu is held.
func (h *Hub) anyDebug() {
	h.debugging.Store(h.debugAll || slices.ContainsFunc(h.order, func(a *App) bool { return a.debug }))
}

// Debugging reports whether what any application does is shown.
func (h *Hub) Debugging() bool { return h.debugging.Load() }

// Debugs reports whether what one of some applications does is shown.
func (h *Hub) Debugs(names ...string) bool {
	if !h.debugging.Load() {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.debugAll || slices.ContainsFunc(names, func(name string) bool { return h.apps[name] != nil && h.apps[name].debug })
}

// watch has a message shown once the telling is over, if its application is watched. Hub.telling is held.
func (h *Hub) watch(l *listener, c *client, parts ...[]byte) {
	if !l.debug || h.Shown == nil {
		return
	}
	peer := ""
	if p, ok := c.socket.(Peer); ok {
		peer = p.Peer()
	}
	h.watching = append(h.watching, watched{peer, slices.Concat(parts...)})
}

// A Source is what an application listens to, and how often.
type Source struct {
	ID    string
	Times int
}

// A Description is what the console shows of an application.
type Description struct {
	Name                         string
	Debug, Everything            bool
	Channels, Bridges, Endpoints []Source
}

// Describe describes an application.
func (h *Hub) Describe(name string) (d Description, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[name]
	if a == nil {
		return d, false
	}
	d = Description{Name: name, Debug: h.debugAll || a.debug, Everything: a.everything}
	for _, kind := range sourceKinds {
		into := map[string]*[]Source{ofChannels: &d.Channels, ofBridges: &d.Bridges, ofEndpoints: &d.Endpoints}[kind.prefix]
		if into == nil {
			continue // devices are not shown, as on the reference
		}
		for source, times := range a.sources {
			if id, of := strings.CutPrefix(source, kind.prefix); of {
				if id == "" {
					id = kind.all
				}
				*into = append(*into, Source{id, times})
			}
		}
		slices.SortFunc(*into, func(a, b Source) int { return strings.Compare(a.ID, b.ID) })
	}
	return d, true
}
