package stasis

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// A waiting is the time in which an application waits for a client to come back.
type waiting struct {
	admits time.Time // until when legs that come wait for one
	timer  *time.Timer
}

func (w *waiting) end() {
	if w != nil {
		w.timer.Stop()
	}
}

// Unregister takes a client away from the applications that it listens to. They end with it,
// those aside that have legs, have subscribed to something or may wait for it: they wait for the
// next client.
func (h *Hub) Unregister(s Socket) {
	h.listening.Lock()
	defer h.listening.Unlock()
	for _, name := range h.unregister(s) {
		h.adopt(name)
	}
	h.rest()
}

// UnregisterEmpty is Unregister where there is no leg in the applications, and reports whether
// there was none. A leg that comes meanwhile is told of before, or finds that nobody listens.
func (h *Hub) UnregisterEmpty(s Socket, names []string) bool {
	h.listening.Lock()
	defer h.listening.Unlock()
	h.telling.Lock()
	empty := !h.Occupied(names)
	var handed []string
	if empty {
		handed = h.takeAway(s)
	}
	h.telling.Unlock()
	for _, name := range handed {
		h.adopt(name)
	}
	h.rest()
	return empty
}

// rest has nobody listen to the bus where there is no application. Hub.listening is held.
func (h *Hub) rest() {
	h.mu.Lock()
	h.sweep()
	none := len(h.apps) == 0
	h.mu.Unlock()
	if none && h.cancel != nil {
		h.cancel()
		h.cancel = nil
	}
}

// unregister returns the applications whose other clients have its legs now. Hub.listening is held.
func (h *Hub) unregister(s Socket) (handed []string) {
	h.telling.Lock()
	defer h.telling.Unlock()
	return h.takeAway(s)
}

// takeAway is unregister with Hub.telling held, too.
func (h *Hub) takeAway(s Socket) (handed []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var c *client
	for _, a := range h.order {
		i := slices.IndexFunc(a.clients, func(one *client) bool { return one.socket == s || one == c })
		if i < 0 {
			continue
		}
		c = a.clients[i]
		c.socket, c.lost = nil, now()
		back := c.sequence && a.journal != nil && !h.closed // it may come back
		switch {
		case !a.live():
			h.await(a, c, back)
		case !a.shared():
		case back && h.Keeping.Grace > 0:
			time.AfterFunc(h.Keeping.Grace, func() { h.giveUp(a.Name, c) })
		default:
			a.dismiss(c)
			handed = append(handed, a.Name)
		}
	}
	return handed
}

// await has an application without a client wait for one, as far as it may. Hub.mu is held.
func (h *Hub) await(a *App, c *client, back bool) {
	patience := h.Keeping.Grace
	if back {
		patience = max(patience, h.Keeping.Time)
	} else {
		a.dismiss(c)
		a.deafen()
	}
	if patience <= 0 || h.closed {
		h.end(a)
		return
	}
	w := &waiting{admits: now().Add(h.Keeping.Grace)}
	w.timer = time.AfterFunc(patience, func() { h.expire(a.Name, w) })
	a.waits = w
}

// expire ends an application for which nobody has come back.
func (h *Hub) expire(name string, w *waiting) {
	h.listening.Lock()
	defer h.listening.Unlock()
	h.telling.Lock()
	h.mu.Lock()
	if a := h.apps[name]; a != nil && a.waits == w {
		h.end(a)
	}
	h.mu.Unlock()
	h.telling.Unlock()
	h.rest()
}

// end forgets who listened to an application. Hub.telling and mu are held.
func (h *Hub) end(a *App) {
	h.journals.end(a.journal)
	a.clients, a.owners, a.journal, a.waits = nil, map[string][]*client{}, nil, nil
	a.deafen()
}

// deafen has an application not hear of everything: that is what a client does. Hub.mu is held.
func (a *App) deafen() {
	a.everything = false
	for _, kind := range wholeKinds {
		delete(a.sources, kind)
	}
}

