package ari

import (
	"encoding/json"
	"errors"
	"fmt"
)

// An Event is what the exchange tells over the WebSocket: a pointer to one of the
// types of this package, told apart by a type switch. What it has none for is an
// [UnknownEvent]; [Disconnected] and [Reconnected] are the client's own.
type Event interface {
	EventType() string // "StasisStart"
	Head() *Header
	about(tell func(t thing, model any)) // model is a pointer to what it is now
}

// Header is what all events have.
type Header struct {
	Message
	Application string `json:"application"`
	Timestamp   Time   `json:"timestamp"`
	// Sequence is the place of the event among those of its server, where that tells
	// it. Neither Asterisk nor Octothorpe does yet.
	Sequence string `json:"-"`
	// Resync tells that no server sent it: the client found out after a reconnect.
	Resync bool `json:"-"`
	// Raw is the message itself; nil with Resync.
	Raw json.RawMessage `json:"-"`
}

// Head implements [Event].
func (h *Header) Head() *Header { return h }

func (*Header) about(func(thing, any)) {}

// A thing is what a handle stands for: its model and its identifier.
type thing struct{ kind, id string }

// UnknownEvent is one that this package has no type for, or whose content is not what
// it should be. Its Header has the raw message.
type UnknownEvent struct {
	Header
	// Err is why it could not be read; nil if its type is unknown.
	Err error `json:"-"`
	// These are what it is about, as far as that is usual.
	Channel   *Channel       `json:"channel,omitempty"`
	Bridge    *Bridge        `json:"bridge,omitempty"`
	Playback  *Playback      `json:"playback,omitempty"`
	Recording *LiveRecording `json:"recording,omitempty"`
}

// EventType implements [Event]: what the exchange calls it.
func (e *UnknownEvent) EventType() string { return e.Type }

func (e *UnknownEvent) about(tell func(thing, any)) {
	if e.Channel != nil {
		tell(thing{"Channel", e.Channel.ID}, e.Channel)
	}
	if e.Bridge != nil {
		tell(thing{"Bridge", e.Bridge.ID}, e.Bridge)
	}
	if e.Playback != nil {
		tell(thing{"Playback", e.Playback.ID}, e.Playback)
	}
	if e.Recording != nil {
		tell(thing{"LiveRecording", e.Recording.Name}, e.Recording)
	}
}

// Disconnected is told by a [Client] when it loses its WebSocket.
type Disconnected struct {
	Header
	Reason error
}

// EventType implements [Event].
func (*Disconnected) EventType() string { return "Disconnected" }

// Reconnected is told by a [Client] when it has a WebSocket again, before all other
// events of it.
type Reconnected struct {
	Header
	// Resumed tells that the server has kept all events since: they follow, each once.
	// Otherwise the client has asked what there is now, and tells what is different as
	// events with Resync.
	Resumed bool
	// Missing are the requests that the server refused when it was asked.
	Missing []string
}

// EventType implements [Event].
func (*Reconnected) EventType() string { return "Reconnected" }

// Decode reads an event. It never fails: see [UnknownEvent].
func Decode(raw []byte) Event {
	kind := peek(raw, "type")
	var e Event
	var err error
	if maker := makers[kind]; maker != nil {
		e = maker()
		err = json.Unmarshal(raw, e)
	}
	if e == nil || err != nil {
		unknown := &UnknownEvent{}
		broken := json.Unmarshal(raw, unknown) // what can be read of it
		unknown.Type = kind
		if err = errors.Join(err, broken); err != nil {
			unknown.Err = fmt.Errorf("ari: event %q: %w", kind, err)
		}
		e = unknown
	}
	h := e.Head()
	h.Sequence = peek(raw, "sequence")
	h.Raw = raw
	return e
}

// An EventType is the name of a type of events, as filters have it.
type EventType struct {
	Type string `json:"type"`
}

// An EventFilter chooses what an application is told: of Allowed those that are not
// in Disallowed. A list that is nil is not changed; an empty one is cleared.
type EventFilter struct{ Allowed, Disallowed []string }

// MarshalJSON implements json.Marshaler.
func (f EventFilter) MarshalJSON() ([]byte, error) {
	lists := map[string][]EventType{}
	for name, types := range map[string][]string{"allowed": f.Allowed, "disallowed": f.Disallowed} {
		if types == nil {
			continue
		}
		lists[name] = []EventType{}
		for _, one := range types {
			lists[name] = append(lists[name], EventType{one})
		}
	}
	return json.Marshal(lists)
}
