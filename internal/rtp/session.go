package rtp

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// Direction tells which ways media flows, as SDP's attributes do.
type Direction uint8

// The directions, seen from here.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

func (d Direction) sends() bool    { return d == SendRecv || d == SendOnly }
func (d Direction) receives() bool { return d == SendRecv || d == RecvOnly }

// Strict tells which sources of packets are accepted (strictrtp in rtp.conf).
type Strict uint8

// The ways to be strict.
const (
	// StrictOn accepts what the other side announced, or in the first seconds
	// another source that keeps sending in sequence, and then holds to it.
	StrictOn Strict = iota
	// StrictOff accepts packets from anywhere: whoever finds the port is heard.
	StrictOff
	// StrictSequence is like StrictOn, however quickly another source sends.
	StrictSequence
)

// Config is what a session is made of. Zero values are usable, Ports and
// Deliver excepted.
type Config struct {
	Ports *Ports
	// Carrier, if not nil, is the session whose ports, way and keys this one shares; see
	// Bundle. Frames then come from its goroutines, for which Wait does not wait.
	Carrier *Session
	// Local is the address to bind; the zero Addr is all of IPv4.
	Local netip.Addr
	Kind  media.MediaKind
	// Deliver gets what arrives: Voice and VideoFrame, DTMFBegin and DTMFEnd,
	// CNG, and Control with Flash. It is called by the reader, and by the clock
	// for the end of a key whose packets stopped. Data of frames is the receiver's.
	Deliver func(media.Frame)
	// TimedOut is called once when nothing arrived for as long as SetTimeouts says.
	TimedOut func(held bool)
	// Reported is called for each RTCP report that was sent or received.
	Reported func(Report)

	// Learned is called as the source of packets is learned. It may be nil, as Refresh,
	// which is called when the other side asks for a whole picture.
	Learned func(step Learning, from netip.AddrPort)
	Refresh func()
	// Trace, if not nil, tells of packets.
	Trace *Trace
	// Raw delivers media as VideoFrame whatever its kind, with the time of its source.
	Raw bool

	// Symmetric sends to where packets come from, not to where SDP said.
	Symmetric bool
	Strict    Strict
	// Probation is how many packets in sequence a source must send to be
	// learned; 0 is 4, as in Asterisk.
	Probation int
	// Payloads mean the same in both directions until SetPayloads is called.
	Payloads []Payload
	Tuning
	// TOS is the type of service octet of packets, 0-255. Priority is the
	// socket's priority (CoS), 0-7.
	TOS, Priority int
	// Name is the canonical name in RTCP; empty is one made of the SSRC.
	Name string
	// Log gets what is wrong with what arrives; nil is slog's default.
	Log *slog.Logger
}

// Tuning is what rtp.conf says of all sessions alike.
type Tuning struct {
	// ReportEvery is the time between RTCP reports; 0 is 5 s, negative sends none.
	ReportEvery time.Duration
	// KeyLost is how long after its last packet a key ends whose end did not come; 0 is
	// 150 ms, as in Asterisk.
	KeyLost time.Duration
	// NoChecksums sends datagrams of IPv4 without UDP's checksum, where the system can.
	NoChecksums bool
	// Replays takes packets of SRTP that came before (RFC 3711 §3.3.2): of phones that
	// count anew in the middle of a call.
	Replays bool
}

// route is what SDP decides. It is immutable and replaced as a whole.
type route struct {
	generation      int   // counts SetRemote
	since           int64 // when that was
	remote, control netip.AddrPort
	receive, send   *payloads
	direction       Direction
	mux             bool // RTCP shares the RTP port
	symmetric       bool
	in, out         Cipher
	ice             bool // ICE finds the other side
}

