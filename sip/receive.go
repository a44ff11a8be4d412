package sip

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// takeDatagram is receiveDatagram, of which a panic is the sender's loss alone.
func (s *Stack) takeDatagram(b []byte, from Source, h *hand) {
	if s.contain("reading a SIP message panicked", func() { s.receiveDatagram(b, from, h) }) {
		s.admission.offend(from.Remote.Addr())
	}
}

// receiveDatagram takes bytes of UDP, which the caller uses again.
func (s *Stack) receiveDatagram(b []byte, from Source, h *hand) {
	if isKeepAlive(b) {
		s.metrics.KeepAlives.Add(1)
		return
	}
	if !s.admission.admit(from.Remote.Addr()) {
		s.metrics.RateLimited.Add(1)
		return
	}
	s.traced(false, from, b)
	m, err := Parse(b)
	if err != nil {
		var bad *ParseError
		if errors.As(err, &bad) {
			s.refuseMalformed(bad, from)
		}
		return
	}
	m.Source = from
	s.receive(m, h)
}

// isKeepAlive reports whether a datagram only keeps a NAT's binding open.
func isKeepAlive(b []byte) bool {
	if len(b) > 4 {
		return false
	}
	for _, c := range b {
		if c != '\r' && c != '\n' && c != 0 && c != ' ' {
			return false
		}
	}
	return true
}

// refuseMalformed answers a request that cannot be read, where enough of it can.
func (s *Stack) refuseMalformed(bad *ParseError, from Source) {
	s.metrics.Malformed.Add(1)
	s.admission.offend(from.Remote.Addr())
	m := bad.Message
	if m == nil || bad.Status == 0 || !m.IsRequest() || m.Method == Ack || m.CSeq.Method == "" {
		return
	}
	m.Source = from
	stampVia(m, false, s.config.AlwaysReceived, s.config.ViaFirst)
	if s.refuse(m, bad.Status, bad.What) == nil {
		s.metrics.MalformedAnswered.Add(1)
	}
}

// refuse answers a request without a transaction (RFC 3261 §8.2.7).
func (s *Stack) refuse(m *Message, status int, why string) error {
	r := NewResponse(m, status, "", NewTag())
	s.own(r)
	if status == 503 {
		r.Add("Retry-After", s.retryAfter())
	}
	if status == 400 && why != "" {
		r.Add("Warning", "399 octothorpe "+Quote(why))
	}
	s.metrics.ResponsesSent.Add(1)
	return m.Source.Transport.send(r.AppendTo(nil), responseTarget(m, false), "", nil)
}

func (s *Stack) retryAfter() string {
	return strconv.Itoa(max(1, int(s.limits.RetryAfter.Seconds())))
}

// own names us in a response that does not say whose it is.
func (s *Stack) own(r *Message) {
	if s.config.UserAgent != "" {
		s.complete(r, "Server", s.config.UserAgent)
	}
	for _, h := range s.config.Responses {
		s.complete(r, h.Name, h.Value)
	}
}

func (s *Stack) complete(r *Message, name, value string) {
	if _, there := r.Lookup(name); !there {
		r.setBeforeBody(name, value)
	}
}

// receive takes a message that was read. It does not wait. Work that comes of it is
// put into the hand of the reader, if it has one.
func (s *Stack) receive(m *Message, h *hand) {
	if !m.IsRequest() {
		s.metrics.ResponsesReceived.Add(1)
		s.receiveResponse(m, h)
		return
	}
	s.metrics.RequestsReceived.Add(1)
	stampVia(m, false, s.config.AlwaysReceived, s.config.ViaFirst)
	switch m.Method {
	case Ack:
		s.receiveACK(m, h)
	case Cancel:
		s.receiveCancel(m, h)
	default:
		s.receiveRequest(m, h)
	}
}

func (s *Stack) receiveRequest(m *Message, h *hand) {
	tx, fresh := s.accept(m)
	if !fresh {
		return
	}
	if !s.post(m, task{run: runRequest, server: tx, message: m, hand: h}) {
		s.metrics.Overloaded.Add(1)
		if r := tx.Response(503, ""); r != nil {
			s.own(r)
			r.Add("Retry-After", s.retryAfter())
			_ = tx.Respond(r)
		}
	}
}

// post puts a message into the lane of its call.
func (s *Stack) post(m *Message, t task) bool {
	return s.executor.post(m.CallID, ordinary, t) || s.inDialog(m) && s.executor.post(m.CallID, ofDialog, t)
}

// inDialog reports whether a request belongs to a dialog that there is.
func (s *Stack) inDialog(m *Message) bool {
	return m.To.Tag() != "" && s.dialogs.find(m.CallID, m.To.Tag(), m.From.Tag()) != nil
}

