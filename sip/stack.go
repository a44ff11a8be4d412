package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// How a program uses the stack:
//
//	s := sip.NewStack(sip.Config{Handler: handle, Logger: log})
//	udp, err := s.Listen("udp", "0.0.0.0:5060", sip.ListenOptions{Name: "office"})
//	defer s.Close()
//
// A request that arrives makes a [ServerTransaction]; the [Handler] answers it
// now or later, from any goroutine:
//
//	func handle(tx *sip.ServerTransaction, req *sip.Message) {
//		res := tx.Response(486, "")
//		_ = tx.Respond(res)
//	}
//
// A call that is taken gets a dialog, which repeats the 2xx until its ACK, and
// takes the requests that follow:
//
//	d, err := tx.Dialog(sip.DialogOptions{Contact: …, OnRequest: …, OnACK: …, OnEnd: …})
//	err = d.Respond(tx, tx.Response(180, ""))   // reliable if it has Require: 100rel
//	err = d.Respond(tx, ok)
//
// A request is sent with [Stack.Request] (any method), [Stack.Invite] (makes
// dialogs; also for SUBSCRIBE) or [Dialog.Request]. Each tells what comes back
// by one callback, which is called any number of times with a provisional
// response and then once with a final response or an error; after a 2xx to
// INVITE once more for the 2xx of each further branch:
//
//	inv, err := s.Invite(ctx, req, sip.InviteOptions{DialogOptions: …,
//		OnResponse: func(d *sip.Dialog, res *sip.Message, err error) {
//			if res != nil && res.Status/100 == 2 { _ = d.ACK(nil) }
//		}})
//	inv.Cancel()
//
// All handlers and callbacks of one Call-ID run one after the other, in the order
// in which messages came. Those of other calls do not wait for them. A callback
// may block, but then its own call waits.

// A Handler takes the requests that belong to no dialog. It must not change the
// request, which the transaction needs for its responses; see Message.Clone. tx is nil for an ACK
// that belongs to neither a transaction nor a dialog (a stateless use); such ACKs
// come only if Config.StrayACK is set.
type Handler func(tx *ServerTransaction, request *Message)

// Config is what a stack needs. All but Handler may be zero.
type Config struct {
	Handler  Handler
	Logger   *slog.Logger
	Resolver Resolver // nil: the system's name servers, see NewResolver
	Timers   Timers
	Limits   Limits
	// Metrics are counted into this struct; nil makes one.
	Metrics *Metrics
	// SwitchToTCP sends requests of more than 1300 bytes by TCP, if the URI does
	// not ask for UDP and there is a TCP transport, and by UDP if that fails (RFC
	// 3261 §18.1.1).
	SwitchToTCP bool
	// CompactHeaders writes the short names of headers (RFC 3261 §7.3.3).
	CompactHeaders bool
	// Alias asks in the Via of requests by TCP that the connection be used for the
	// other side's, too (RFC 5923 §5), and has Contact say transport=TCP, in capitals.
	Alias bool
	// NoRport leaves rport (RFC 3581) out of the Via of requests.
	NoRport bool
	// EchoRport puts rport into the Via of requests in dialogs whose peer asks for it in
	// its own, also where NoRport leaves it out.
	EchoRport bool
	// AlwaysReceived writes received into the Via of every request, also where its host
	// is the sender's address.
	AlwaysReceived bool
	// UnknownDialogs hands requests with a To tag that belong to no dialog to the
	// Handler. Otherwise they are answered 481.
	UnknownDialogs bool
	// Expected, if not nil, is asked of such requests one by one: those that it reports true for go to the
	// Handler, too. It must not wait.
	Expected func(m *Message) bool
	// StrayACK hands ACKs to the Handler that belong to nothing.
	StrayACK bool
	// Observer, if there is one, is told how transactions go.
	Observer Observer
	// UserAgent, if not empty, is written as User-Agent into requests and as Server
	// into responses that have none, after their other headers.
	UserAgent string
	// ContactInACK has ACKs say the Contact of their INVITE.
	ContactInACK bool
	// CancelLast answers a CANCEL, or a BYE, after the INVITE that it ends, not before.
	CancelLast bool
	// Responses are headers that responses get, too, where they lack them.
	Responses []Header
	// Order, if there is one, is that of the headers of requests after Via, and of responses.
	Order Order
	// ViaFirst names the parameters that stand first in the topmost Via of a response,
	// in their order. The others follow as they came, and received and rport last.
	ViaFirst []string
}

// A Trace sees every message that is sent or received, as bytes that it must not
// keep or change. Of a datagram way.Local is the address by which the peer is reached, also where the
// socket is bound to none. It is called from many goroutines and must be quick.
type Trace func(sent bool, way Source, message []byte)

