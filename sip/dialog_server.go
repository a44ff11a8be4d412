package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// receive takes a request of the peer within the dialog, in the call's lane.
func (d *Dialog) receive(tx *ServerTransaction, m *Message) {
	tx.mu.Lock()
	tx.dialog = d
	tx.mu.Unlock()
	status, retry := d.check(tx, m)
	if status != 0 {
		d.stack.metrics.OutOfOrder.Add(1)
		words := ""
		if status == 500 && !retry {
			words = "Invalid CSeq"
		}
		d.refuseFor(tx, status, words, retry)
		return
	}
	switch m.Method {
	case Prack:
		if !d.offered.acknowledged(d, m) {
			d.refuse(tx, 481, false)
			return
		}
	case Bye:
		d.leave()
		pending, _ := d.shut()
		if !d.stack.config.CancelLast {
			defer d.terminate(pending) // unless OnRequest has answered it
		} else {
			d.terminate(pending)
		}
	}
	if d.options.OnRequest == nil {
		if m.Method == Bye {
			d.refuse(tx, 200, false)
			return
		}
		d.refuse(tx, 501, false)
		return
	}
	d.options.OnRequest(d, tx, m)
}

func (d *Dialog) refuse(tx *ServerTransaction, status int, retry bool) {
	d.refuseFor(tx, status, "", retry)
}

func (d *Dialog) refuseFor(tx *ServerTransaction, status int, reason string, retry bool) {
	r := tx.Response(status, reason)
	if r == nil {
		return
	}
	d.stack.own(r)
	if retry {
		r.Add("Retry-After", strconv.Itoa(rand.IntN(11)))
	}
	_ = tx.Respond(r) // the peer asks again
}

// check looks at the order of requests (RFC 3261 §12.2.2, §14.2, RFC 3311 §5.2).
// It returns the status to refuse the request with, or 0.
func (d *Dialog) check(tx *ServerTransaction, m *Message) (status int, retry bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.way = m.Source
	if _, asked := m.Via.Param("rport"); asked {
		d.rport = true
	}
	if d.ordered && m.CSeq.Number <= d.remoteSeq {
		return 500, false
	}
	d.remoteSeq, d.ordered = m.CSeq.Number, true
	switch m.Method {
	case Invite:
		switch {
		case d.inviteIn.open():
			return 500, true
		case d.inviteOut != nil || d.calling || d.offering != 0 || d.repeat.kind == repeatOK: // our 2xx has no ACK yet
			return 491, false
		case d.updateIn.open():
			return 500, true
		}
		d.inviteIn = tx
	case Update:
		switch {
		case d.updateIn.open():
			return 500, true
		case d.offering != 0 && len(m.Body) > 0:
			return 491, false
		}
		d.updateIn = tx
	}
	return 0, false
}

// receiveACK takes an ACK for a 2xx of ours, in the call's lane.
func (d *Dialog) receiveACK(m *Message) {
	d.mu.Lock()
	d.way = m.Source
	fresh := d.acked != m.CSeq.Number
	if d.repeat.number == m.CSeq.Number && d.repeat.kind == repeatOK {
		d.repeat.stop(d)
	}
	d.acked = m.CSeq.Number
	d.mu.Unlock()
	if f := d.options.OnACK; f != nil && fresh {
		f(d, m)
	}
}

