package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
)

// DialogOptions say how a dialog behaves and who owns it. All may be zero. The
// functions are called in the lane of the Call-ID.
type DialogOptions struct {
	// Contact is the value of the Contact header of our requests and responses
	// that have none. Empty: made of ContactUser and the transport's address.
	Contact, ContactUser string
	// OnRequest takes the requests of the peer within the dialog and answers them
	// with tx.Respond; nil answers 501. The dialog has checked their order, and has
	// ended when it is a BYE; an INVITE that it ends is answered 487 afterwards. A PRACK has been matched to its response.
	OnRequest func(d *Dialog, tx *ServerTransaction, request *Message)
	// OnACK takes the first ACK of each 2xx that we sent for an INVITE.
	OnACK func(d *Dialog, ack *Message)
	// OnEnd is told when the dialog ends for another reason than a BYE or a refusal:
	// ErrNoACK (BYE was sent), ErrNoPRACK (the INVITE was answered 504) or ErrClosed.
	OnEnd func(d *Dialog, err error)
	// To is the way to the peer; zero follows the route set and the remote target.
	To Source
	// Symmetric sends requests to where the peer's last message came from, for
	// peers behind a NAT whose Contact cannot be reached. It comes before To.
	Symmetric bool
	// Rewrite takes the address that the peer's messages come from for that of its
	// Contact, or where a proxy is on the way for that of the Record-Route nearest to
	// us: it may know no address of its own that can be reached from here.
	Rewrite bool
	// CSeq is the number before our first one; 0 takes a random one below 2^15.
	CSeq uint32
	// Data is the owner's.
	Data any
}

// DialogState is where a dialog stands (RFC 3261 §12).
type DialogState uint8

// The states of dialogs.
const (
	DialogEarly DialogState = iota
	DialogConfirmed
	DialogEnded
)

// A Dialog is what two user agents know of each other for a while (RFC 3261
// §12). The exported fields do not change. Its methods may be called concurrently.
type Dialog struct {
	CallID, LocalTag, RemoteTag string
	// Inbound says that the peer began the dialog.
	Inbound bool

	stack   *Stack
	options DialogOptions
	born    *invitation // of ours that made it; nil: of none

	mu        sync.Mutex // a leaf, but for those of the server transactions
	state     DialogState
	local     string // From of our requests, with tag
	remote    string // To of our requests, with tag
	target    URI
	routes    []string
	localSeq  uint32
	remoteSeq uint32
	ordered   bool   // remoteSeq is known
	out       bool   // of the table
	way       Source // by which the last message of the peer came
	rport     bool   // the peer's requests ask for it

	inviteIn  *ServerTransaction // not answered yet
	updateIn  *ServerTransaction // not answered yet
	inviteOut *ClientTransaction // without final response
	calling   bool               // inviteOut is being sent
	offering  uint32             // CSeq of our UPDATE with an offer that is not answered

	alarm   alarm    // of repeat
	repeat  repeater // of a 2xx or a reliable provisional response
	acked   uint32   // CSeq of the last INVITE whose ACK came
	waiting uint32   // CSeq of the INVITE whose 2xx waits for an ACK
	ack     sentACK
	offered reliableOut
	rseq    uint32 // of the last reliable provisional response of the peer
	pracked uint32 // that PRACK was sent for
}

// State returns where the dialog stands.
func (d *Dialog) State() DialogState {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// Data returns the owner's value of the options.
func (d *Dialog) Data() any { return d.options.Data }

// Local returns the From of our requests, with our tag.
func (d *Dialog) Local() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.local
}

// Remote returns the To of our requests, with the peer's tag.
func (d *Dialog) Remote() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.remote
}

// SetLocal changes the display name and URI of our requests' From (RFC 4916). The
// text must have the same tag.
func (d *Dialog) SetLocal(from string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.local = from
}

// Target returns the URI of the peer's last Contact.
func (d *Dialog) Target() URI {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.target
}

