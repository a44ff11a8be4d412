package sip

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

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
	timer    alarm
	canceled bool // the program wants it
	told     bool // CANCEL was sent
	headers  []Header
	answered bool // a final response or error was delivered
	stop     func() bool
	began    time.Time
	repeats  int // retransmissions
}

// arm sets the timer to whatever is due first. The caller holds mu.
func (tx *ClientTransaction) arm() {
	next := tx.due
	if next.IsZero() || !tx.repeatAt.IsZero() && tx.repeatAt.Before(next) {
		next = tx.repeatAt
	}
	if next.IsZero() {
		tx.stack.wheel.stop(&tx.timer)
		return
	}
	tx.stack.wheel.set(&tx.timer, tx, next)
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
		tx.repeats++
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

func (s *Stack) receiveResponse(m *Message, h *hand) {
	var buffer [96]byte
	tx := s.clients.find(appendClientKey(buffer[:0], m.Via.Branch(), m.CSeq.Method))
	if tx == nil {
		s.metrics.StrayResponses.Add(1)
		s.admission.offend(m.Source.Remote.Addr())
		return
	}
	tx.receive(m, h)
}

// receive takes a response that matches.
func (tx *ClientTransaction) receive(m *Message, h *hand) {
	s := tx.stack
	tx.mu.Lock()
	switch tx.state {
	case txTrying, txProceeding:
	case txAccepted:
		tx.mu.Unlock()
		if m.Status/100 == 2 {
			tx.deliver(m, nil, h)
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
		tx.deliver(m, nil, h)
		return
	}
	tx.final(m, h)
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
func (tx *ClientTransaction) final(m *Message, h *hand) {
	g, now := &tx.stack.timers, time.Now()
	reliable := tx.to.Transport.Reliable()
	var ack []byte
	if tx.invite && m.Status >= 300 {
		ack = tx.stack.encodeRequest(tx.stack.acknowledge(tx.request, m), tx.via)
	}
	to, name := tx.to, tx.name
	if m.Status == 503 && len(tx.rest) > 0 && !tx.canceled {
		tx.mu.Unlock()
		tx.absorb(ack, to, name)
		tx.attempt(fmt.Errorf("%w: 503 from %s", ErrOverload, to.Remote))
		return
	}
	var outcome Outcome
	told := tx.stack.observed()
	if told {
		outcome = tx.outcome()
		outcome.Status, outcome.Reason = m.Status, m.Reason
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
	tx.options.Data, tx.options.Prepare = nil, nil
	stop := tx.stop
	tx.stop = nil
	over := tx.due.Equal(now)
	if !over {
		tx.arm()
	}
	tx.mu.Unlock()
	if stop != nil {
		stop()
	}
	if ack != nil {
		tx.stack.metrics.RequestsSent.Add(1)
		_ = to.Transport.send(ack, to, name, nil) // asked again if it is lost
	}
	if told {
		tx.stack.config.Observer.Observe(outcome)
	}
	tx.deliver(m, nil, h)
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
func (tx *ClientTransaction) deliver(m *Message, err error, h *hand) {
	tx.mu.Lock()
	f, inline := tx.options.OnResponse, tx.options.inline
	if tx.answered && tx.state != txAccepted { // the last, and what it holds is the program's
		tx.options.OnResponse = nil
	}
	tx.mu.Unlock()
	if f == nil {
		return
	}
	if inline {
		f(tx, m, err)
		return
	}
	r := ofDialog // nobody else knows the branch
	if m == nil || m.Status >= 200 {
		r = forced
	}
	if !tx.stack.executor.post(tx.callID, r, task{run: runResponse, client: tx, respond: f, message: m, err: err, hand: h}) {
		tx.stack.metrics.QueueFull.Add(1)
	}
}

func runResponse(_ *Stack, t *task) { t.respond(t.client, t.message, t.err) }

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
	var outcome Outcome
	observed := !told && tx.stack.observed()
	if observed {
		outcome = tx.outcome()
		outcome.Err = err
	}
	tx.mu.Unlock()
	tx.terminate()
	defer tx.over()
	if told {
		return
	}
	if observed {
		tx.stack.config.Observer.Observe(outcome)
	}
	var f *Failure
	if !errors.As(err, &f) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		err = failure(what, err)
	}
	tx.deliver(nil, err, nil)
}

func (tx *ClientTransaction) terminate() {
	tx.mu.Lock()
	if tx.state == txTerminated {
		tx.mu.Unlock()
		return
	}
	tx.state = txTerminated
	tx.stack.wheel.stop(&tx.timer)
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
	tx.mu.Lock()
	f := tx.options.OnOver
	tx.options.OnOver = nil
	tx.mu.Unlock()
	if f != nil {
		tx.stack.executor.post(tx.callID, forced, task{run: runCall, call: f})
	}
}

// Way returns by what and to where the request was sent last.
func (tx *ClientTransaction) Way() Source {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.to
}
