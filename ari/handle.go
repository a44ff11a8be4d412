package ari

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"time"
)

// handleBuffer is how many events of a handle wait to be read. Waiting for the state of
// what it stands for needs none of them.
const handleBuffer = 256

// A handle is what those of channels, bridges, playbacks and recordings have in common:
// their events, and a state that can be waited for.
type handle struct {
	*Subscription
	mu      sync.Mutex    // a leaf, of the state
	changed chan struct{} // closed with each change
}

// newHandle makes one that is told nothing yet. note is called with mu held.
func (c *Client) newHandle(t thing, note func(Event), over func(Event) bool) *handle {
	h := &handle{Subscription: c.newSubscription(SubscribeOptions{Buffer: min(handleBuffer, c.config.Buffer)}), changed: make(chan struct{})}
	h.thing, h.over = t, over
	h.observe = func(e Event) { h.change(func() { note(e) }) }
	return h
}

// change changes the state and wakes who waits.
func (h *handle) change(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
	close(h.changed)
	h.changed = make(chan struct{})
}

// begin has events told from now on.
func (h *handle) begin() {
	h.client.telling.Lock()
	defer h.client.telling.Unlock()
	h.client.attach(h.Subscription)
}

// wait waits until the state is ready, or says why it will not be.
func (h *handle) wait(ctx context.Context, ready func() (bool, error)) error {
	for {
		h.mu.Lock()
		done, err := ready()
		changed := h.changed
		h.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-changed:
			continue
		default:
		}
		select {
		case <-changed:
		case <-h.stopped:
			select {
			case <-changed: // the last event
			default:
				return h.why
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// known has the tracker know what a request has made. It may have ended meanwhile.
func (h *handle) known(model any) {
	h.client.telling.Lock()
	defer h.client.telling.Unlock()
	select {
	case <-h.stopped:
	default:
		h.client.state.update(h.thing, model, true)
	}
}

// newID is an identifier for what is made.
func newID() string { return strings.ToLower(rand.Text()) }

// undo ends what a request may have made though it failed, as far as that is soon done.
func (c *Client) undo(ctx context.Context, err error, do func(context.Context) error) {
	if Status(err) != 0 {
		return // refused
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(c.config.Timeout, 2*time.Second))
	defer cancel()
	_ = do(within)
}
