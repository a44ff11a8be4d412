package sip

import (
	"context"
	"fmt"
	"time"
)

// RequestOptions say how a request is sent and who is told. All may be zero.
type RequestOptions struct {
	// OnResponse is called for each provisional response, and then once with a
	// final response or with an error (a *Failure, or the context's). After a 2xx
	// to INVITE it is called again for each further 2xx, retransmissions included:
	// Invite does better. It runs in the lane of the Call-ID.
	OnResponse func(tx *ClientTransaction, response *Message, err error)
	// To sends by this way and to this address, whatever the request says: to where
	// a registration came from, say. If its connection is closed, a new one is made.
	To Source
	// Transport is what to send by; nil takes what fits the target.
	Transport *Transport
	// Proxy is resolved in place of the first Route and the request's target.
	Proxy URI
	// Timeout is how long to wait for a response (timers B and F); 0 is Timers.Timeout.
	Timeout time.Duration
	// T1 is the gap to the first retransmission; 0 is Timers.T1.
	T1 time.Duration
	// Prepare may change the request when it is known by which transport and to
	// which address it goes: Contact and SDP. It is called for each attempt with a
	// copy, before Via is added, and must be quick.
	Prepare func(m *Message, to Source)
	// OnOver is called last of all: no further response will be told of. It runs in
	// the lane of the Call-ID.
	OnOver func()
	// Data is the owner's, for the Observer. Requests of a dialog have the dialog's.
	Data any

	rport  bool // in our Via, whatever the stack's configuration says
	inline bool // OnResponse never waits: call it where the message arrives
}

// Request sends a request. It does not wait; an error means that nothing was sent
// and OnResponse will not be called. The request gets Via, and Max-Forwards if it
// has none; it must not be changed any more. When ctx ends, an INVITE is
// cancelled and other requests end with the context's error.
func (s *Stack) Request(ctx context.Context, request *Message, o RequestOptions) (*ClientTransaction, error) {
	what := request.Method + " " + request.URI.Host
	switch {
	case !request.IsRequest() || request.Method == Ack || request.CSeq.Method != request.Method || request.CallID == "":
		return nil, fmt.Errorf("request %s: CSeq, Call-ID or method is missing or wrong", what)
	case s.isClosed():
		return nil, failure(what, ErrClosed)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	tx := &ClientTransaction{stack: s, options: o, invite: request.Method == Invite, original: request, callID: request.CallID, began: time.Now()}
	if !o.To.IsZero() {
		tx.rest = []target{{network: o.To.Transport.Network, addr: o.To.Remote, way: o.To}}
		if err := tx.watch(ctx); err != nil {
			return nil, err
		}
		tx.attempt(nil)
		return tx, nil
	}
	hop := nextHop(request, &o)
	if list, ok := s.literal(hop); ok {
		tx.rest = list
		if err := tx.watch(ctx); err != nil {
			return nil, err
		}
		tx.attempt(nil)
		return tx, nil
	}
	if s.inflight.Load() >= int64(s.limits.Resolving) {
		return nil, failure(what, ErrOverload)
	}
	if !s.enter() {
		return nil, failure(what, ErrClosed)
	}
	if err := tx.watch(ctx); err != nil {
		s.leave()
		return nil, err
	}
	go func() { // Close waits for it, and ends the look-up
		defer s.leave()
		list, err := s.resolve(s.ctx, hop)
		if err != nil {
			s.metrics.ResolveErrors.Add(1)
		}
		tx.mu.Lock()
		tx.rest = list
		tx.mu.Unlock()
		tx.attempt(err)
	}()
	return tx, nil
}

// Do sends a request and waits for its final response.
func (s *Stack) Do(ctx context.Context, request *Message, o RequestOptions) (*Message, error) {
	type result struct {
		m   *Message
		err error
	}
	done := make(chan result, 1)
	o.inline = true
	o.OnResponse = func(_ *ClientTransaction, m *Message, err error) {
		if err != nil || m.Status >= 200 {
			select {
			case done <- result{m, err}:
			default: // a 2xx of another branch
			}
		}
	}
	if _, err := s.Request(ctx, request, o); err != nil {
		return nil, err
	}
	r := <-done
	return r.m, r.err
}

func (s *Stack) isClosed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.closed
}

