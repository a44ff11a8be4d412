package sip

import (
	"bytes"
	"container/list"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// The states of transactions (RFC 3261 §17, RFC 6026).
type txState uint8

const (
	txTrying     txState = iota // Trying of non-INVITE, Calling of a client's INVITE
	txProceeding                // an INVITE of a server begins here
	txCompleted                 // a final response was sent or received; of INVITE: not a 2xx
	txConfirmed                 // the ACK of that has come
	txAccepted                  // a 2xx to INVITE was sent or received (RFC 6026)
	txTerminated
)

// A ServerTransaction is a request that was received, and its responses (RFC 3261
// §17.2, RFC 6026). Its methods may be called concurrently.
//
// Retransmissions, 100 after Timers.Trying, the ACK of a refused INVITE and the
// answer to CANCEL are its own affair. After the final response it holds no more
// than it takes to repeat that.
type ServerTransaction struct {
	stack  *Stack
	key    string
	invite bool
	place  *list.Element // among the finished ones; the table's

	mu       sync.Mutex // a leaf
	state    txState
	forced   bool // to the address of the source
	once     bool // see Once
	canceled bool
	forgiven bool     // see Limits.Offence
	status   int      // of the last response
	request  *Message // nil after the final response
	response []byte   // the last; nil when it need not be repeated
	to       Source   // where responses go
	tag      string
	gap      time.Duration // to the next retransmission
	repeatAt time.Time     // when that is due; zero: never
	due      time.Time     // when the state ends; zero: never
	timer    alarm
	onCancel func(*Message)
	onFail   func(error)
	dialog   *Dialog // nil after the final response
	began    time.Time
	repeats  int // retransmissions of the request
	data     any // for the observer, where no dialog has it
}

func newServerTransaction(s *Stack, key string, m *Message) *ServerTransaction {
	tx := &ServerTransaction{stack: s, key: key, invite: m.Method == Invite, request: m, to: m.Source, began: time.Now()}
	if tx.invite {
		tx.state = txProceeding
	}
	return tx
}

// begin starts the timer of the first state.
func (tx *ServerTransaction) begin() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.invite {
		tx.repeatAt = tx.began.Add(tx.stack.timers.Trying)
	} else {
		tx.due = tx.began.Add(tx.stack.timers.Timeout) // who asked has given up by then
	}
	tx.arm()
}

// arm sets the timer to whatever is due first. The caller holds mu.
func (tx *ServerTransaction) arm() {
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

func (tx *ServerTransaction) fire() {
	if !tx.stack.enter() {
		return
	}
	defer tx.stack.leave()
	now := time.Now()
	tx.mu.Lock()
	if tx.state == txTerminated {
		tx.mu.Unlock()
		return
	}
	if !tx.due.IsZero() && !now.Before(tx.due) {
		var err error
		if tx.state == txCompleted && tx.invite {
			err = ErrNoACK // timer H
		} else if tx.state == txTrying || tx.state == txProceeding {
			err = ErrTimeout
		}
		tx.mu.Unlock()
		tx.end(err)
		return
	}
	var send []byte
	if !tx.repeatAt.IsZero() && !now.Before(tx.repeatAt) {
		send = tx.repeat(now)
	}
	tx.arm()
	tx.resendFrom(send)
}

// repeat returns what the retransmission timer sends and sets the next. The
// caller holds mu.
func (tx *ServerTransaction) repeat(now time.Time) []byte {
	if tx.state == txProceeding {
		if tx.status == 0 {
			tx.encode(NewResponse(tx.request, 100, "", ""))
		}
		tx.repeatAt = time.Time{}
		if tx.status > 100 {
			tx.repeatAt = now.Add(tx.stack.timers.Provisional)
		}
		return tx.response
	}
	tx.gap = min(2*tx.gap, tx.stack.timers.T2) // timer G
	tx.repeatAt = now.Add(tx.gap)
	return tx.response
}

// encode keeps a response as bytes, and where it goes. The caller holds mu.
func (tx *ServerTransaction) encode(r *Message) {
	tx.status = r.Status
	tx.stack.own(r)
	tx.response = encode(r, tx.stack.config.Order)
	if tx.request != nil {
		tx.to = responseTarget(tx.request, tx.forced)
	}
}

// encode returns a message as bytes that fit.
func encode(m *Message, order Order) []byte {
	b := scratch.Get().(*[]byte)
	*b = m.appendTo((*b)[:0], order)
	out := bytes.Clone(*b)
	scratch.Put(b)
	return out
}

var scratch = sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}

func (tx *ServerTransaction) resend(b []byte, to Source) {
	if b == nil {
		return
	}
	tx.stack.metrics.ResponsesResent.Add(1)
	tx.stack.metrics.ResponsesSent.Add(1)
	_ = to.Transport.send(b, to, "", nil) // it is repeated, or the peer asks again
}