// A Stack is the SIP of one program: its transports, transactions and dialogs.
// All methods may be called concurrently.
type Stack struct {
	config  Config
	log     *slog.Logger
	timers  Timers
	limits  Limits
	metrics *Metrics
	trace   atomic.Pointer[Trace]

	servers   serverTable
	clients   clientTable
	dialogs   dialogTable
	admission *admission
	executor  *executor
	wheel     *wheel
	resolver  Resolver
	routes    routes

	mu         sync.RWMutex // a leaf: transports and closed
	transports []*Transport
	closed     bool

	ctx      context.Context // of look-ups and connecting
	cancel   context.CancelFunc
	ending   atomic.Bool
	inflight atomic.Int64 // timer callbacks and look-ups that run
	warned   atomic.Int64 // when a failed handshake was warned of, in ns since 1970
	idle     chan struct{}
}

// NewStack returns a stack without transports. Close ends it.
func NewStack(g Config) *Stack {
	s := &Stack{config: g, log: g.Logger, timers: g.Timers.withDefaults(), limits: g.Limits.withDefaults(),
		metrics: g.Metrics, resolver: g.Resolver, idle: make(chan struct{}, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = &Metrics{}
	}
	if s.resolver == nil {
		s.resolver = NewResolver(ResolverConfig{})
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.servers.init()
	s.clients.init()
	s.dialogs.init()
	s.admission = newAdmission(&s.limits)
	s.executor, s.wheel = newExecutor(s), newWheel(func(f func()) { s.contain("a SIP timer panicked", f) })
	return s
}

// Metrics returns the counters.
func (s *Stack) Metrics() *Metrics { return s.metrics }

// Timers returns the timers that hold, defaults filled in.
func (s *Stack) Timers() Timers { return s.timers }

// SetTrace sets who sees every message; nil is nobody.
func (s *Stack) SetTrace(f Trace) {
	if f == nil {
		s.trace.Store(nil)
		return
	}
	s.trace.Store(&f)
}

func (s *Stack) traced(sent bool, way Source, message []byte) {
	if f := s.trace.Load(); f != nil {
		if t := way.Transport; t.Network == "udp" && (!way.Local.IsValid() || way.Local.Addr().IsUnspecified()) {
			way.Local = netip.AddrPortFrom(t.localFor(way.Remote.Addr()), t.local.Port())
		}
		s.contain("a SIP trace panicked", func() { (*f)(sent, way, message) })
	}
}

// Transports returns the open transports in the order of Listen.
func (s *Stack) Transports() []*Transport {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]*Transport(nil), s.transports...)
}

// TransportFor returns the transport to reach an address by, or nil. One that is
// bound to an address of the peer's family comes before one bound to any.
func (s *Stack) TransportFor(network string, peer netip.Addr) *Transport {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var second *Transport
	for _, t := range s.transports {
		if t.Network != network || !t.reaches(peer) {
			continue
		}
		if t.local.Addr().Is4() == peer.Is4() {
			return t
		}
		if second == nil {
			second = t
		}
	}
	return second
}

func (s *Stack) has(network string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, t := range s.transports {
		if t.Network == network {
			return true
		}
	}
	return false
}

// add takes a transport in, unless the stack is closed.
func (s *Stack) add(t *Transport) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.transports = append(s.transports, t)
	return true
}

func (s *Stack) remove(t *Transport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.transports {
		if other == t {
			s.transports = append(s.transports[:i:i], s.transports[i+1:]...)
			return
		}
	}
}

// Close closes the transports, ends all transactions and dialogs (their owners
// are told ErrClosed) and waits for every goroutine of the stack, callbacks
// included; it must not be called from one.
func (s *Stack) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	transports := s.transports
	s.transports = nil
	s.mu.Unlock()
	var errs []error
	for _, t := range transports {
		errs = append(errs, t.Close())
	}
	s.cancel()
	s.ending.Store(true)
	for s.inflight.Load() != 0 {
		<-s.idle
	}
	s.servers.endAll()
	s.clients.endAll()
	s.dialogs.endAll()
	s.executor.close()
	s.wheel.close()
	return errors.Join(errs...)
}

// enter counts a callback of a timer or a look-up in, for Close to wait for it.
// It reports false when the stack has ended.
func (s *Stack) enter() bool {
	s.inflight.Add(1)
	if s.ending.Load() {
		s.leave()
		return false
	}
	return true
}

func (s *Stack) leave() {
	if s.inflight.Add(-1) == 0 && s.ending.Load() {
		select {
		case s.idle <- struct{}{}:
		default:
		}
	}
}

// contain keeps a panic in a callback, or over what a peer sent, from ending the
// program. It reports whether there was one, which the log says in the words given.
func (s *Stack) contain(what string, f func()) (panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			panicked = true
			s.metrics.HandlerPanics.Add(1)
			s.log.Error(what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	f()
	return false
}