// Routes returns the route set.
func (d *Dialog) Routes() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.routes...)
}

// Way returns by what and from where the last message of the peer came.
func (d *Dialog) Way() Source {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.way
}

// Dialog makes the dialog of a request outside of one: INVITE, SUBSCRIBE or REFER.
// It is early until tx.Respond sends a 2xx and ends if that sends another final
// response. The error is ErrState after the final response or if there is one
// already, ErrOverload if there are too many.
func (tx *ServerTransaction) Dialog(o DialogOptions) (*Dialog, error) {
	tx.mu.Lock()
	m, had := tx.request, tx.dialog
	tx.mu.Unlock()
	if m == nil || had != nil || m.To.Tag() != "" {
		return nil, fmt.Errorf("make a dialog: %w", ErrState)
	}
	s := tx.stack
	if s.metrics.Dialogs.Load() >= int64(s.limits.Dialogs) {
		s.metrics.Overloaded.Add(1)
		return nil, fmt.Errorf("make a dialog: %w", ErrOverload)
	}
	d := newDialog(s, o, m.CallID, tx.Tag(), m.From.Tag())
	d.Inbound = true
	d.local, d.remote = m.Get("To")+";tag="+d.LocalTag, m.Get("From")
	d.routes, d.target, d.way = d.routesOf(m), d.targetOf(m), m.Source
	if d.target.IsZero() {
		d.target = m.From.URI
	}
	d.remoteSeq, d.ordered = m.CSeq.Number, true
	_, d.rport = m.Via.Param("rport")
	if m.Method == Invite {
		d.inviteIn = tx
	}
	tx.mu.Lock()
	tx.dialog = d
	tx.mu.Unlock()
	if !s.dialogs.insert(d) {
		return nil, fmt.Errorf("make a dialog: %w", ErrClosed)
	}
	return d, nil
}

func newDialog(s *Stack, o DialogOptions, callID, local, remote string) *Dialog {
	d := &Dialog{CallID: callID, LocalTag: local, RemoteTag: remote, stack: s, options: o, localSeq: o.CSeq}
	if d.localSeq == 0 {
		d.localSeq = 1 + rand.Uint32N(1<<15-1)
	}
	return d
}

// NewRequest makes a request within the dialog, with the next CSeq: Request-URI,
// Route, From, To, Call-ID, CSeq, and Contact for those that refresh the target.
func (d *Dialog) NewRequest(method string) *Message {
	d.mu.Lock()
	m := d.newRequest(method)
	d.localSeq++
	number := d.localSeq
	d.mu.Unlock()
	setCSeq(m, number)
	return m
}

// newRequest makes a request without CSeq. The caller holds mu.
func (d *Dialog) newRequest(method string) *Message {
	m := NewRequest(method, d.target)
	for _, r := range d.routes {
		m.Headers = append(m.Headers, Header{"Route", r})
	}
	m.Add("From", d.local)
	m.Add("To", d.remote)
	m.Add("Call-ID", d.CallID)
	return m
}

func setCSeq(m *Message, number uint32) {
	m.Set("CSeq", strconv.FormatUint(uint64(number), 10)+" "+m.Method)
}

// Renumber gives a copy of a request the next CSeq, to send it again with
// credentials.
func (d *Dialog) Renumber(m *Message) *Message {
	d.mu.Lock()
	d.localSeq++
	number := d.localSeq
	d.mu.Unlock()
	m = m.Clone()
	setCSeq(m, number)
	return m
}

// refreshes reports whether requests of a method may change the remote target
// (RFC 3261 §12.2, RFC 3311, RFC 6665).
func refreshes(method string) bool {
	switch method {
	case Invite, Update, Subscribe, Notify, Refer:
		return true
	}
	return false
}

