package sip

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// InviteOptions say how a request that makes dialogs is sent.
type InviteOptions struct {
	DialogOptions
	// Request says how it is sent; its OnResponse and OnOver are not used.
	Request RequestOptions
	// OnResponse is called for each provisional response, and then once with a
	// final response or an error; after a 2xx to INVITE again for the first 2xx of
	// each other branch. d is the dialog that the response belongs to, nil for 100,
	// refusals and errors. It has to call d.ACK for a 2xx, then or later. A 2xx to an
	// INVITE that was cancelled is acknowledged and ended by the stack when
	// OnResponse returns, unless it did that. It runs in the lane of the Call-ID.
	OnResponse func(d *Dialog, r *Message, err error)
}

// Invite sends an INVITE, or a SUBSCRIBE or REFER, outside of a dialog, which
// makes a dialog for each branch that answers (RFC 3261 §13.2). The request needs
// From with a tag, To, Call-ID and CSeq; it gets Contact if it has none. As
// Stack.Request in all else.
func (s *Stack) Invite(ctx context.Context, m *Message, o InviteOptions) (*ClientTransaction, error) {
	v := &invitation{stack: s, options: o, request: m}
	g := o.Request
	g.OnResponse, g.OnOver = v.response, v.over
	g.Prepare = contactBefore(v.remembering(g.Prepare), &v.options.DialogOptions)
	if g.To.IsZero() {
		g.To = o.To
	}
	if g.Data == nil {
		g.Data = o.Data
	}
	if m.From.Tag() == "" {
		return nil, fmt.Errorf("%s: From has no tag", m.Method)
	}
	if m.Method == Subscribe {
		s.dialogs.begin(v, m.CallID, m.From.Tag())
	}
	tx, err := s.Request(ctx, m, g)
	if err != nil && m.Method == Subscribe {
		s.dialogs.begunOver(m.CallID, m.From.Tag())
	}
	return tx, err
}

// An invitation is a request that makes dialogs.
type invitation struct {
	stack   *Stack
	options InviteOptions
	request *Message

	mu       sync.Mutex // taken before a dialog's and the transaction's
	dialogs  []*Dialog
	alive    int                // of dialogs
	accepted *ClientTransaction // once a 2xx has been told of
	retired  bool               // see retire
	acks     []retiredACK
	sent     atomic.Pointer[string] // From, as it was sent
}

// remembering notes the From that Prepare writes: requests in the dialogs have it, too.
func (v *invitation) remembering(prepare func(*Message, Source)) func(*Message, Source) {
	if prepare == nil {
		return nil
	}
	return func(m *Message, to Source) {
		prepare(m, to)
		from := m.Get("From")
		v.sent.Store(&from)
	}
}

// dialog returns the dialog of a branch.
func (v *invitation) dialog(tag string) *Dialog {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, d := range v.dialogs {
		if d.RemoteTag == tag {
			return d
		}
	}
	return nil
}

// newDialog makes the dialog of a branch from a response (RFC 3261 §12.1.2), or
// nil if there are too many or the stack is closed.
func (v *invitation) newDialog(tag, to string, source Source) *Dialog {
	if l := &v.stack.limits; v.branches() >= l.Branches || v.stack.metrics.Dialogs.Load() >= int64(l.Dialogs) {
		v.stack.metrics.Overloaded.Add(1)
		return nil
	}
	o := v.options.DialogOptions
	o.CSeq = v.request.CSeq.Number
	d := newDialog(v.stack, o, v.request.CallID, v.request.From.Tag(), tag)
	d.local, d.remote = v.request.Get("From"), to
	if from := v.sent.Load(); from != nil {
		d.local = *from
	}
	d.target, d.way = v.request.URI, source
	d.born = v
	v.mu.Lock()
	v.dialogs = append(v.dialogs, d)
	v.alive++
	v.mu.Unlock()
	if !v.stack.dialogs.insert(d) {
		return nil
	}
	return d
}

// learn takes route set and target from a response.
func (d *Dialog) learn(r *Message) {
	routes := d.routesOf(r)
	slices.Reverse(routes)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.way = r.Source
	if d.state == DialogEarly {
		d.routes = routes
	}
	if !r.Contact.URI.IsZero() {
		d.target = d.targetOf(r)
	}
	if r.Status >= 200 && d.state == DialogEarly {
		d.state = DialogConfirmed
	}
}

func (v *invitation) response(tx *ClientTransaction, r *Message, err error) {
	switch {
	case err != nil || r.Status >= 300:
		for _, d := range v.all() {
			d.end(nil)
		}
		v.tell(nil, r, err)
		return
	case r.Status == 100 || r.To.Tag() == "" && r.Status < 200:
		v.tell(nil, r, nil)
		return
	}
	tag := r.To.Tag()
	if v.again(tag, r) {
		return
	}
	d := v.dialog(tag)
	if d == nil {
		if d = v.newDialog(tag, r.Get("To"), r.Source); d == nil {
			return
		}
	}
	if r.Status < 200 {
		v.early(d, r)
		return
	}
	if v.request.Method == Invite {
		v.accept(tx, d, r)
		v.settle(tx)
		return
	}
	d.learn(r)
	v.tell(d, r, nil)
}

func (v *invitation) early(d *Dialog, r *Message) {
	rseq, fresh := d.reliableIn(r)
	if !fresh {
		return
	}
	d.learn(r)
	v.tell(d, r, nil)
	if rseq != 0 && !d.isPracked(rseq) {
		_ = d.PRACK(r, "", nil, nil) // ErrState if the dialog has ended
	}
}

