package stasis

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Listening is how a client listens to applications.
type Listening struct {
	Everything bool // to all that there is
	// Sequence has each event say its place. What is told is kept for a time then.
	Sequence bool
	// Since is the place of the last event that the client has; it is told first what came
	// since. "" is none.
	Since string
	// Share has it share the applications with other clients that do. Each leg is one
	// client's, from when it enters until it leaves; what is about no leg all of them hear.
	Share bool
}

// A client is who listens to applications. What it is told is ordered by Hub.telling, under
// which, and Hub.mu, its socket changes.
type client struct {
	socket   Socket // nil where it has gone, and may come back
	sequence bool
	share    bool
	mark     string // of places
	legs     int    // that are its own; under Hub.mu
	lost     time.Time
}

// numbered is a message with its place and its end.
func (c *client) numbered(base []byte, number uint64) []byte {
	b := make([]byte, 0, len(base)+len(c.mark)+40)
	b = append(key(append(b, base...), "sequence"), '"')
	b = append(append(b, c.mark...), '-')
	return append(strconv.AppendUint(b, number, 10), '"', '}')
}

// mark returns what stands before the numbers of a client. Hub.telling is held.
func (h *Hub) mark(share bool) string {
	if !share {
		return h.epoch
	}
	h.shares++
	return h.epoch + "." + strconv.FormatUint(h.shares, 10)
}

// live reports whether somebody listens. Hub.mu is held.
func (a *App) live() bool {
	return slices.ContainsFunc(a.clients, func(c *client) bool { return c.socket != nil })
}

// shared reports whether its clients share it. Hub.mu is held.
func (a *App) shared() bool { return len(a.clients) > 0 && a.clients[0].share }

// choose is the client that gets the next leg: the one with the fewest, and of those who has
// waited longest. Hub.mu is held.
func (a *App) choose() *client {
	var best *client
	for _, c := range a.clients {
		if c.socket != nil && (best == nil || c.legs < best.legs) {
			best = c
		}
	}
	if best != nil { // to the end of the line
		a.clients = append(slices.DeleteFunc(slices.Clone(a.clients), func(c *client) bool { return c == best }), best)
	}
	return best
}

// own has a source be one client's: by, if it is one of the application's, or who is chosen.
// Hub.mu is held.
func (a *App) own(source string, by Socket) {
	if !a.shared() {
		return
	}
	if old := a.owners[source]; len(old) > 0 && old[0].socket != nil {
		return
	}
	a.disown(source)
	i := -1
	if by != nil {
		i = slices.IndexFunc(a.clients, func(c *client) bool { return c.socket == by })
	}
	var c *client
	if i >= 0 {
		c = a.clients[i]
	} else {
		c = a.choose()
	}
	if c != nil {
		a.owners[source] = []*client{c}
		if strings.HasPrefix(source, ofChannels) {
			c.legs++
		}
	}
}

// disown ends that. Hub.mu is held.
func (a *App) disown(source string) {
	if list := a.owners[source]; len(list) > 0 && strings.HasPrefix(source, ofChannels) {
		list[0].legs--
	}
	delete(a.owners, source)
}

// concern has the clients of a leg hear of a bridge, too. Hub.mu is held.
func (a *App) concern(bridge, leg string) {
	for _, c := range a.owners[leg] {
		if !slices.Contains(a.owners[bridge], c) {
			a.owners[bridge] = append(slices.Clone(a.owners[bridge]), c)
		}
	}
}

// addressed are the clients that hear an event; all says that those are all of them. Hub.mu is held.
func (a *App) addressed(t *told) (to []*client, all bool) {
	if !a.shared() {
		return a.clients, true
	}
	add := func(source string) {
		for i, c := range a.owners[source] {
			switch {
			case slices.Contains(to, c):
			case i == 0 && len(to) == 0:
				to = a.owners[source][:1:1]
			default:
				to = append(to[:len(to):len(to)], c)
			}
		}
	}
	for _, c := range t.channels {
		if c != nil {
			add(ofChannels + c.UniqueID)
		}
	}
	for _, s := range t.bridges {
		if s != nil {
			add(ofBridges + s.ID)
		}
	}
	if len(to) == 0 {
		return a.clients, true
	}
	return to, false
}
