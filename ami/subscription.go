package ami

import (
	"context"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
)

// Overflow is what happens to an event for which a subscription has no room.
type Overflow int

// None of them has anybody else wait: neither the connection nor other subscriptions.
const (
	DropOldest Overflow = iota // the event that waited longest makes room
	DropNewest                 // the event is not kept
	End                        // the subscription ends with ErrOverflow
)

// SubscribeOptions choose events. The zero value is all of them.
type SubscribeOptions struct {
	// Events are names of events; none is all. Case does not matter.
	Events []string
	// Filters choose among those; see [ParseFilter].
	Filters Filters
	// Match chooses among the rest. It is called on the connection's goroutine, which
	// waits for it.
	Match func(Message) bool
	// Buffer is how many events may wait to be read. 1,024 if 0.
	Buffer int
	// Overflow is what happens when more come.
	Overflow Overflow
}

// A Subscription receives events, also over reconnects, until it is closed. It may
// be used concurrently; each event goes to one caller of Next.
type Subscription struct {
	client  *Client
	names   map[string]bool
	options SubscribeOptions
	dropped atomic.Uint64

	mu    sync.Mutex // a leaf
	ring  []Message  // of at most options.Buffer; grows as it is needed
	first int
	count int
	err   error         // why there is no more
	wake  chan struct{} // of 1: something is there
}

// Subscribe begins to receive events at once. Without a connection it begins with the
// next one.
func (c *Client) Subscribe(o SubscribeOptions) *Subscription {
	if o.Buffer <= 0 {
		o.Buffer = 1024
	}
	s := &Subscription{client: c, options: o, wake: make(chan struct{}, 1)}
	if len(o.Events) > 0 {
		s.names = make(map[string]bool, len(o.Events))
		for _, name := range o.Events {
			s.names[strings.ToLower(name)] = true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != nil {
		s.err = c.ended
		return s
	}
	c.subscribers = append(c.subscribers[:len(c.subscribers):len(c.subscribers)], s)
	return s
}

// wants tells whether an event is for the subscription. lower is its name.
func (s *Subscription) wants(lower string, m Message) bool {
	return (s.names == nil || s.names[lower]) && (len(s.options.Filters) == 0 || s.options.Filters.Pass(m)) &&
		(s.options.Match == nil || s.options.Match(m))
}

// put adds an event.
func (s *Subscription) put(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	if s.count == s.options.Buffer {
		s.dropped.Add(1)
		switch s.options.Overflow {
		case DropNewest:
			return
		case End:
			s.err = ErrOverflow
			s.rouse()
			return
		}
		s.take()
	}
	if s.count == len(s.ring) {
		larger := make([]Message, min(max(16, 2*len(s.ring)), s.options.Buffer))
		for i := range s.count {
			larger[i] = s.ring[(s.first+i)%len(s.ring)]
		}
		s.ring, s.first = larger, 0
	}
	s.ring[(s.first+s.count)%len(s.ring)] = m
	s.count++
	s.rouse()
}

func (s *Subscription) take() Message {
	m := s.ring[s.first]
	s.ring[s.first] = nil
	s.first = (s.first + 1) % len(s.ring)
	s.count--
	return m
}

func (s *Subscription) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Next returns the next event and waits for it. What waits is still returned after the
// end; the error then is [ErrClosed], [ErrOverflow] or why the client ended.
func (s *Subscription) Next(ctx context.Context) (Message, error) {
	for {
		s.mu.Lock()
		if s.count > 0 {
			m := s.take()
			if s.count > 0 {
				s.rouse() // another caller's
			}
			s.mu.Unlock()
			return m, nil
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
// [Subscription.Next] and no message.
func (s *Subscription) All(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := s.Next(ctx)
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// Dropped is how many events found no room.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Close ends the subscription. What waits can still be read.
func (s *Subscription) Close() {
	c := s.client
	c.mu.Lock()
	rest := make([]*Subscription, 0, len(c.subscribers))
	for _, other := range c.subscribers {
		if other != s {
			rest = append(rest, other)
		}
	}
	c.subscribers = rest
	c.mu.Unlock()
	s.end(ErrClosed)
}

func (s *Subscription) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = why
	}
	s.rouse()
}