// accept takes a 2xx to INVITE.
func (v *invitation) accept(tx *ClientTransaction, d *Dialog, r *Message) {
	number := r.CSeq.Number
	d.mu.Lock()
	again, seen := d.ack, d.waiting == number
	d.waiting = number
	d.mu.Unlock()
	if seen {
		if again.number == number {
			again.send(v.stack)
		}
		return
	}
	d.learn(r)
	v.tell(d, r, nil)
	if !tx.Cancelled() && !v.retired {
		return
	}
	d.mu.Lock()
	acked := d.ack.number == number
	d.mu.Unlock()
	if !acked {
		_ = d.ACK("", nil) // the peer repeats its 2xx
		_ = d.Bye()        // ErrState if the dialog has ended
	}
}

func (v *invitation) tell(d *Dialog, r *Message, err error) {
	if f := v.options.OnResponse; f != nil {
		f(d, r, err)
	}
}

// over ends the early dialogs of branches that never answered.
func (v *invitation) over() {
	if v.request.Method == Subscribe {
		v.stack.dialogs.begunOver(v.request.CallID, v.request.From.Tag())
	}
	for _, d := range v.all() {
		if d.State() == DialogEarly {
			d.end(nil)
		}
		d.mu.Lock()
		if d.ack.number == v.request.CSeq.Number {
			d.ack.bytes = nil // nobody repeats the 2xx any more
		}
		d.mu.Unlock()
	}
	v.mu.Lock()
	v.dialogs = nil
	v.mu.Unlock()
}

// notified makes the dialog of a NOTIFY that comes before the 2xx to SUBSCRIBE.
func (v *invitation) notified(m *Message) *Dialog {
	tag := m.From.Tag()
	if d := v.dialog(tag); d != nil {
		return d
	}
	d := v.newDialog(tag, m.Get("From"), m.Source)
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state, d.routes = DialogConfirmed, m.List("Record-Route")
	if !m.Contact.URI.IsZero() {
		d.target = d.targetOf(m)
	}
	return d
}

// A sentACK is the ACK of a 2xx, to send it again.
type sentACK struct {
	number uint32
	bytes  []byte
	to     Source
	name   string
}

func (a *sentACK) send(s *Stack) {
	if a.bytes == nil {
		return
	}
	s.metrics.RequestsSent.Add(1)
	_ = a.to.Transport.send(a.bytes, a.to, a.name, nil) // asked again if it is lost
}

// ACK acknowledges the last 2xx to an INVITE of ours, with an SDP answer if there
// is a body (RFC 3261 §13.2.2.4). It is sent again whenever the 2xx is repeated.
// The error is ErrState if no 2xx waits, or why the ACK cannot be sent.
func (d *Dialog) ACK(contentType string, body []byte, headers ...Header) error {
	s := d.stack
	d.mu.Lock()
	number := d.waiting
	if number == 0 || d.ack.number == number {
		d.mu.Unlock()
		return fmt.Errorf("ACK: %w: no 2xx waits for it", ErrState)
	}
	m := d.newRequest(Ack)
	o := RequestOptions{}
	d.addWay(&o)
	d.mu.Unlock()
	setCSeq(m, number)
	m.Headers = append(m.Headers, headers...)
	m.SetBody(contentType, body)
	if !o.To.IsZero() {
		return d.sendACK(m, &o, target{network: o.To.Transport.Network, addr: o.To.Remote, way: o.To}, number)
	}
	hop := nextHop(m, &o)
	if list, ok := s.literal(hop); ok {
		return d.sendACK(m, &o, list[0], number)
	}
	if !s.enter() {
		return fmt.Errorf("ACK: %w", ErrClosed)
	}
	go func() { // Close waits for it, and ends the look-up
		defer s.leave()
		list, err := s.resolve(s.ctx, hop)
		if err == nil {
			err = d.sendACK(m, &o, list[0], number)
		}
		if err != nil {
			s.log.Warn("an ACK cannot be sent", "call", d.CallID, "error", err)
		}
	}()
	return nil
}

func (d *Dialog) sendACK(m *Message, o *RequestOptions, to target, number uint32) error {
	s := d.stack
	way := to.way
	if way.Transport == nil {
		way = Source{Transport: o.Transport, Remote: to.addr}
		if t := way.Transport; t == nil || t.Network != to.network || !t.reaches(to.addr.Addr()) {
			way.Transport = s.TransportFor(to.network, to.addr.Addr())
		}
		if way.Transport == nil {
			return fmt.Errorf("ACK: %w: %s %s", ErrNoTransport, to.network, to.addr)
		}
	}
	ack := sentACK{number: number, to: way, name: to.name}
	m = prepared(m, o, way)
	if _, told := m.Lookup("Contact"); !told && s.config.ContactInACK {
		m = m.Clone()
		m.Add("Contact", d.options.contact(way))
	}
	ack.bytes = s.encodeRequest(m, viaFor(way.Transport, way.Remote, NewBranch(), o.rport))
	d.mu.Lock()
	d.ack = ack
	d.mu.Unlock()
	s.metrics.RequestsSent.Add(1)
	return way.Transport.send(ack.bytes, way, to.name, nil)
}

// NewInvite makes a request outside of a dialog, for any method: Request-URI, From
// with a new tag, To, a new Call-ID and CSeq number.
func NewInvite(method string, target URI, from, to Address, number uint32) *Message {
	m := NewRequest(method, target)
	if from.Tag() == "" {
		from = from.WithTag(NewTag())
	}
	m.Add("From", from.String())
	m.Add("To", to.String())
	m.Add("Call-ID", NewCallID())
	setCSeq(m, max(number, 1))
	return m
}

// IsSecure reports whether all of the dialog's requests must use TLS (RFC 3261
// §12.1.1): the target is a SIPS URI.
func (d *Dialog) IsSecure() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.EqualFold(d.target.Scheme, "sips")
}
