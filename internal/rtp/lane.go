package rtp

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/pion/transport/v4/deadline"
)

// laneLength is how many packets of one protocol wait to be read. What comes then is
// dropped and counted: STUN and DTLS repeat what is lost.
const laneLength = 32

// A lane is one protocol's share of a socket that media has, too (RFC 7983): STUN or
// DTLS. It is a net.PacketConn for who speaks the protocol. Packets reach it through
// push, from the socket's reader.
type lane struct {
	session *Session
	local   net.Addr
	write   func(b []byte, to netip.AddrPort) error

	packets  chan lanePacket
	closed   chan struct{}
	closing  sync.Once
	deadline *deadline.Deadline // of reading
}

type lanePacket struct {
	bytes []byte
	from  netip.AddrPort
}

func newLane(s *Session, port uint16, write func(b []byte, to netip.AddrPort) error) *lane {
	return &lane{session: s, local: net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.config.Local, port)), write: write,
		packets: make(chan lanePacket, laneLength), closed: make(chan struct{}), deadline: deadline.New()}
}

// push hands over a packet, of which it keeps a copy.
func (l *lane) push(b []byte, from netip.AddrPort) {
	select {
	case l.packets <- lanePacket{append([]byte(nil), b...), from}:
	default:
		l.session.counts.failed.Add(1)
	}
}

// ReadFrom implements net.PacketConn.
func (l *lane) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case <-l.deadline.Done():
		return 0, nil, os.ErrDeadlineExceeded
	default:
	}
	select {
	case p := <-l.packets:
		return copy(b, p.bytes), net.UDPAddrFromAddrPort(p.from), nil
	case <-l.deadline.Done():
		return 0, nil, os.ErrDeadlineExceeded
	case <-l.closed:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements net.PacketConn.
func (l *lane) WriteTo(b []byte, to net.Addr) (int, error) {
	var at netip.AddrPort
	if a, ok := to.(*net.UDPAddr); ok {
		at = a.AddrPort()
	}
	if err := l.write(b, netip.AddrPortFrom(at.Addr().Unmap(), at.Port())); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close implements net.PacketConn. The socket stays open.
func (l *lane) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

// LocalAddr implements net.PacketConn.
func (l *lane) LocalAddr() net.Addr { return l.local }

// SetDeadline implements net.PacketConn.
func (l *lane) SetDeadline(t time.Time) error { return l.SetReadDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (l *lane) SetReadDeadline(t time.Time) error {
	l.deadline.Set(t)
	return nil
}

// SetWriteDeadline implements net.PacketConn. Writing never waits.
func (l *lane) SetWriteDeadline(time.Time) error { return nil }

// The first byte of a datagram tells its protocol (RFC 7983 §7).
const (
	lastSTUN  = 3
	firstDTLS = 20
	lastDTLS  = 63
)

// handshake takes a datagram that is no media, and reports whether it was one.
func (s *Session) handshake(control bool, b []byte, from netip.AddrPort) bool {
	if len(b) == 0 || b[0] > lastDTLS {
		return false
	}
	switch first := b[0]; {
	case first <= lastSTUN:
		if p := s.paths.Load(); p != nil {
			s.config.Trace.passed(Got, b, from)
			p.push(control, b, from)
			return true
		}
	case first >= firstDTLS:
		if t := s.tunnel.Load(); t != nil {
			t.lane.push(b, from)
			return true
		}
	}
	return false
}
