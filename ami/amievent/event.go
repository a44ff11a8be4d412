package amievent

import (
	"context"
	"iter"

	"github.com/octothorpe/octothorpe/ami"
)

// An Event is a typed event: a pointer to one of this package's types.
type Event interface {
	AMIEvent() string
	// Raw is the message that it was made of.
	Raw() ami.Message
}

// Header is what all events have.
type Header struct {
	Message        ami.Message `ami:",message"`
	Privilege      string      `ami:"Privilege"` // classes, of which a user needs one
	ActionID       string      `ami:"ActionID"`  // of the action that it belongs to
	Timestamp      string      `ami:"Timestamp"` // seconds since 1970, with timestampevents
	SystemName     string      `ami:"SystemName"`
	SequenceNumber int64       `ami:"SequenceNumber"`
	// Server is which of a proxy's servers sent it.
	Server string `ami:"Server"`
	// Resync tells that no server sent it: see ami.Config.
	Resync bool `ami:"Resync"`
}

// Raw implements [Event].
func (h *Header) Raw() ami.Message { return h.Message }

// Channel is a channel as events describe it.
type Channel struct {
	Name              string            `ami:"Channel"`
	State             int               `ami:"ChannelState"`
	StateDesc         string            `ami:"ChannelStateDesc"`
	CallerIDNum       string            `ami:"CallerIDNum"`
	CallerIDName      string            `ami:"CallerIDName"`
	ConnectedLineNum  string            `ami:"ConnectedLineNum"`
	ConnectedLineName string            `ami:"ConnectedLineName"`
	Language          string            `ami:"Language"`
	AccountCode       string            `ami:"AccountCode"`
	Context           string            `ami:"Context"`
	Exten             string            `ami:"Exten"`
	Priority          int               `ami:"Priority"`
	Uniqueid          string            `ami:"Uniqueid"`
	Linkedid          string            `ami:"Linkedid"`
	Variables         map[string]string `ami:"ChanVariable"` // those of channelvars in manager.conf
}

// Bridge is a bridge as events describe it.
type Bridge struct {
	Uniqueid        string `ami:"BridgeUniqueid"`
	Type            string `ami:"BridgeType"`
	Technology      string `ami:"BridgeTechnology"`
	Creator         string `ami:"BridgeCreator"`
	Name            string `ami:"BridgeName"`
	NumChannels     int    `ami:"BridgeNumChannels"`
	VideoSourceMode string `ami:"BridgeVideoSourceMode"`
	VideoSource     string `ami:"BridgeVideoSource"`
}

// Disconnected is told by an [ami.Client] when it loses its connection.
type Disconnected struct {
	Header
	Reason string `ami:"Reason"`
}

// AMIEvent implements [Event].
func (*Disconnected) AMIEvent() string { return "Disconnected" }

// Reconnected is told by an [ami.Client] when it is connected again, before all other
// events of the new connection.
type Reconnected struct {
	Header
	// Resynchronised is yes, no, or partly: Missing then names the actions that the
	// server refused.
	Resynchronised string `ami:"Resynchronised"`
	Missing        string `ami:"Missing"`
}

// AMIEvent implements [Event].
func (*Reconnected) AMIEvent() string { return "Reconnected" }

// Unknown is an event without a type.
type Unknown struct{ Header }

// AMIEvent implements [Event].
func (u *Unknown) AMIEvent() string { return u.Message.Event() }

// Decode makes a typed event of a message, *Unknown of one that has no type, and nil
// of what is no event.
func Decode(m ami.Message) Event {
	name := m.Event()
	if name == "" {
		return nil
	}
	var e Event
	switch maker := makers[name]; {
	case maker != nil:
		e = maker()
	case name == "Disconnected":
		e = new(Disconnected)
	case name == "Reconnected":
		e = new(Reconnected)
	default:
		e = new(Unknown)
	}
	_ = ami.Unmarshal(m, e) // all types can be: a test tries each
	return e
}

// All subscribes to the events of one type and returns them until the sequence is no
// longer used or ctx ends, whose error is the last pair's. It begins when the
// sequence is first used, and keeps to the defaults of [ami.SubscribeOptions].
//
//	for hangup, err := range amievent.All[amievent.Hangup](ctx, client) {
func All[T any, E interface {
	*T
	Event
}](ctx context.Context, c *ami.Client) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		s := c.Subscribe(ami.SubscribeOptions{Events: []string{E(new(T)).AMIEvent()}})
		defer s.Close()
		for m, err := range s.All(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			e := E(new(T))
			_ = ami.Unmarshal(m, e)
			if !yield(e, nil) {
				return
			}
		}
	}
}