// accept makes the transaction of a request. It reports false if there is one
// already, which then has seen a retransmission, or if there are too many.
func (s *Stack) accept(m *Message) (tx *ServerTransaction, fresh bool) {
	var buffer [192]byte
	key := appendServerKey(buffer[:0], m, m.Method)
	if tx = s.servers.find(key); tx != nil {
		tx.again()
		m.Release()
		return nil, false
	}
	if s.metrics.ServerTransactions.Load()-s.servers.finished.Load() >= int64(s.limits.Transactions) && !s.inDialog(m) {
		s.metrics.Overloaded.Add(1)
		_ = s.refuse(m, 503, "")
		return nil, false
	}
	tx = newServerTransaction(s, string(key), m)
	if other := s.servers.insert(tx); other != tx {
		if other != nil {
			other.again()
		}
		return nil, false
	}
	tx.begin()
	return tx, true
}

// runRequest gives a request to whom it is for. One that has waited for longer than its
// transaction lasts is left alone: who asked has given up. A BYE still ends its dialog.
func runRequest(s *Stack, t *task) {
	if t.server.Answered() && t.message.Method != Bye {
		return
	}
	if t.message.To.Tag() == "" {
		s.config.handle(t.server, t.message)
		return
	}
	if d := s.dialogs.ofRequest(t.message); d != nil {
		d.receive(t.server, t.message)
		return
	}
	if s.config.UnknownDialogs || s.config.Expected != nil && s.config.Expected(t.message) {
		s.config.handle(t.server, t.message)
		return
	}
	s.metrics.UnknownDialogs.Add(1)
	s.admission.offend(t.message.Source.Remote.Addr())
	if r := t.server.Response(481, ""); r != nil {
		s.own(r)
		_ = t.server.Respond(r)
	}
}

func (g *Config) handle(tx *ServerTransaction, m *Message) {
	if g.Handler != nil {
		g.Handler(tx, m)
		return
	}
	_ = tx.Respond(tx.Response(501, ""))
}

// receiveACK gives an ACK to the transaction of a refused INVITE or, for a 2xx,
// to the dialog.
func (s *Stack) receiveACK(m *Message, h *hand) {
	var buffer [192]byte
	if tx := s.servers.find(appendServerKey(buffer[:0], m, Invite)); tx != nil && tx.acknowledged() {
		return
	}
	if !s.post(m, task{run: runACK, message: m, hand: h}) {
		s.metrics.QueueFull.Add(1)
	}
}

func runACK(s *Stack, t *task) {
	if d := s.dialogs.ofRequest(t.message); d != nil {
		d.receiveACK(t.message)
		return
	}
	s.metrics.StrayACKs.Add(1)
	s.admission.offend(t.message.Source.Remote.Addr())
	if s.config.StrayACK && s.config.Handler != nil {
		s.config.Handler(nil, t.message)
	}
}

// receiveCancel answers a CANCEL and ends the INVITE that it is for (RFC 3261 §9.2).
func (s *Stack) receiveCancel(m *Message, h *hand) {
	cancel, fresh := s.accept(m)
	if !fresh {
		return
	}
	var buffer [192]byte
	invite := s.servers.find(appendServerKey(buffer[:0], m, Invite))
	if invite == nil || invite.accepted() { // a 2xx ends the transaction: RFC 3261 §17.2.1
		if invite == nil {
			s.admission.offend(m.Source.Remote.Addr())
		}
		if r := cancel.Response(481, ""); r != nil {
			s.own(r)
			_ = cancel.Respond(r)
		}
		return
	}
	cancel.belong(invite)
	r := NewResponse(m, 200, "", invite.Tag())
	s.own(r)
	last := func() { _ = cancel.Respond(r) }
	if !s.config.CancelLast {
		last()
		last = func() {}
	}
	if !s.executor.post(m.CallID, forced, task{run: runCall, call: func() { invite.cancel(m); last() }, hand: h}) {
		s.metrics.QueueFull.Add(1)
	}
}

// runCall runs a task that is a function.
func runCall(_ *Stack, t *task) { t.call() }

func sameHost(host string, a netip.Addr) bool {
	h, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && h.Unmap() == a
}

// responseTarget tells where the response to a request goes (RFC 3261 §18.2.2,
// RFC 3581 §4).
func responseTarget(m *Message, force bool) Source {
	to := m.Source
	v := m.Via
	port := uint16(v.Port)
	if port == 0 {
		if port = 5060; to.Transport.Secure() {
			port = 5061
		}
	}
	if to.Transport.Reliable() {
		if !to.Alive() { // the connection is gone: a new one, to where the Via says
			to.conn, to.Remote = nil, netip.AddrPortFrom(to.Remote.Addr(), port)
		}
		return to
	}
	// A unicast maddr that is not the sender would let a stranger point our
	// responses at a third party, so it is not followed.
	if maddr, ok := v.Param("maddr"); ok {
		a, err := netip.ParseAddr(strings.Trim(maddr, "[]"))
		if err == nil && (a.IsMulticast() || a.Unmap() == to.Remote.Addr().Unmap()) && to.Transport.reaches(a) {
			to.Remote = netip.AddrPortFrom(a, port)
			return to
		}
	}
	if _, ok := v.Param("rport"); !ok && !force && !to.Transport.options.ForceRport {
		to.Remote = netip.AddrPortFrom(to.Remote.Addr(), port)
	}
	return to
}
