package stasis

import (
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// EndpointOf is the endpoint of a leg, "PJSIP/alice", "" where its technology has none.
func EndpointOf(c *event.Channel) string {
	switch c.Technology {
	case "PJSIP", "SIP", "IAX2":
	default:
		return ""
	}
	i := strings.LastIndexByte(c.Name, '-')
	if i < 0 {
		return ""
	}
	return c.Name[:i]
}

// hearsOf reports whether an application listens to an endpoint, or to all of its technology.
// Hub.mu is held.
func (a *App) hearsOf(endpoint string) bool {
	technology, _, _ := strings.Cut(endpoint, "/")
	return a.sources[ofEndpoints+endpoint] > 0 || a.sources[ofEndpoints+technology] > 0
}

// ofLegs reports whether an application listens to the endpoint of a leg. Hub.mu is held.
func (a *App) ofLegs(list []*event.Channel) bool {
	for _, c := range list {
		if c == nil {
			continue
		}
		if endpoint := EndpointOf(c); endpoint != "" && a.hearsOf(endpoint) {
			return true
		}
	}
	return false
}

// before and after tell of endpoints what follows from an event of the core: that they have one
// leg more or less, or can be reached or not.
func (h *Hub) before(e event.Event, at time.Time) {
	switch e := e.(type) {
	case *event.Newchannel:
		h.endpointChanged(e.Channel, "", at)
	case *event.PeerStatus:
		resource := strings.TrimPrefix(e.Peer, e.Technology+"/")
		h.tellEndpoint(e.Technology, resource, StateOf(e.Status), "", at)
	}
}

func (h *Hub) after(e event.Event, at time.Time) {
	if e, ok := e.(*event.Hangup); ok {
		h.endpointChanged(e.Channel, e.Channel.UniqueID, at)
	}
}

// endpointChanged tells that the endpoint of a leg has another list of legs; gone is one that is
// none of them any more.
func (h *Hub) endpointChanged(c *event.Channel, gone string, at time.Time) {
	if endpoint := EndpointOf(c); endpoint != "" {
		technology, resource, _ := strings.Cut(endpoint, "/")
		h.tellEndpoint(technology, resource, "", gone, at)
	}
}

// tellEndpoint tells how an endpoint is now. state is what it is known to be, "" if it is to be
// looked up.
func (h *Hub) tellEndpoint(technology, resource, state, gone string, at time.Time) {
	h.tell(told{kind: "EndpointStateChange", endpoint: technology + "/" + resource, encode: func(b []byte) []byte {
		return h.appendEndpointAs(key(b, "endpoint"), technology, resource, state, gone)
	}}, at, true)
}

func (h *Hub) appendEndpoint(b []byte, technology, resource string) []byte {
	return h.appendEndpointAs(b, technology, resource, "", "")
}

// appendEndpointAs appends an Endpoint of which more is known than can be looked up already.
func (h *Hub) appendEndpointAs(b []byte, technology, resource, state, gone string) []byte {
	e, ok := h.Endpoint(technology, resource)
	if !ok {
		e = Endpoint{Technology: technology, Resource: resource, State: "unknown"}
	}
	if state != "" {
		e.State = state
	}
	e.Channels = slices.DeleteFunc(slices.Clone(e.Channels), func(id string) bool { return gone != "" && id == gone })
	return AppendEndpoint(b, e)
}

// StateOf is the state of an endpoint whose peer has a status, "" where that says nothing of it.
func StateOf(status string) string {
	switch status {
	case "Reachable", "Registered":
		return "online"
	case "Unreachable", "Unregistered", "Rejected":
		return "offline"
	}
	return ""
}
