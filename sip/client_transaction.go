package sip

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	// Prepare may change the request when it is known by which transport and to
	// which address it goes: Contact and SDP. It is called for each attempt with a
	// copy, before Via is added, and must be quick.
	Prepare func(m *Message, to Source)
	// OnOver is called last of all: no further response will be told of. It runs in
	// the lane of the Call-ID.
	OnOver func()

	inline bool // OnResponse never waits: call it where the message arrives
}

// A ClientTransaction is a request that is sent, and its responses (RFC 3261
// §17.1, RFC 6026). If a target has several addresses and one fails, the request
// goes to the next with a new branch (RFC 3263 §4.3); it stays the same
// ClientTransaction. Its methods may be called concurrently.
type ClientTransaction struct {
	stack    *Stack
	options  RequestOptions
	invite   bool
	callID   string
	original *Message // as the program gave it; nil after the final response

	mu       sync.Mutex // a leaf
	state    txState
	key      string
	request  *Message // as it was sent, without our Via; nil after the final response
	via      string
	bytes    []byte // of the request, to repeat it
	ack      []byte // of a refused INVITE, to repeat it
	to       Source
	name     string // for TLS
	rest     []target
	gap      time.Duration
	repeatAt time.Time
	due      time.Time
	timer    *time.Timer
	canceled bool // the program wants it
	told     bool // CANCEL was sent
	headers  []Header
	answered bool // a final response or error was delivered
	stop     func() bool
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
	tx := &ClientTransaction{stack: s, options: o, invite: request.Method == Invite, original: request, callID: request.CallID}
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
			way.Transport = s.transportFor(to.network, to.addr.Addr())
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
	via := viaFor(t, way.Remote, branch)
	b := encodeRequest(m, via)
	key := string(appendClientKey(make([]byte, 0, 40), branch, m.Method))

	tx.mu.Lock()
	if tx.state == txTerminated {
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
		tx.gap = s.timers.T1
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

// arm sets the timer to whatever is due first. The caller holds mu.
func (tx *ClientTransaction) arm() {
	next := tx.due
	if next.IsZero() || !tx.repeatAt.IsZero() && tx.repeatAt.Before(next) {
		next = tx.repeatAt
	}
	switch {
	case next.IsZero():
		if tx.timer != nil {
			tx.timer.Stop()
		}
	case tx.timer == nil:
		tx.timer = time.AfterFunc(time.Until(next), tx.fire)
	default:
		tx.timer.Reset(time.Until(next))
	}
}

func (tx *ClientTransaction) fire() {
	if !tx.stack.enter() {
		return
	}
	defer tx.stack.leave()
	now := time.Now()
	tx.mu.Lock()
	switch {
	case tx.state == txTerminated:
		tx.mu.Unlock()
	case !tx.due.IsZero() && !now.Before(tx.due):
		waiting := tx.state == txTrying || tx.state == txProceeding
		silent := tx.state == txTrying
		tx.mu.Unlock()
		switch {
		case !waiting:
			tx.terminate()
			tx.over()
		case silent:
			tx.stack.metrics.TransactionTimeouts.Add(1)
			tx.attempt(ErrTimeout)
		default:
			tx.stack.metrics.TransactionTimeouts.Add(1)
			tx.fail(ErrTimeout)
		}
	case !tx.repeatAt.IsZero() && !now.Before(tx.repeatAt):
		tx.gap *= 2
		if !tx.invite {
			if tx.gap = min(tx.gap, tx.stack.timers.T2); tx.state == txProceeding {
				tx.gap = tx.stack.timers.T2
			}
		}
		tx.repeatAt = now.Add(tx.gap)
		tx.arm()
		b, to, name := tx.bytes, tx.to, tx.name
		tx.mu.Unlock()
		tx.stack.metrics.RequestsSent.Add(1)
		tx.stack.metrics.RequestsResent.Add(1)
		_ = to.Transport.send(b, to, name, nil) // the next time, or the time-out
	default:
		tx.arm()
		tx.mu.Unlock()
	}
}

func (s *Stack) receiveResponse(m *Message) {
	var buffer [96]byte
	tx := s.clients.find(appendClientKey(buffer[:0], m.Via.Branch(), m.CSeq.Method))
	if tx == nil {
		s.metrics.StrayResponses.Add(1)
		return
	}
	tx.receive(m)
}

// receive takes a response that matches.
func (tx *ClientTransaction) receive(m *Message) {
	s := tx.stack
	tx.mu.Lock()
	switch tx.state {
	case txTrying, txProceeding:
	case txAccepted:
		tx.mu.Unlock()
		if m.Status/100 == 2 {
			tx.deliver(m, nil)
		}
		return
	case txCompleted:
		b, to, name := tx.ack, tx.to, tx.name
		tx.mu.Unlock()
		if b != nil && m.Status >= 300 {
			s.metrics.RequestsSent.Add(1)
			_ = to.Transport.send(b, to, name, nil) // asked again if it is lost
		}
		return
	default:
		tx.mu.Unlock()
		return
	}
	if m.Status < 200 {
		cancel := tx.provisional(time.Now())
		tx.mu.Unlock()
		if cancel {
			tx.sendCancel()
		}
		tx.deliver(m, nil)
		return
	}
	tx.final(m)
}

// provisional changes the state for a 1xx and reports whether CANCEL can go now.
// The caller holds mu.
func (tx *ClientTransaction) provisional(now time.Time) (cancel bool) {
	tx.state = txProceeding
	if tx.invite {
		tx.repeatAt = time.Time{}
		if !tx.told {
			tx.due = time.Time{}
		}
		tx.arm()
		if tx.canceled && !tx.told {
			tx.told, cancel = true, true
			tx.due = now.Add(tx.stack.timers.Cancelled)
			tx.arm()
		}
	}
	return cancel
}

// final takes the final response. The caller holds mu, which final releases.
func (tx *ClientTransaction) final(m *Message) {
	g, now := &tx.stack.timers, time.Now()
	reliable := tx.to.Transport.Reliable()
	var ack []byte
	if tx.invite && m.Status >= 300 {
		ack = encodeRequest(follow(tx.request, Ack, m), tx.via)
	}
	to, name := tx.to, tx.name
	if m.Status == 503 && len(tx.rest) > 0 && !tx.canceled {
		tx.mu.Unlock()
		tx.absorb(ack, to, name)
		tx.attempt(fmt.Errorf("%w: 503 from %s", ErrOverload, to.Remote))
		return
	}
	tx.repeatAt = time.Time{}
	tx.ack, tx.bytes, tx.request, tx.original, tx.rest, tx.via = ack, nil, nil, nil, nil, ""
	tx.state, tx.due = txCompleted, now
	switch {
	case tx.invite && m.Status < 300:
		tx.state, tx.due = txAccepted, now.Add(g.Timeout) // timer M
	case tx.invite && !reliable:
		tx.due = now.Add(g.D)
	case !tx.invite && !reliable:
		tx.due = now.Add(g.T4) // timer K
	}
	tx.answered = true
	over := tx.due.Equal(now)
	if !over {
		tx.arm()
	}
	tx.mu.Unlock()
	if ack != nil {
		tx.stack.metrics.RequestsSent.Add(1)
		_ = to.Transport.send(ack, to, name, nil) // asked again if it is lost
	}
	tx.deliver(m, nil)
	if over {
		tx.terminate()
		tx.over()
	}
}

// absorb leaves a transaction behind that repeats the ACK of a refusal.
func (tx *ClientTransaction) absorb(ack []byte, to Source, name string) {
	if ack == nil {
		return
	}
	_ = to.Transport.send(ack, to, name, nil) // asked again if it is lost
	tx.mu.Lock()
	key := tx.key
	tx.key = ""
	tx.mu.Unlock()
	tx.stack.clients.remove(key, tx)
	rest := &ClientTransaction{stack: tx.stack, invite: true, key: key, state: txCompleted, ack: ack, to: to, name: name, answered: true}
	rest.due = time.Now().Add(tx.stack.timers.D)
	if tx.stack.clients.insert(key, rest) {
		rest.mu.Lock()
		rest.arm()
		rest.mu.Unlock()
	}
}

// deliver calls OnResponse in the call's lane.
func (tx *ClientTransaction) deliver(m *Message, err error) {
	f := tx.options.OnResponse
	if f == nil {
		return
	}
	if tx.options.inline {
		f(tx, m, err)
		return
	}
	force := m == nil || m.Status >= 200
	if !tx.stack.executor.post(tx.callID, force, task{run: runResponse, client: tx, message: m, err: err}) {
		tx.stack.metrics.QueueFull.Add(1)
	}
}

func runResponse(_ *Stack, t *task) { t.client.options.OnResponse(t.client, t.message, t.err) }

// fail ends the transaction with an error, which is delivered unless there was a
// final response.
func (tx *ClientTransaction) fail(err error) {
	tx.mu.Lock()
	if tx.state == txTerminated {
		tx.mu.Unlock()
		return
	}
	what := ""
	if tx.original != nil {
		what = tx.original.Method + " " + tx.original.URI.Host
	}
	told := tx.answered
	tx.answered = true
	tx.mu.Unlock()
	tx.terminate()
	defer tx.over()
	if told {
		return
	}
	var f *Failure
	if !errors.As(err, &f) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		err = failure(what, err)
	}
	tx.deliver(nil, err)
}

func (tx *ClientTransaction) terminate() {
	tx.mu.Lock()
	if tx.state == txTerminated {
		tx.mu.Unlock()
		return
	}
	tx.state = txTerminated
	if tx.timer != nil {
		tx.timer.Stop()
	}
	key, stop := tx.key, tx.stop
	tx.request, tx.original, tx.bytes, tx.ack, tx.rest, tx.stop = nil, nil, nil, nil, nil, nil
	tx.mu.Unlock()
	if stop != nil {
		stop()
	}
	if key != "" {
		tx.stack.clients.remove(key, tx)
	}
}

// over tells OnOver.
func (tx *ClientTransaction) over() {
	if f := tx.options.OnOver; f != nil {
		tx.stack.executor.post(tx.callID, true, task{run: runCall, call: f})
	}
}

// Cancel cancels an INVITE (RFC 3261 §9.1): at once, or as soon as a provisional
// response has come. Its outcome is told as usual: 487, or a 2xx that came first,
// which has to be acknowledged and ended with BYE (Invite does that by itself), or
// ErrTimeout. The headers are added to the CANCEL: Reason, say. The error is
// ErrState if the request is no INVITE or has its final response.
func (tx *ClientTransaction) Cancel(headers ...Header) error {
	tx.mu.Lock()
	if !tx.invite || tx.state != txTrying && tx.state != txProceeding {
		tx.mu.Unlock()
		return fmt.Errorf("cancel: %w", ErrState)
	}
	first := !tx.canceled
	tx.canceled = true
	if first {
		tx.headers = headers
	}
	now := tx.state == txProceeding && !tx.told
	unsent := tx.key == ""
	if now {
		tx.told = true
		tx.due = time.Now().Add(tx.stack.timers.Cancelled)
		tx.arm()
	}
	tx.mu.Unlock()
	if unsent {
		tx.fail(context.Canceled)
	}
	if now {
		tx.sendCancel()
	}
	return nil
}

// sendCancel sends CANCEL in a transaction of its own.
func (tx *ClientTransaction) sendCancel() {
	tx.mu.Lock()
	if tx.request == nil {
		tx.mu.Unlock()
		return
	}
	m := follow(tx.request, Cancel, nil)
	m.Headers = append(m.Headers, tx.headers...)
	c := &ClientTransaction{stack: tx.stack, callID: tx.callID, request: m, via: tx.via, to: tx.to, name: tx.name}
	branch := tx.key[:len(tx.key)-len(" "+Invite)]
	tx.mu.Unlock()
	c.key = string(appendClientKey(nil, branch, Cancel))
	c.bytes = encodeRequest(m, c.via)
	now := time.Now()
	c.due = now.Add(tx.stack.timers.Timeout)
	if !c.to.Transport.Reliable() {
		c.gap = tx.stack.timers.T1
		c.repeatAt = now.Add(c.gap)
	}
	if !tx.stack.clients.insert(c.key, c) {
		return
	}
	c.mu.Lock()
	c.arm()
	c.mu.Unlock()
	tx.stack.metrics.RequestsSent.Add(1)
	_ = c.to.Transport.send(c.bytes, c.to, c.name, nil) // repeated, or the INVITE ends by its timer
}

// Cancelled reports whether the program has asked to cancel.
func (tx *ClientTransaction) Cancelled() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.canceled
}

// Way returns by what and to where the request was sent last.
func (tx *ClientTransaction) Way() Source {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.to
}
