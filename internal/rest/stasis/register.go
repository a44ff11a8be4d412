package stasis

import "slices"

// Register makes a client the listener of applications, which are told it from now on. Who
// listened before is told that it is replaced, if not both share the application. The error is
// ErrTooLate.
func (h *Hub) Register(names []string, o Listening, s Socket) (*Backlog, error) {
	h.listening.Lock()
	defer h.listening.Unlock()
	if o.Since != "" && !h.mayResume(names, o) {
		h.telling.Lock()
		h.counts.tooLate++
		h.telling.Unlock()
		return nil, ErrTooLate
	}
	if h.cancel == nil {
		h.cancel = h.Bus.Subscribe(kinds, h.hear)
	}
	backlog := h.register(names, o, s)
	if o.Share {
		for _, name := range names {
			h.adopt(name)
		}
	}
	return backlog, nil
}

// mayResume reports whether all that applications were told since a place is there.
func (h *Hub) mayResume(names []string, o Listening) bool {
	mark, number, ok := parsePlace(o.Since)
	h.telling.Lock()
	defer h.telling.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !ok || number > h.count {
		return false
	}
	for _, name := range names {
		a := h.apps[name]
		if a == nil || a.journal == nil || a.shared() != o.Share {
			return false
		}
		h.journals.expire(a.journal, now().Add(-h.Keeping.Time))
		if number < a.journal.floor || a.byMark(mark) == nil {
			return false
		}
	}
	return true
}

// byMark is the client that has a mark, or nil. Hub.mu is held.
func (a *App) byMark(mark string) *client {
	i := slices.IndexFunc(a.clients, func(c *client) bool { return c.mark == mark })
	if i < 0 {
		return nil
	}
	return a.clients[i]
}

// register is Register without what is about legs. Hub.listening is held.
func (h *Hub) register(names []string, o Listening, s Socket) *Backlog {
	h.telling.Lock()
	defer h.telling.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sweep()
	var c *client
	var number uint64
	if o.Since != "" {
		var mark string
		mark, number, _ = parsePlace(o.Since)
		c = h.apps[names[0]].byMark(mark)
	}
	var replaced []func()
	if c == nil {
		c = &client{sequence: o.Sequence, share: o.Share, mark: h.mark(o.Share)}
	} else if old := c.socket; old != nil {
		replaced = append(replaced, func() { h.tellReplaced(old, names) })
	}
	c.socket, c.sequence = s, o.Sequence
	var backlog *Backlog
	if o.Since != "" {
		backlog = &Backlog{client: c}
		h.counts.resumed++
	}
	for _, name := range names {
		a := h.apps[name]
		if a == nil {
			a = &App{Name: name, end: finish([]byte{' '}, name)[1:], sources: map[string]int{}, owners: map[string][]*client{}}
			h.apps[name], h.order = a, append(h.order, a)
		}
		if a.waits != nil && backlog == nil {
			a.deafen() // who listened to everything does not come back
		}
		a.waits.end()
		a.waits = nil
		for _, old := range h.seat(a, c) {
			replaced = append(replaced, func() { h.tellReplaced(old, []string{name}) })
		}
		a.everything = a.everything || o.Everything
		if o.Everything {
			for _, kind := range wholeKinds {
				a.sources[kind] = 1
			}
		}
		switch {
		case backlog != nil:
			backlog.add(a.journal, number)
		case o.Sequence:
			if a.journal == nil && h.Keeping.Bytes > 0 && h.Keeping.Time > 0 {
				a.journal = h.journals.begin(h.count)
			}
			// Its place is known before there is any event.
			s.Send(c.numbered(member(h.begin(nil, "ApplicationRegistered", now()), "application", name), h.count))
		}
		if !slices.ContainsFunc(a.clients, func(c *client) bool { return c.sequence }) {
			h.journals.end(a.journal)
			a.journal = nil
		}
	}
	backlog.sort()
	for _, tell := range replaced {
		tell()
	}
	close(h.arrival)
	h.arrival = make(chan struct{})
	return backlog
}

// wholeKinds are the sources of who listens to everything.
var wholeKinds = []string{ofChannels, ofBridges, ofEndpoints, ofDevices}

// seat makes a client one of an application, and returns those that are replaced. Hub.mu is held.
func (h *Hub) seat(a *App, c *client) (replaced []Socket) {
	if slices.Contains(a.clients, c) {
		return nil
	}
	if c.share && (len(a.clients) == 0 || a.shared()) {
		for _, old := range a.clients {
			if old.socket == nil && now().Sub(old.lost) >= h.Keeping.Grace {
				a.dismiss(old)
			}
		}
		a.clients = append(slices.Clone(a.clients), c)
		return nil
	}
	for _, old := range a.clients {
		if old.socket != nil && old.socket != c.socket {
			replaced = append(replaced, old.socket)
		}
	}
	a.clients, a.owners = []*client{c}, map[string][]*client{}
	return replaced
}

func (h *Hub) tellReplaced(s Socket, names []string) {
	for _, name := range names {
		s.Send(finish(h.begin(nil, "ApplicationReplaced", now()), name))
	}
}

func (b *Backlog) add(j *journal, since uint64) {
	for _, k := range j.list {
		if k.number > since && (k.to == nil || slices.Contains(k.to, b.client)) {
			b.list = append(b.list, k)
		}
	}
}

// sort puts what several applications were told in its order.
func (b *Backlog) sort() {
	if b != nil {
		slices.SortFunc(b.list, func(a, b kept) int { return int(int64(a.number) - int64(b.number)) })
	}
}
