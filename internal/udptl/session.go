package udptl

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Config is what a session is made of.
type Config struct {
	Ports *Ports
	Local netip.Addr // to bind; the zero Addr is all of IPv4
	// Deliver gets each IFP packet that arrives. Its memory is the receiver's.
	Deliver func(ifp []byte)
	// Symmetric sends to where packets come from (t38_udptl_nat).
	Symmetric bool
	Trace     *Trace // tells of datagrams; nil tells nothing
	// Span is of how many packets a parity is (udptlfecspan); 0 is three.
	Span int
	// NoChecksums sends datagrams of IPv4 without UDP's checksum, where the system can
	// (udptlchecksums).
	NoChecksums bool
}

// A Session is one fax stream: a socket and the state of both directions.
type Session struct {
	config Config
	conn   *net.UDPConn
	port   uint16

	mu     sync.Mutex // a leaf
	out    outlet
	far    Limit
	target atomic.Pointer[netip.AddrPort]
	remote atomic.Pointer[netip.AddrPort] // that the other side announced

	intake  intake // the reader's
	refused atomic.Uint64
	closing sync.Once
	work    sync.WaitGroup
}

// New binds the port of a session and begins to read.
func New(c Config) (*Session, error) {
	if c.Ports == nil || c.Deliver == nil {
		return nil, errors.New("udptl session needs ports and a receiver")
	}
	if !c.Local.IsValid() {
		c.Local = netip.IPv4Unspecified()
	}
	conn, port, err := c.Ports.listen(c.Local)
	if err != nil {
		return nil, err
	}
	if c.Span == 0 {
		c.Span = usualSpan
	}
	if c.NoChecksums {
		leaveChecksums(conn)
	}
	s := &Session{config: c, conn: conn, port: port, far: Limit{Datagram: DefaultDatagram}}
	s.work.Add(1)
	go func() { // Wait waits for it
		defer s.work.Done()
		defer c.Ports.put(c.Local, port)
		s.read()
	}()
	return s, nil
}

// Port is the local port.
func (s *Session) Port() int { return int(s.port) }

// SetRemote tells where the other side receives. A new address begins a new stream.
func (s *Session) SetRemote(a netip.AddrPort) {
	a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	if old := s.remote.Swap(&a); old != nil && *old == a {
		return
	}
	s.target.Store(&a)
}

// SetFar tells how long datagrams to the other side may be, and how losses are made
// up for on the way there.
func (s *Session) SetFar(l Limit) {
	s.mu.Lock()
	s.far = l
	s.mu.Unlock()
}

// Write sends an IFP packet.
func (s *Session) Write(ifp []byte) error {
	to := s.target.Load()
	if to == nil || to.Port() == 0 || to.Addr().IsUnspecified() {
		return nil
	}
	s.mu.Lock()
	_, entries := s.far.IFP()
	p := s.out.next(ifp, s.far.Correction, entries, s.config.Span)
	b := p.append(make([]byte, 0, 256))
	s.mu.Unlock()
	s.config.Trace.tell(true, *to, p.sequence, len(ifp))
	if _, err := s.conn.WriteToUDPAddrPort(b, *to); err != nil {
		return fmt.Errorf("send udptl to %s: %w", *to, err)
	}
	return nil
}

func (s *Session) read() {
	buffer := make([]byte, maxDatagram)
	var p packet
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // a port at the other end that nobody has, told by ICMP
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if !s.accept(from) || p.parse(buffer[:n]) != nil {
			s.refused.Add(1)
			continue
		}
		s.config.Trace.tell(false, from, p.sequence, len(p.primary))
		for _, ifp := range s.intake.take(&p) {
			s.config.Deliver(ifp)
		}
	}
}

// accept takes packets from the address that was announced, whatever their port: fax
// machines seldom send from where they receive. With Symmetric it takes all, and
// answers there.
func (s *Session) accept(from netip.AddrPort) bool {
	if s.config.Symmetric {
		if t := s.target.Load(); t == nil || *t != from {
			learned := from
			s.target.Store(&learned)
		}
		return true
	}
	known := s.remote.Load()
	return known != nil && known.Addr() == from.Addr()
}

// Refused is how many datagrams came that were none, or from a stranger.
func (s *Session) Refused() uint64 { return s.refused.Load() }

// Close ends the session. It may be called more than once, and from Deliver.
func (s *Session) Close() { s.closing.Do(func() { _ = s.conn.Close() }) }

// Wait returns when the reader has ended.
func (s *Session) Wait() { s.work.Wait() }