// again takes a retransmission of the request (RFC 3261 §17.2).
func (tx *ServerTransaction) again() {
	tx.stack.metrics.RequestsAgain.Add(1)
	tx.mu.Lock()
	tx.repeats++
	var b []byte
	switch tx.state {
	case txProceeding, txCompleted:
		if tx.status == 0 && tx.invite {
			b = tx.repeat(time.Now()) // the peer is impatient: 100
			tx.arm()
		} else {
			b = tx.response
		}
	}
	tx.resendFrom(b)
}

// resendFrom sends a response again and lets go of mu: of a provisional one when it is
// sent, lest a final one overtake it.
func (tx *ServerTransaction) resendFrom(b []byte) {
	to := tx.to
	if tx.state == txProceeding {
		defer tx.mu.Unlock()
	} else {
		tx.mu.Unlock()
	}
	tx.resend(b, to)
}

// acknowledged takes an ACK that matches. It reports false if the ACK is for a
// 2xx and so not the transaction's.
func (tx *ServerTransaction) acknowledged() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	switch tx.state {
	case txAccepted:
		return false
	case txCompleted:
		tx.state, tx.response, tx.repeatAt = txConfirmed, nil, time.Time{}
		tx.due = time.Now()
		if !tx.to.Transport.Reliable() {
			tx.due = tx.due.Add(tx.stack.timers.T4) // timer I
		}
		tx.arm()
	}
	return true
}

// Respond sends a response: any number of provisional ones and then a final one.
// If the request has a dialog, responses get a Contact where they need one and
// have none, a provisional one with Require: 100rel is sent reliably (RFC 3262),
// and a 2xx to INVITE is repeated until its ACK; without a dialog that is the
// program's affair (RFC 3261 §13.3.1.4). The error is ErrState after a final
// response or while a 2xx has to wait (Dialog.AwaitsPRACK), or ErrTransport. The response must not be changed any more.
func (tx *ServerTransaction) Respond(r *Message) error {
	tx.mu.Lock()
	d := tx.dialog
	tx.mu.Unlock()
	if d != nil && r != nil {
		return d.respond(tx, r)
	}
	return tx.respond(r, nil)
}

// respond sends a response and, before, tells sent its bytes and where they go.
func (tx *ServerTransaction) respond(r *Message, sent func([]byte, Source)) error {
	if r == nil || r.Status < 100 || r.Status > 699 {
		return fmt.Errorf("respond: %w: no response", ErrState)
	}
	tx.mu.Lock()
	again := tx.state == txAccepted && r.Status/100 == 2
	if tx.state != txTrying && tx.state != txProceeding && !again {
		tx.mu.Unlock()
		return fmt.Errorf("respond %d: %w", r.Status, ErrState)
	}
	judge := tx.verdict(r.Status)
	tx.encode(r)
	b, to := tx.response, tx.to
	ended := false
	var outcome Outcome
	told := !again && r.Status >= 200 && tx.stack.observed()
	if told {
		outcome = tx.outcome(time.Now())
		outcome.Status, outcome.Reason = r.Status, r.Reason
	}
	if !again {
		ended = tx.advance(r.Status)
	}
	finished := tx.state == txCompleted
	tx.mu.Unlock()
	if judge != nil {
		judge(tx.stack.admission, to.Remote.Addr())
	}
	switch {
	case ended:
		tx.end(nil)
	case finished:
		if oldest := tx.stack.servers.finish(tx); oldest != nil {
			tx.stack.metrics.GaveWay.Add(1)
			oldest.end(nil)
		}
	}
	if sent != nil {
		sent(b, to)
	}
	tx.stack.metrics.ResponsesSent.Add(1)
	err := to.Transport.send(b, to, "", nil)
	if told {
		tx.stack.config.Observer.Observe(outcome)
	}
	if err != nil {
		return fmt.Errorf("respond %d: %w", r.Status, err)
	}
	return nil
}

// verdict returns what the admission has to do for the source of a request that is
// challenged, or whose credentials were good; else nil. The caller holds mu.
func (tx *ServerTransaction) verdict(status int) func(*admission, netip.Addr) {
	if status == 401 || status == 407 {
		return (*admission).offend
	}
	if status >= 300 || tx.forgiven || tx.request == nil {
		return nil
	}
	_, tx.forgiven = tx.request.Lookup("Authorization")
	if !tx.forgiven {
		_, tx.forgiven = tx.request.Lookup("Proxy-Authorization")
	}
	if !tx.forgiven {
		return nil
	}
	return (*admission).forgive
}

// advance changes the state for a response and reports whether the transaction
// is over. The caller holds mu.
func (tx *ServerTransaction) advance(status int) (ended bool) {
	now, g := time.Now(), &tx.stack.timers
	if status < 200 {
		tx.state = txProceeding
		if tx.invite {
			if tx.repeatAt = (time.Time{}); status > 100 {
				tx.repeatAt = now.Add(g.Provisional)
			}
			tx.arm()
		}
		return false
	}
	unreliable := !tx.to.Transport.Reliable()
	tx.request, tx.onCancel, tx.dialog, tx.data, tx.repeatAt = nil, nil, nil, nil, time.Time{}
	switch {
	case tx.invite && status < 300:
		tx.state, tx.response, tx.onFail = txAccepted, nil, nil
		tx.due = now.Add(g.Timeout) // timer L
	case tx.invite:
		tx.state = txCompleted
		tx.due = now.Add(g.Timeout) // timer H
		if unreliable && !tx.once {
			tx.gap = g.T1
			tx.repeatAt = now.Add(tx.gap) // timer G
		}
	case unreliable:
		tx.state = txCompleted
		tx.due = now.Add(g.Timeout) // timer J
	default:
		tx.state = txCompleted
		return true
	}
	tx.arm()
	return false
}