// respond sends a response to a request of the peer and does what it means for
// the dialog.
func (d *Dialog) respond(tx *ServerTransaction, r *Message) error {
	tx.mu.Lock()
	m := tx.request
	tx.mu.Unlock()
	if m == nil {
		return tx.respond(r, nil)
	}
	if r.Status > 100 && r.Status < 300 && refreshes(m.Method) && r.Contact.URI.IsZero() {
		r.setBeforeBody("Contact", d.options.contact(m.Source))
	}
	if r.Status > 100 && r.Status < 200 && m.Method == Invite && r.Has("Require", "100rel") {
		return d.offered.send(d, tx, r)
	}
	if r.Status < 200 {
		return tx.respond(r, nil)
	}
	if r.Status < 300 && m.Method == Invite && d.AwaitsPRACK() {
		return fmt.Errorf("respond %d: %w: a description waits for its PRACK", r.Status, ErrState)
	}
	initial := m.To.Tag() == ""
	good := r.Status < 300
	d.mu.Lock()
	if d.inviteIn == tx {
		d.inviteIn = nil
	}
	if d.updateIn == tx {
		d.updateIn = nil
	}
	if good {
		if initial && d.state == DialogEarly {
			d.state = DialogConfirmed
		}
		if refreshes(m.Method) && !m.Contact.URI.IsZero() {
			d.target = d.targetOf(m)
		}
	}
	d.mu.Unlock()
	if m.Method == Invite {
		d.offered.over(d)
	}
	var sent func([]byte, Source)
	if good && m.Method == Invite {
		sent = func(b []byte, to Source) { d.repeatOK(m.CSeq.Number, b, to) }
	}
	err := tx.respond(r, sent)
	if initial && !good {
		d.end(nil)
	}
	return err
}

// repeatOK repeats a 2xx until its ACK (RFC 3261 §13.3.1.4), also on streams.
func (d *Dialog) repeatOK(number uint32, b []byte, to Source) {
	g := &d.stack.timers
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.acked == number || d.state == DialogEnded {
		return
	}
	d.repeat.start(d, repeatOK, number, b, to, g.T1, g.T2)
}

// A repeater sends bytes again until somebody stops it or Timers.Timeout has
// passed. Its fields are under the dialog's mu.
type repeater struct {
	kind   repeatKind
	number uint32 // CSeq or RSeq
	bytes  []byte
	to     Source
	gap    time.Duration
	most   time.Duration // of gap
	next   time.Time
	due    time.Time
}

type repeatKind uint8

const (
	repeatNothing repeatKind = iota
	repeatOK
	repeatProvisional
)

func (p *repeater) start(d *Dialog, kind repeatKind, number uint32, b []byte, to Source, gap, most time.Duration) {
	now := time.Now()
	*p = repeater{kind: kind, number: number, bytes: b, to: to, gap: gap, most: most, next: now.Add(gap),
		due: now.Add(d.stack.timers.Timeout)}
	d.stack.wheel.set(&d.alarm, d, p.next)
}

func (p *repeater) stop(d *Dialog) {
	d.stack.wheel.stop(&d.alarm)
	p.kind, p.bytes, p.to = repeatNothing, nil, Source{}
}

func (d *Dialog) fire() {
	s := d.stack
	if !s.enter() {
		return
	}
	defer s.leave()
	now := time.Now()
	d.mu.Lock()
	p := &d.repeat
	kind := p.kind
	switch {
	case kind == repeatNothing:
		d.mu.Unlock()
	case !now.Before(p.due):
		p.stop(d)
		d.mu.Unlock()
		s.metrics.TransactionTimeouts.Add(1)
		d.unanswered(kind)
	case now.Before(p.next):
		s.wheel.set(&d.alarm, d, p.next)
		d.mu.Unlock()
	default:
		p.gap = min(2*p.gap, p.most)
		p.next = now.Add(p.gap)
		if p.next.After(p.due) {
			p.next = p.due
		}
		s.wheel.set(&d.alarm, d, p.next)
		b, to := p.bytes, p.to
		d.mu.Unlock()
		s.metrics.ResponsesSent.Add(1)
		s.metrics.ResponsesResent.Add(1)
		_ = to.Transport.send(b, to, "", nil) // it is repeated
	}
}

// unanswered ends the dialog when no ACK or PRACK came.
func (d *Dialog) unanswered(kind repeatKind) {
	if kind == repeatOK {
		m := d.NewRequest(Bye)
		_, _ = d.send(context.Background(), m, RequestOptions{}) // the peer may be gone
		d.end(ErrNoACK)
		return
	}
	d.mu.Lock()
	tx := d.inviteIn
	d.mu.Unlock()
	if tx != nil {
		d.refuse(tx, 504, false) // RFC 3262 §3
	}
	f := d.options.OnEnd
	if f != nil {
		d.stack.executor.post(d.CallID, forced, task{run: runCall, call: func() { f(d, failure(fmt.Sprintf("dialog %s", d.CallID), ErrNoPRACK)) }})
	}
}