// watch ends the transaction with the context.
func (tx *ClientTransaction) watch(ctx context.Context) error {
	if ctx.Done() == nil {
		return nil
	}
	stop := context.AfterFunc(ctx, func() {
		if !tx.stack.enter() {
			return
		}
		defer tx.stack.leave()
		if tx.invite && tx.Cancel() == nil {
			return
		}
		tx.fail(context.Cause(ctx))
	})
	tx.mu.Lock()
	tx.stop = stop
	tx.mu.Unlock()
	return nil
}

// attempt sends the request to the next target. The reason is why the one before
// failed, or nil.
func (tx *ClientTransaction) attempt(reason error) {
	for {
		tx.mu.Lock()
		if tx.state == txTerminated {
			tx.mu.Unlock()
			return
		}
		if len(tx.rest) == 0 || tx.canceled && reason != nil {
			tx.mu.Unlock()
			if reason == nil {
				reason = ErrNoTransport
			}
			tx.fail(reason)
			return
		}
		to := tx.rest[0]
		tx.rest = tx.rest[1:]
		if reason != nil {
			tx.stack.metrics.Failovers.Add(1)
		}
		tx.mu.Unlock()
		if reason = tx.send(to); reason == nil {
			return
		}
	}
}

// send begins the transaction of RFC 3261 with one target.
func (tx *ClientTransaction) send(to target) error {
	s := tx.stack
	way := to.way
	if way.Transport == nil {
		way = Source{Transport: tx.options.Transport, Remote: to.addr}
		if t := way.Transport; t == nil || t.Network != to.network || !t.reaches(to.addr.Addr()) {
			way.Transport = s.TransportFor(to.network, to.addr.Addr())
		}
		if way.Transport == nil {
			return fmt.Errorf("%w: %s %s", ErrNoTransport, to.network, to.addr)
		}
	}
	t := way.Transport
	tx.mu.Lock()
	m := tx.original
	tx.mu.Unlock()
	if m == nil {
		return nil // terminated
	}
	m = prepared(m, &tx.options, way)
	branch := NewBranch()
	via := viaFor(t, way.Remote, branch, tx.options.rport)
	b := s.encodeRequest(m, via)
	key := string(appendClientKey(make([]byte, 0, 40), branch, m.Method))

	tx.mu.Lock()
	if tx.state == txTerminated || tx.canceled && tx.key == "" { // Cancel ends what was not sent
		tx.mu.Unlock()
		return nil
	}
	old := tx.key
	tx.state, tx.key, tx.request, tx.via, tx.bytes, tx.to, tx.name = txTrying, key, m, via, b, way, to.name
	timeout := tx.options.Timeout
	if timeout <= 0 {
		timeout = s.timers.Timeout
	}
	now := time.Now()
	tx.due, tx.repeatAt = now.Add(timeout), time.Time{} // timers B and F
	if !t.Reliable() {
		if tx.gap = s.timers.T1; tx.options.T1 > 0 {
			tx.gap = tx.options.T1
		}
		tx.repeatAt = now.Add(tx.gap) // timers A and E
	}
	tx.arm()
	tx.mu.Unlock()
	if old != "" {
		s.clients.remove(old, tx)
	}
	if !s.clients.insert(key, tx) {
		return ErrClosed
	}
	s.metrics.RequestsSent.Add(1)
	return t.send(b, way, to.name, func(err error) { tx.lost(key, err) })
}

// lost is told by the transport that a request could not be delivered.
func (tx *ClientTransaction) lost(key string, err error) {
	tx.mu.Lock()
	current := tx.key == key && (tx.state == txTrying || tx.state == txProceeding)
	tx.mu.Unlock()
	if current {
		tx.attempt(err)
	}
}
