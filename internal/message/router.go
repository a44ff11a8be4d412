package message

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Sender sends a message by one technology. destination is what follows the
// technology's name and its colon, from who is to be its sender, or empty. It
// returns when the message is on its way, not when it has arrived.
type Sender func(ctx context.Context, m *Message, destination, from string) error

// A Dialplan is what messages need of the executor.
type Dialplan interface {
	// Exists tells whether there is a place for a call from caller.
	Exists(l channel.Location, caller string) bool
	// Pass runs the dialplan on c at its location and leaves the leg as it is.
	Pass(c *channel.Channel)
}

// Errors of a message.
var (
	ErrNoPlace    = errors.New("the dialplan has no place for the message")
	ErrFull       = errors.New("too many messages wait")
	ErrTechnology = errors.New("no technology of that name sends messages")
)

// waiting is how many messages may wait for the dialplan. Further ones are refused.
const waiting = 1000

// name is the channel's, by which dialplans tell a message from a call.
const name = "Message/ast_msg_queue"

// A Router takes messages to the dialplan and to technologies.
type Router struct {
	Channels *channel.Registry
	Dialplan Dialplan
	Logger   *slog.Logger
	// Hear, if not nil, is told of each message that arrives, and reports whether somebody wanted it. It
	// must not wait. Set before the first message.
	Hear func(m *Message) bool

	mu      sync.Mutex // a leaf
	senders map[string]Sender
	queue   []*Message
	running bool             // the owner of the channel works through the queue
	ch      *channel.Channel // from the first message on; the owner's
}

// Register makes a technology known by its name in destinations, "pjsip".
func (r *Router) Register(technology string, s Sender) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.senders == nil {
		r.senders = map[string]Sender{}
	}
	r.senders[strings.ToLower(technology)] = s
}

// Send sends a message to "technology:destination".
func (r *Router) Send(ctx context.Context, m *Message, to, from string) error {
	technology, destination, ok := strings.Cut(to, ":")
	r.mu.Lock()
	s := r.senders[strings.ToLower(technology)]
	r.mu.Unlock()
	if !ok || s == nil {
		return ErrTechnology
	}
	return s(ctx, m, destination, from)
}

// Deliver has the dialplan take a message at its place: ErrNoPlace where there
// is none and nobody else wants it, ErrFull where too many wait.
func (r *Router) Deliver(m *Message) error {
	heard := r.Hear != nil && r.Hear(m)
	switch {
	case r.Dialplan.Exists(place(m), ""):
	case heard:
		return nil
	default:
		return ErrNoPlace
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) >= waiting {
		return ErrFull
	}
	r.queue = append(r.queue, m)
	if !r.running {
		r.running = true
		r.Channels.Go(name, r.work)
	}
	return nil
}

func place(m *Message) channel.Location {
	return channel.Location{Context: m.Context, Exten: m.Exten, Priority: 1}
}

// work owns the channel until no message waits.
func (r *Router) work() {
	for {
		r.mu.Lock()
		if len(r.queue) == 0 {
			r.queue, r.running = nil, false
			r.mu.Unlock()
			return
		}
		m := r.queue[0]
		r.queue = r.queue[1:]
		r.mu.Unlock()
		if !r.Channels.Contain(name, func() { r.take(m) }) {
			continue
		}
		if r.ch != nil { // what the panic left of it
			r.ch.End()
			r.ch = nil
		}
	}
}

func (r *Router) take(m *Message) {
	if r.ch == nil {
		c, err := r.Channels.New(channel.Config{Name: name, Technology: "Message", Leg: channel.Nowhere{Format: media.SLin}, State: event.Up,
			Context: "default", Exten: "s", Standing: true})
		if err != nil {
			r.Logger.Warn("a message was not taken", "extension", m.Exten, "context", m.Context, "error", err)
			return
		}
		r.ch = c
	}
	if r.ch.HungUp() { // by a client, as no message was there
		r.ch.Renew()
	}
	r.ch.SetValue(held{}, m)
	r.ch.SetLocation(place(m))
	r.Dialplan.Pass(r.ch)
	r.ch.Renew()
}
