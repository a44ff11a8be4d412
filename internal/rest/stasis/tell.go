package stasis

import (
	"maps"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

func now() time.Time { return time.Now() }

// tell tells an event to the applications that listen to what it is about. onBus says that the
// bus waits for it. It reports whether there is one.
func (h *Hub) tell(t told, at time.Time, onBus bool) bool {
	h.telling.Lock()
	defer h.toldAll(onBus)
	list := h.listeners(&t, h.hearing[:0])
	if len(list) == 0 {
		return false
	}
	h.hearing = list
	defer clear(list)
	b := h.begin(make([]byte, 0, 1024), t.kind, at)
	b = t.encode(b)
	crowded, master := len(list) > crowd, ""
	if crowded {
		master = h.masterOf(&t)
	}
	for i := range list {
		l := &list[i]
		l.kind, l.about = t.kind, t.channels[0]
		if crowded && l.journal == nil && l.name != master {
			h.share(l, b[:len(b):len(b)], at)
			continue
		}
		h.deliver(l, member(b[:len(b):len(b)], "application", l.name), at)
	}
	return true
}

// crowd is how many applications hear each event for themselves, and at once. An event that more
// hear is written to each of them with the next ones, if they come soon; but to the one that the
// leg is in at once.
const crowd = 16

// masterOf is the application that the leg is in which an event is about. Hub.telling is held.
func (h *Hub) masterOf(t *told) string {
	for _, c := range t.channels {
		if c == nil {
			continue
		}
		if l := h.Leg(c.UniqueID); l != nil {
			return l.told
		}
	}
	return ""
}

// share is deliver to one of many who have the beginning of a message in common. Hub.telling is held.
func (h *Hub) share(l *listener, begin []byte, at time.Time) {
	for _, c := range l.to {
		if c.socket == nil {
			continue
		}
		if !c.socket.Share(begin, l.end) {
			h.cut(c)
			continue
		}
		h.watch(l, c, begin, l.end)
	}
	h.note(l, len(begin)+len(l.end), at)
}

// cut closes a client that takes no more. Hub.telling is held.
func (h *Hub) cut(c *client) {
	h.dropped.Add(1)
	c.socket.Close()
}

// A listener is an application that hears an event.
type listener struct {
	name    string
	debug   bool   // it is watched
	end     []byte // of its messages
	to      []*client
	all     bool     // those are all clients of it
	journal *journal // nil is none
	number  uint64   // in it
	kind    string
	about   *event.Channel // or nil
}

// listeners are the applications that hear an event, in the order in which they were registered. Hub.telling is held.
func (h *Hub) listeners(t *told, list []listener) []listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.order {
		if a.hears() && a.concerned(t) && a.wants(t.kind) {
			list = append(list, h.listener(a, t))
		}
		if t.ended {
			a.forget(ofChannels + t.channels[0].UniqueID)
		}
		if t.over {
			a.forget(ofBridges + t.bridges[0].ID)
		}
	}
	return list
}

// hears reports whether there is somebody to tell, or may be. Hub.mu is held.
func (a *App) hears() bool { return a.journal != nil || a.live() }

// listener is an application that hears an event. Hub.telling and mu are held.
func (h *Hub) listener(a *App, t *told) listener {
	l := listener{name: a.Name, debug: h.debugAll || a.debug, end: a.end, journal: a.journal}
	l.to, l.all = a.addressed(t)
	if a.journal != nil {
		h.count++
		l.number = h.count
	}
	return l
}

// concerned reports whether an application listens to what an event is about. Hub.mu is held.
func (a *App) concerned(t *told) bool {
	switch { // whole kinds
	case t.channels[0] != nil && !t.channels[0].Internal && a.sources[ofChannels] > 0, t.bridges[0] != nil && a.sources[ofBridges] > 0,
		t.endpoint != "" && a.sources[ofEndpoints] > 0, t.device != "" && a.sources[ofDevices] > 0:
		return true
	}
	for _, c := range t.channels {
		if c != nil && a.sources[ofChannels+c.UniqueID] > 0 {
			return true
		}
	}
	for _, s := range t.bridges {
		if s != nil && a.sources[ofBridges+s.ID] > 0 {
			return true
		}
	}
	if t.endpoint != "" {
		return a.hearsOf(t.endpoint)
	}
	if t.bridges[0] == nil && a.ofLegs(t.channels[:]) {
		return true
	}
	return t.device != "" && a.sources[ofDevices+t.device] > 0
}

