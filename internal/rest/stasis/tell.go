package stasis

import (
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

func now() time.Time { return time.Now() }

// tell tells an event to the applications that listen to what it is about.
func (h *Hub) tell(t told, at time.Time) {
	h.telling.Lock()
	defer h.telling.Unlock()
	var room [4]listener
	list := h.listeners(&t, room[:0])
	if len(list) == 0 {
		return
	}
	b := h.begin(make([]byte, 0, 1024), t.kind, at)
	b = t.encode(b)
	for _, l := range list {
		h.send(l, finish(b[:len(b):len(b)], l.name))
	}
}

// A listener is who hears an event.
type listener struct {
	name   string
	socket Socket
}

// listeners are the applications that hear an event.
func (h *Hub) listeners(t *told, list []listener) []listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.apps {
		if a.socket != nil && a.concerned(t) && a.wants(t.kind) {
			list = append(list, listener{a.Name, a.socket})
		}
		if t.ended {
			delete(a.sources, ofChannels+t.channels[0].UniqueID)
		}
		if t.over {
			delete(a.sources, ofBridges+t.bridges[0].ID)
		}
	}
	return list
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
		technology, _, _ := strings.Cut(t.endpoint, "/")
		return a.sources[ofEndpoints+t.endpoint] > 0 || a.sources[ofEndpoints+technology] > 0
	}
	return t.device != "" && a.sources[ofDevices+t.device] > 0
}

// send hands a message to a socket. One that can't take it is closed: what follows would
// have a gap.
func (h *Hub) send(l listener, message []byte) {
	if !l.socket.Send(message) {
		h.dropped.Add(1)
		l.socket.Close()
	}
}

// Dropped is how many events found a socket that was full.
func (h *Hub) Dropped() uint64 { return h.dropped.Load() }

// tellApp tells one application an event of its own.
func (h *Hub) tellApp(name, kind string, encode func(b []byte) []byte) {
	h.telling.Lock()
	defer h.telling.Unlock()
	h.mu.Lock()
	a := h.apps[name]
	var l listener
	if a != nil && a.socket != nil && a.wants(kind) {
		l = listener{name, a.socket}
	}
	h.mu.Unlock()
	if l.socket == nil {
		return
	}
	b := h.begin(make([]byte, 0, 512), kind, now())
	if encode != nil {
		b = encode(b)
	}
	h.send(l, finish(b, name))
}

// tellOf tells what a leg does to those who listen to it, its application among them, or what
// an announcer does to those who listen to its bridge.
func (h *Hub) tellOf(l *Leg, kind string, encode func(b []byte) []byte) {
	if l.room == "" {
		h.tell(told{kind: kind, channels: [4]*event.Channel{l.Channel.Snapshot()}, encode: encode}, now())
		return
	}
	h.tell(told{kind: kind, bridges: [3]*event.Bridge{{ID: l.room}}, encode: encode}, now())
}

// UserEvent tells an application an event of a client's own, about sources.
func (h *Hub) UserEvent(application, name string, variables map[string]any, c *event.Channel, s *event.Bridge, endpoint *Endpoint) error {
	if !h.has(application) {
		return ErrNoApp
	}
	h.tellApp(application, "ChannelUserevent", func(b []byte) []byte {
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
	return nil
}

// AppendEndpoint appends an Endpoint.
func AppendEndpoint(b []byte, e Endpoint) []byte {
	b = member(member(append(b, '{'), "technology", e.Technology), "resource", e.Resource)
	b = member(b, "state", e.State)
	return append(AppendTexts(key(b, "channel_ids"), e.Channels), '}')
}

func (h *Hub) appendEndpoint(b []byte, technology, resource string) []byte {
	e, ok := h.Endpoint(technology, resource)
	if !ok {
		e = Endpoint{Technology: technology, Resource: resource, State: "unknown"}
	}
	return AppendEndpoint(b, e)
}