// Request sends a request within the dialog. As Stack.Request, but with what the
// dialog needs: a 2xx refreshes the target, an INVITE waits for none of ours or
// of the peer's (ErrState), its reliable provisional responses get a PRACK unless
// OnResponse sent one, its repeated 2xx are acknowledged again, and BYE ends the
// dialog at once. A 2xx to INVITE has to be acknowledged with ACK. The peer may not
// know yet that the dialog has ended: until its answer to the BYE, its requests
// still come to OnRequest.
func (d *Dialog) Request(ctx context.Context, m *Message, o RequestOptions) (*ClientTransaction, error) {
	if m.Method != Bye {
		return d.send(ctx, m, o)
	}
	then := o.OnResponse
	o.OnResponse = func(tx *ClientTransaction, r *Message, err error) {
		if err != nil || r.Status >= 200 {
			d.leave()
		}
		if then != nil {
			then(tx, r, err)
		}
	}
	tx, err := d.send(ctx, m, o)
	if err == nil {
		d.close(nil)
	}
	return tx, err
}

func (d *Dialog) send(ctx context.Context, m *Message, o RequestOptions) (*ClientTransaction, error) {
	d.mu.Lock()
	if d.state == DialogEnded && m.Method != Bye {
		d.mu.Unlock()
		return nil, fmt.Errorf("%s within a dialog: %w", m.Method, ErrState)
	}
	if m.Method == Invite {
		if d.inviteOut != nil || d.calling || d.inviteIn != nil {
			d.mu.Unlock()
			return nil, fmt.Errorf("INVITE within a dialog: %w: another is pending", ErrState)
		}
		d.calling = true
		d.rseq, d.pracked = 0, 0 // the peer numbers anew
	}
	if m.Method == Update && len(m.Body) > 0 {
		d.offering = m.CSeq.Number
	}
	d.addWay(&o)
	d.mu.Unlock()
	d.wrap(m, &o)
	tx, err := d.stack.Request(ctx, m, o)
	d.mu.Lock()
	if m.Method == Invite {
		d.calling = err == nil && d.calling
		if d.calling {
			d.inviteOut = tx
		}
	}
	if err != nil && d.offering == m.CSeq.Number {
		d.offering = 0
	}
	d.mu.Unlock()
	return tx, err
}

// addWay sets where a request goes, if its sender did not. The caller holds mu.
func (d *Dialog) addWay(o *RequestOptions) {
	switch {
	case !o.To.IsZero():
	case !d.way.IsZero() && (d.options.Symmetric || isWebSocket(d.way.Transport.Network)): // a browser has no address of its own
		o.To = d.way
	case !d.options.To.IsZero():
		o.To = d.options.To
	}
	if o.Transport == nil {
		o.Transport = d.way.Transport
	}
	if o.Data == nil {
		o.Data = d.options.Data
	}
	o.rport = d.rport && d.stack.config.EchoRport
}

// wrap puts the dialog's part before OnResponse and Prepare.
func (d *Dialog) wrap(m *Message, o *RequestOptions) {
	method, number := m.Method, m.CSeq.Number
	then := o.OnResponse
	o.OnResponse = func(tx *ClientTransaction, r *Message, err error) {
		rseq, fresh := uint32(0), true
		if method == Invite && r != nil && r.Status > 100 && r.Status < 200 {
			rseq, fresh = d.reliableIn(r)
		}
		if fresh && d.response(method, number, r, err) && then != nil {
			then(tx, r, err)
		}
		if fresh && rseq != 0 && !d.isPracked(rseq) {
			_ = d.PRACK(r, "", nil, nil) // ErrState if the dialog has ended
		}
	}
	if refreshes(method) {
		o.Prepare = contactBefore(o.Prepare, &d.options)
	}
}