// deliver hands a message, which lacks its end, to clients. One that can't take it is closed:
// what follows would have a gap. Hub.telling is held.
func (h *Hub) deliver(l *listener, base []byte, at time.Time) {
	if l.journal != nil {
		k := kept{number: l.number, at: at, b: base[:len(base):len(base)]}
		if !l.all {
			k.to = l.to
		}
		h.journals.add(l.journal, k, h.Keeping)
		base = k.b
	}
	defer h.note(l, len(base)+1, at)
	var plain []byte
	for _, c := range l.to {
		if c.socket == nil {
			continue
		}
		var message []byte
		if c.sequence && l.journal != nil {
			message = c.numbered(base, l.number)
		} else {
			if plain == nil {
				plain = append(base, '}')
			}
			message = plain
		}
		if !c.socket.Send(message) {
			h.cut(c)
			continue
		}
		h.watch(l, c, message)
	}
}

// tellApp tells one application an event of its own, about a source if it is not "".
func (h *Hub) tellApp(name, kind, source string, encode func(b []byte) []byte) {
	h.telling.Lock()
	defer h.toldAll(false)
	h.tellOne(name, kind, source, nil, encode)
}

// tellOne is tellApp with Hub.telling held.
func (h *Hub) tellOne(name, kind, source string, about *event.Channel, encode func(b []byte) []byte) {
	h.mu.Lock()
	a := h.apps[name]
	if a == nil || !a.hears() || !a.wants(kind) {
		h.mu.Unlock()
		return
	}
	t := told{}
	l := h.listener(a, &t)
	if list := a.owners[source]; len(list) > 0 {
		l.to, l.all = list, false
	}
	h.mu.Unlock()
	at := now()
	l.kind, l.about = kind, about
	b := h.begin(make([]byte, 0, 512), kind, at)
	if encode != nil {
		b = encode(b)
	}
	h.deliver(&l, member(b, "application", name), at)
	if kind == "StasisStart" || kind == "StasisEnd" { // what the leg does elsewhere is told by others, and not before
		for _, c := range l.to[:min(len(l.to), flushedNow)] {
			if c.socket != nil {
				c.socket.Flush()
			}
		}
	}
}

// flushedNow is how many clients of an application have the coming and going of legs written at once.
const flushedNow = 4

// tellOf tells what a leg does to those who listen to it, its application among them, or what
// an announcer does to those who listen to its bridge.
func (h *Hub) tellOf(l *Leg, kind string, encode func(b []byte) []byte) {
	if l.room == "" {
		h.tell(told{kind: kind, channels: [4]*event.Channel{l.Channel.Snapshot()}, encode: encode}, now(), false)
		return
	}
	h.tell(told{kind: kind, bridges: [3]*event.Bridge{{ID: l.room}}, encode: encode}, now(), false)
}

// UserEvent tells an application an event of a client's own, about sources.
func (h *Hub) UserEvent(application, name string, variables map[string]any, c *event.Channel, s *event.Bridge, endpoint *Endpoint) error {
	if !h.keeps(application) {
		return ErrNoApp
	}
	var source string
	switch {
	case c != nil:
		source = ofChannels + c.UniqueID
	case s != nil:
		source = ofBridges + s.ID
	}
	h.tellApp(application, "ChannelUserevent", source, func(b []byte) []byte {
		b = bridgeIn(channelIn(member(b, "eventname", name), "channel", c), "bridge", s)
		if endpoint != nil {
			b = AppendEndpoint(key(b, "endpoint"), *endpoint)
		}
		all := map[string]any{"eventname": name}
		for k, v := range variables {
			all[k] = v
		}
		return appendValue(key(b, "userevent"), all)
	})
	if c != nil && h.Bus.Wants(event.KindUserEvent) { // of others AMI hears nothing, as on the reference
		e := &event.UserEvent{Channel: c, Name: name, Addressed: true}
		for _, k := range slices.Sorted(maps.Keys(variables)) {
			value, ok := variables[k].(string)
			if !ok {
				value = string(appendValue(nil, variables[k]))
			}
			e.Fields = append(e.Fields, event.Variable{Name: k, Value: value})
		}
		h.Bus.Publish(e)
	}
	return nil
}

// AppendEndpoint appends an Endpoint.
func AppendEndpoint(b []byte, e Endpoint) []byte {
	b = member(member(append(b, '{'), "technology", e.Technology), "resource", e.Resource)
	b = member(b, "state", e.State)
	return append(AppendTexts(key(b, "channel_ids"), e.Channels), '}')
}