// end terminates the transaction. A reason is told to OnFail.
func (tx *ServerTransaction) end(reason error) {
	tx.mu.Lock()
	if tx.state == txTerminated {
		tx.mu.Unlock()
		return
	}
	tx.state = txTerminated
	tx.stack.wheel.stop(&tx.timer)
	onFail := tx.onFail
	var outcome Outcome
	told := reason != nil && tx.request != nil && tx.stack.observed()
	if told {
		outcome = tx.outcome(time.Now())
		outcome.Err = reason
	}
	tx.onFail, tx.onCancel, tx.request, tx.response, tx.dialog = nil, nil, nil, nil, nil
	tx.mu.Unlock()
	tx.stack.servers.remove(tx)
	if told {
		tx.stack.config.Observer.Observe(outcome)
	}
	if reason == nil {
		return
	}
	tx.stack.metrics.TransactionTimeouts.Add(1)
	if onFail != nil {
		what, _, _ := bytes.Cut([]byte(tx.key), []byte(" "))
		tx.stack.executor.post(tx.key, forced, task{run: runCall, call: func() { onFail(failure(string(what), reason)) }})
	}
}

// cancel takes a CANCEL, in the lane of the call.
func (tx *ServerTransaction) cancel(m *Message) {
	tx.mu.Lock()
	if tx.state != txProceeding {
		tx.mu.Unlock()
		return
	}
	tx.canceled = true
	f := tx.onCancel
	tx.mu.Unlock()
	if f != nil {
		f(m)
	}
	if r := tx.Response(487, ""); r != nil {
		tx.stack.own(r)
		_ = tx.Respond(r) // ErrState where the program has answered
	}
}

// Response makes a response to the request, with the transaction's tag in To. It
// is nil after the final response was sent. An empty reason is the usual one.
func (tx *ServerTransaction) Response(status int, reason string) *Message {
	tx.mu.Lock()
	m := tx.request
	tx.mu.Unlock()
	if m == nil {
		return nil
	}
	tag := ""
	if status > 100 {
		tag = tx.Tag()
	}
	return NewResponse(m, status, reason, tag)
}

// Tag returns the tag for To that Response writes, unless the request has one.
func (tx *ServerTransaction) Tag() string {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.tag == "" {
		tx.tag = NewTag()
	}
	return tx.tag
}

// OnCancel sets what is called when the INVITE is cancelled before its final
// response. When the function returns, the stack answers 487 unless a final
// response was sent. If the INVITE is cancelled already, f is not called: see Cancelled.
func (tx *ServerTransaction) OnCancel(f func(cancel *Message)) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.onCancel = f
}

// OnFail sets what is called with a *Failure if the transaction ends badly: no
// ACK for the refusal of an INVITE, no response from the handler in time, or the
// stack closes. It is called at most once, not in order with the call's handlers.
func (tx *ServerTransaction) OnFail(f func(error)) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.onFail = f
}

// Cancelled reports whether the INVITE was cancelled.
func (tx *ServerTransaction) Cancelled() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.canceled
}

// Answered reports whether a final response was sent.
func (tx *ServerTransaction) Answered() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.state > txProceeding
}

// open reports whether there is a request that waits for its final response.
func (tx *ServerTransaction) open() bool { return tx != nil && !tx.Answered() }

// accepted reports whether a 2xx has answered the INVITE.
func (tx *ServerTransaction) accepted() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.state == txAccepted
}

// Source returns by what and from where the request came.
func (tx *ServerTransaction) Source() Source {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.request != nil {
		return tx.request.Source
	}
	return tx.to
}

// ForceRport sends the responses to where the request came from, whatever its Via
// says (Asterisk's force_rport).
func (tx *ServerTransaction) ForceRport() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.forced = true
}

// AssumeRport is ForceRport, and the responses say it, as if the Via of the request
// had asked for rport (RFC 3581). It is for the handler of the request, before it
// does anything else with it.
func (tx *ServerTransaction) AssumeRport() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.forced = true
	if m := tx.request; m != nil { // which the timer may be making a 100 of
		stampVia(m, true, false, tx.stack.config.ViaFirst)
	}
}

// Once sends a refusal of an INVITE but once, and again only when the INVITE comes
// again, as a server does that keeps no state (RFC 3261 §8.2.7): for challenges,
// which are not worth the wait for an ACK.
func (tx *ServerTransaction) Once() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.once = true
}