// giveUp hands the legs of a client that has not come back to the others.
func (h *Hub) giveUp(name string, c *client) {
	h.listening.Lock()
	defer h.listening.Unlock()
	h.mu.Lock()
	a := h.apps[name]
	due := a != nil && slices.Contains(a.clients, c) && c.socket == nil && a.live() && now().Sub(c.lost) >= h.Keeping.Grace
	if due {
		a.dismiss(c)
	}
	h.mu.Unlock()
	if due {
		h.adopt(name)
	}
}

// dismiss forgets a client. What is its own is nobody's. Hub.mu is held.
func (a *App) dismiss(c *client) {
	a.clients = slices.DeleteFunc(slices.Clone(a.clients), func(one *client) bool { return one == c })
	for source, list := range a.owners {
		rest := slices.DeleteFunc(slices.Clone(list), func(one *client) bool { return one == c })
		if a.owners[source] = rest; len(rest) == 0 {
			delete(a.owners, source)
		}
	}
}

// adopt gives each leg of an application that is shared, and that is no client's, to one. It is
// told that the leg is there.
func (h *Hub) adopt(name string) {
	for _, l := range h.legsIn(name) {
		h.telling.Lock()
		h.mu.Lock()
		a, source := h.apps[name], ofChannels+l.Channel.UniqueID()
		adopted := a != nil && a.shared() && l.told == name && len(a.owners[source]) == 0
		if adopted {
			if a.own(source, nil); len(a.owners[source]) > 0 {
				if b := l.Bridge(); b != nil {
					a.concern(ofBridges+b.ID(), source)
				}
			}
		}
		h.mu.Unlock()
		if adopted {
			h.tellStart(l, name)
		}
		h.toldAll(false)
	}
}

// legsIn are the legs in an application, the oldest first.
func (h *Hub) legsIn(name string) []*Leg {
	h.legs.mu.Lock()
	defer h.legs.mu.Unlock()
	var list []*Leg
	for _, l := range h.legs.all {
		if l.App() == name {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b *Leg) int {
		return cmp.Or(a.Channel.Snapshot().Created.Compare(b.Channel.Snapshot().Created), strings.Compare(a.Channel.UniqueID(), b.Channel.UniqueID()))
	})
	return list
}

// sweep forgets applications that have neither a client nor anything to hear of. Hub.mu is held.
func (h *Hub) sweep() {
	h.order = slices.DeleteFunc(h.order, func(a *App) bool {
		idle := !a.live() && a.waits == nil && len(a.sources) == 0
		if idle {
			delete(h.apps, a.Name)
		}
		return idle
	})
}

// Close ends all sockets.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	var all []Socket
	for _, a := range h.order {
		a.waits.end()
		for _, c := range a.clients {
			if c.socket != nil && !slices.Contains(all, c.socket) {
				all = append(all, c.socket)
			}
		}
	}
	h.mu.Unlock()
	for _, s := range all {
		s.Close()
	}
}

// Has reports whether a client listens to an application.
func (h *Hub) Has(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[name]
	return a != nil && a.live()
}

// keeps reports whether an application hears what it is told, now or when its client is back.
func (h *Hub) keeps(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[name]
	return a != nil && a.hears()
}

// admit reports whether a leg may enter an application, which it does while a client listens to
// it. It waits for one that has gone, or is to be opened for calls.
func (h *Hub) admit(ctx context.Context, name string) bool {
	if h.Has(name) || h.Summon != nil && h.Summon(ctx, name) {
		return true
	}
	for {
		h.mu.Lock()
		a, arrival := h.apps[name], h.arrival
		var until time.Time
		if a != nil && a.waits != nil {
			until = a.waits.admits
		}
		live := a != nil && a.live()
		h.mu.Unlock()
		patience := until.Sub(now())
		if live || patience <= 0 {
			return live
		}
		timer := time.NewTimer(patience)
		select {
		case <-arrival:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return false
		}
	}
}