// response takes what a request of ours brought. It reports false for what its
// sender need not see.
func (d *Dialog) response(method string, number uint32, r *Message, err error) bool {
	var again sentACK
	pass := true
	d.mu.Lock()
	if r != nil {
		d.way = r.Source
		if r.Status/100 == 2 && refreshes(method) && !r.Contact.URI.IsZero() {
			d.target = d.targetOf(r)
		}
	}
	if d.offering == number && (err != nil || r.Status >= 200) {
		d.offering = 0
	}
	if method == Invite && (err != nil || r.Status >= 200) {
		d.inviteOut, d.calling = nil, false
		if r != nil && r.Status < 300 {
			if d.ack.number == number {
				again, pass = d.ack, false
			} else if d.waiting == number {
				pass = false // repeated while the owner makes the ACK
			}
			d.waiting = number
		}
	}
	d.mu.Unlock()
	again.send(d.stack)
	return pass
}

// contactBefore adds Contact to requests that have none, once the transport is known.
func contactBefore(then func(*Message, Source), o *DialogOptions) func(*Message, Source) {
	return func(m *Message, to Source) {
		if _, has := m.Lookup("Contact"); !has {
			m.Add("Contact", o.contact(to))
		}
		if then != nil {
			then(m, to)
		}
	}
}

// contact returns the Contact that a peer is told.
func (o *DialogOptions) contact(way Source) string {
	if o.Contact != "" {
		return o.Contact
	}
	return "<" + way.Transport.ContactURI(o.ContactUser, way.Remote).String() + ">"
}

// Contact is what a peer is told in Contact by the way that one of its messages came.
func (d *Dialog) Contact(way Source) string { return d.options.contact(way) }

// Bye ends the dialog with a BYE, if it is confirmed and has not ended. The
// headers are added to it. Nobody is told how it was answered.
func (d *Dialog) Bye(headers ...Header) error {
	if d.State() == DialogEnded {
		return nil
	}
	m := d.NewRequest(Bye)
	m.Headers = append(m.Headers, headers...)
	_, err := d.Request(context.Background(), m, RequestOptions{})
	return err
}

// End ends the dialog without a word to the peer, which is how subscriptions end
// when their last NOTIFY has been answered. A dialog of an INVITE ends with Bye.
func (d *Dialog) End() { d.end(nil) }

// end ends the dialog and takes it out of the table. A reason is told to OnEnd.
func (d *Dialog) end(reason error) {
	d.leave()
	d.close(reason)
}

// leave takes the dialog out of the table, once.
func (d *Dialog) leave() {
	d.mu.Lock()
	out := d.out
	d.out = true
	d.mu.Unlock()
	if out {
		return
	}
	d.stack.dialogs.remove(d)
	if d.born != nil {
		d.born.left()
	}
}

// close ends the dialog, which stays in the table.
func (d *Dialog) close(reason error) {
	pending, open := d.shut()
	if !open {
		return
	}
	d.terminate(pending)
	if f := d.options.OnEnd; f != nil && reason != nil {
		d.stack.executor.post(d.CallID, forced, task{run: runCall, call: func() { f(d, failure("dialog "+d.CallID, reason)) }})
	}
}

// shut ends the dialog and returns the INVITE that waits for its final response; open is
// false if it had ended.
func (d *Dialog) shut() (pending *ServerTransaction, open bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state == DialogEnded {
		return nil, false
	}
	d.state = DialogEnded
	d.repeat.stop(d)
	pending = d.inviteIn
	d.inviteIn, d.updateIn = nil, nil
	return pending, true
}

// terminate answers an INVITE whose dialog has ended (RFC 3261 §15.1.2).
func (d *Dialog) terminate(pending *ServerTransaction) {
	if pending == nil || pending.Answered() {
		return
	}
	if r := pending.Response(487, ""); r != nil {
		d.stack.own(r)
		_ = pending.Respond(r) // ErrState if it has been answered just now
	}
}

func dialogKey(callID, local, remote string) string {
	var b strings.Builder
	b.Grow(len(callID) + len(local) + len(remote) + 2)
	b.WriteString(callID)
	b.WriteByte(0)
	b.WriteString(local)
	b.WriteByte(0)
	b.WriteString(remote)
	return b.String()
}