// A Session is one media stream: an RTP socket, an RTCP socket and the state of
// both directions.
type Session struct {
	config  Config
	media   socket // of RTP
	control socket
	port    uint16

	mu    sync.Mutex // orders changes of route
	route atomic.Pointer[route]
	// target and controlTarget are where packets go: SDP's word or what was learned.
	target, controlTarget atomic.Pointer[netip.AddrPort]
	heardFrom             atomic.Pointer[netip.Addr] // whose RTP is taken, nil before any came; of who reads it
	flow                  atomic.Pointer[flow]
	paths                 atomic.Pointer[paths]  // of ICE, nil without
	tunnel                atomic.Pointer[tunnel] // of DTLS, nil without
	reach                 atomic.Pointer[reach]  // of DTLS, nil without
	bundle                atomic.Pointer[bundle] // of those that share its way, nil without
	parted                bool                   // Close has ended ICE and DTLS: none begins; under mu

	receiver receiver
	sender   sender
	digits   digitQueue
	clock    clock
	counts   counters

	closed  chan struct{}
	closing sync.Once
	sockets atomic.Int32 // that somebody may use yet
	work    sync.WaitGroup
}

// New binds the ports of a session. It reads nothing before Start.
func New(c Config) (*Session, error) {
	if c.Ports == nil && c.Carrier == nil || c.Deliver == nil {
		return nil, errors.New("rtp session needs ports and a receiver of frames")
	}
	if !c.Local.IsValid() {
		c.Local = netip.IPv4Unspecified()
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Probation <= 0 {
		c.Probation = 4
	}
	if c.ReportEvery == 0 {
		c.ReportEvery = 5 * time.Second
	}
	if c.KeyLost == 0 {
		c.KeyLost = keyLost
	}
	rtp, control, port, err := c.open()
	if err != nil {
		return nil, err
	}
	s := &Session{config: c, media: rtp, control: control, port: port, closed: make(chan struct{})}
	p := newPayloads(c.Payloads)
	s.route.Store(&route{receive: p, send: p, symmetric: c.Symmetric})
	s.sender.ssrc, s.sender.sequence, s.sender.next = rand.Uint32(), uint16(rand.Uint32()), rand.Uint32()
	s.sender.fresh = true
	s.sockets.Store(2)
	s.clock.init(now(), c.ReportEvery)
	s.receiver.event.lost = int64(c.KeyLost)
	rtp.attach(s, false)
	control.attach(s, true)
	for _, one := range []socket{rtp, control} {
		one.mark(c.TOS, c.Priority, !c.NoChecksums)
	}
	return s, nil
}

// open binds the sockets, or makes such as write by the carrier's.
func (c *Config) open() (rtp, control socket, port uint16, err error) {
	if c.Carrier == nil {
		return c.Ports.listen(c.Local)
	}
	return &rider{c.Carrier, false}, &rider{c.Carrier, true}, c.Carrier.port, nil
}

// Start begins to read. Only the first call counts.
func (s *Session) Start() {
	if s.begin() {
		s.media.start()
		s.control.start()
	}
}

// release gives the ports back with the last socket that nobody uses any more.
func (s *Session) release() {
	if s.sockets.Add(-1) == 0 {
		s.config.Ports.giveBack(s.config.Local, s.port, s.media, s.control)
	}
}

// Close ends the session. It does not wait for its goroutines: a last callback
// may run yet. It may be called more than once, and from callbacks.
func (s *Session) Close() {
	s.closing.Do(func() {
		s.flow.Store(nil)
		s.mu.Lock()
		s.part()
		s.mu.Unlock()
		s.digits.close() // no goroutine begins behind closed, on which Wait relies
		s.clock.close()
		close(s.closed)
		s.media.close()
		s.control.close()
	})
}

// part ends ICE and DTLS, if there are any. They take their time, which Wait waits
// for; s.mu is held.
func (s *Session) part() {
	s.parted = true
	p, t := s.paths.Load(), s.tunnel.Load()
	if t != nil {
		t.cancel()
	}
	if p == nil {
		return
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		p.end()
	}()
}

// Wait returns when Close was called and no callback of the session runs any more.
func (s *Session) Wait() {
	<-s.closed
	s.work.Wait()
}

// LocalAddr is the address that is bound, with the RTP port.
func (s *Session) LocalAddr() netip.AddrPort { return netip.AddrPortFrom(s.config.Local, s.port) }

// Port is the local RTP port; RTCP has the next.
func (s *Session) Port() int { return int(s.port) }

// RemoteAddr is where RTP is sent now; invalid if nowhere.
func (s *Session) RemoteAddr() netip.AddrPort {
	if _, t := s.way(s.route.Load(), false); t != nil {
		return *t
	}
	return netip.AddrPort{}
}

// ControlAddr is where RTCP is sent now; invalid if nowhere.
func (s *Session) ControlAddr() netip.AddrPort {
	if _, t := s.way(s.route.Load(), true); t != nil {
		return *t
	}
	return netip.AddrPort{}
}

// Carried reports whether the session has no ports of its own.
func (s *Session) Carried() bool { return s.config.Carrier != nil }

// Kind is the kind of media of the session.
func (s *Session) Kind() media.MediaKind { return s.config.Kind }

// change replaces the route by a changed copy.
func (s *Session) change(f func(r *route)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := *s.route.Load()
	f(&r)
	s.route.Store(&r)
}

// SetRemote tells where the other side receives. An invalid control address is
// the next port; the same address as rtp's means that both share a port (RFC
// 5761). An unspecified address (0.0.0.0) stops sending.
func (s *Session) SetRemote(rtp, control netip.AddrPort) {
	rtp = netip.AddrPortFrom(rtp.Addr().Unmap(), rtp.Port())
	if !control.IsValid() && rtp.IsValid() {
		control = netip.AddrPortFrom(rtp.Addr(), rtp.Port()+1)
	}
	control = netip.AddrPortFrom(control.Addr().Unmap(), control.Port())
	s.change(func(r *route) {
		if r.remote == rtp && r.control == control {
			return
		}
		r.generation++
		r.since = now()
		r.remote, r.control, r.mux = rtp, control, control == rtp
		if r.ice {
			return
		}
		s.target.Store(sendable(rtp))
		s.controlTarget.Store(sendable(control))
		if s.target.Load() != nil {
			s.reachable()
		}
	})
}

func sendable(a netip.AddrPort) *netip.AddrPort {
	if !a.IsValid() || a.Addr().IsUnspecified() || a.Port() == 0 {
		return nil
	}
	return &a
}

// SetPayloads tells what payload types mean: those that we receive as we
// announced them, those that we send as the other side did. A nil send is the same.
func (s *Session) SetPayloads(receive, send []Payload) {
	in := newPayloads(receive)
	out := in
	if send != nil {
		out = newPayloads(send)
	}
	s.change(func(r *route) { r.receive, r.send = in, out })
}

// SetDirection holds and resumes. What may not flow is dropped and counted.
func (s *Session) SetDirection(d Direction) {
	s.change(func(r *route) { r.direction = d })
	s.clock.touch(now())
	s.wake()
}

// Direction returns which ways media flows.
func (s *Session) Direction() Direction { return s.route.Load().direction }

// SetSymmetric turns on or off that packets go to where they come from.
func (s *Session) SetSymmetric(on bool) { s.change(func(r *route) { r.symmetric = on }) }

// SetTimeouts says after how long without a packet TimedOut is called, while
// media flows both ways and while it is held. 0 is never.
func (s *Session) SetTimeouts(active, held time.Duration) {
	s.clock.setTimeouts(active, held, now())
	s.wake()
}

// SetKeepalive sends comfort noise where nothing was sent for so long; 0 never does.
func (s *Session) SetKeepalive(every time.Duration) {
	s.sender.rest(now()) // the time runs from here
	s.clock.setKeepalive(every)
	s.wake()
}

// SSRC is the source number of what we send.
func (s *Session) SSRC() uint32 { return s.sender.source() }
