package ari

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
)

// SubscribeOptions choose events. The zero value is all of them.
type SubscribeOptions struct {
	// Types are types of events: "StasisStart". None is all.
	Types []string
	// Match chooses among those. It is called on the goroutine that reads the WebSocket,
	// which waits for it.
	Match func(Event) bool
	// Buffer is how many events may wait to be read; if it is full, the subscription ends
	// with ErrOverflow. That of the [Config] if 0.
	Buffer int
}

// A Subscription receives events, also over reconnects, until it is closed. It may be
// used concurrently; each event goes to one caller of Next.
type Subscription struct {
	client  *Client
	options SubscribeOptions
	thing   thing            // that it is about; all if zero
	observe func(Event)      // what else has it; called in order, even when it is full
	over    func(Event) bool // tells the last event about the thing
	stopped chan struct{}    // no more comes, and why says so
	why     error

	mu    sync.Mutex // a leaf
	ring  []Event    // of at most options.Buffer; grows as it is needed
	first int
	count int
	err   error         // why there is no more
	wake  chan struct{} // of 1: something is there
}

// Events are all events since the client was made: the one subscription that misses
// nothing, not even what comes before the program has got round to it.
func (c *Client) Events() *Subscription { return c.main }

// Subscribe begins to receive events at once.
func (c *Client) Subscribe(o SubscribeOptions) *Subscription {
	s := c.newSubscription(o)
	c.telling.Lock()
	defer c.telling.Unlock()
	c.attach(s)
	return s
}

// attach has a subscription told from now on. telling is held.
func (c *Client) attach(s *Subscription) {
	switch err := c.Err(); {
	case err != nil:
		s.end(err)
	case s.thing == (thing{}):
		c.subscribers = append(c.subscribers, s)
	default:
		c.handles[s.thing] = append(c.handles[s.thing], s)
	}
}

func (c *Client) newSubscription(o SubscribeOptions) *Subscription {
	o.Buffer = or(o.Buffer, c.config.Buffer)
	return &Subscription{client: c, options: o, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
}

// all are all subscriptions, those of handles too. telling is held.
func (c *Client) all() iter.Seq[*Subscription] {
	return func(yield func(*Subscription) bool) {
		for _, s := range c.subscribers {
			if !yield(s) {
				return
			}
		}
		for _, list := range c.handles {
			for _, s := range list {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// put adds an event.
func (s *Subscription) put(e Event) {
	if s.observe != nil {
		s.observe(e)
	}
	if len(s.options.Types) > 0 && !slices.Contains(s.options.Types, e.EventType()) || s.options.Match != nil && !s.options.Match(e) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if s.count == s.options.Buffer {
		s.err = ErrOverflow
		s.rouse()
		return
	}
	if s.count == len(s.ring) {
		larger := make([]Event, min(max(16, 2*len(s.ring)), s.options.Buffer))
		for i := range s.count {
			larger[i] = s.ring[(s.first+i)%len(s.ring)]
		}
		s.ring, s.first = larger, 0
	}
	s.ring[(s.first+s.count)%len(s.ring)] = e
	s.count++
	s.rouse()
}

func (s *Subscription) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Next returns the next event and waits for it. What waits is still returned after the
// end; the error then is [ErrClosed], [ErrOverflow], [ErrOver] or why the client ended.
func (s *Subscription) Next(ctx context.Context) (Event, error) {
	for {
		s.mu.Lock()
		if s.count > 0 {
			e := s.ring[s.first]
			s.ring[s.first] = nil
			s.first = (s.first + 1) % len(s.ring)
			s.count--
			if s.count > 0 {
				s.rouse() // another caller's
			}
			s.mu.Unlock()
			return e, nil
		}
		err := s.err
		if err != nil {
			s.rouse()
		}
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// All returns the events one after the other. The last pair has the error of
// [Subscription.Next] and no event; there is none for [ErrOver].
func (s *Subscription) All(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			e, err := s.Next(ctx)
			if errors.Is(err, ErrOver) || !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// Close ends the subscription. What waits can still be read.
func (s *Subscription) Close() {
	c := s.client
	c.telling.Lock()
	defer c.telling.Unlock()
	c.forget(s)
	s.end(ErrClosed)
}

// pending are the events about a thing that wait to be read.
func (s *Subscription) pending(about thing) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Event
	for i := range s.count {
		e := s.ring[(s.first+i)%len(s.ring)]
		named := false
		e.about(func(t thing, _ any) { named = named || t == about })
		if named {
			list = append(list, e)
		}
	}
	return list
}

// forget tells a subscription no more. telling is held.
func (c *Client) forget(s *Subscription) {
	if s.thing == (thing{}) {
		c.subscribers = without(c.subscribers, s)
		return
	}
	if rest := without(c.handles[s.thing], s); len(rest) > 0 {
		c.handles[s.thing] = rest
	} else {
		delete(c.handles, s.thing)
	}
}

// without is another list: who walks over the old one is not disturbed.
func without(list []*Subscription, one *Subscription) []*Subscription {
	rest := make([]*Subscription, 0, len(list))
	for _, s := range list {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}

func (s *Subscription) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = why
	}
	if s.why == nil {
		s.why = why
		close(s.stopped)
	}
	s.rouse()
}

// Await returns the next event of a type, for which the functions hold, of a
// subscription or handle. It reads those before it, which nobody gets then.
//
//	digit, err := ari.Await[*ari.ChannelDtmfReceived](ctx, channel)
func Await[E Event](ctx context.Context, from interface {
	Next(context.Context) (Event, error)
}, match ...func(E) bool) (E, error) {
	for {
		var none E
		e, err := from.Next(ctx)
		if err != nil {
			return none, err
		}
		wanted, ok := e.(E)
		if !ok || slices.ContainsFunc(match, func(holds func(E) bool) bool { return !holds(wanted) }) {
			continue
		}
		return wanted, nil
	}
}
