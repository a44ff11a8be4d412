package rtp

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// A socket is one of the two of a session. It hands over what arrives, one
// datagram at a time, from start until close, and tells the session when the
// system has the port back. All methods may be called concurrently.
type socket interface {
	// attach says whose socket it is. It comes before all others.
	attach(s *Session, control bool)
	start()
	write(b []byte, to netip.AddrPort) error
	// mark sets the type of service and the priority of packets, and whether they have
	// a checksum, where the system allows it: one that refuses carries the call all the same.
	mark(tos, priority int, checked bool)
	close()
}

// arrived takes a datagram of a socket, which it may change in place.
func (s *Session) arrived(control bool, b []byte, from netip.AddrPort) {
	if len(b) == maxDatagram {
		s.counts.oversized.Add(1)
		return
	}
	if s.handshake(control, b, from) {
		return
	}
	if control {
		s.receiveControl(b, from, now())
		return
	}
	s.receive(b, from, now())
}

// netSocket is a socket with a goroutine of its own, which works on every system
// and for every family of addresses.
type netSocket struct {
	conn    *net.UDPConn
	session *Session
	control bool

	mu             sync.Mutex // a leaf
	reads, closing bool
}

func listenNet(local netip.Addr, port uint16) (*netSocket, error) {
	network := "udp4"
	if local.Is6() {
		network = "udp6"
		if local.IsUnspecified() {
			network = "udp" // both families
		}
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, port)))
	if err != nil {
		return nil, err
	}
	return &netSocket{conn: conn}, nil
}

func (n *netSocket) attach(s *Session, control bool) { n.session, n.control = s, control }

func (n *netSocket) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.reads || n.closing {
		return
	}
	n.reads = true
	n.session.work.Add(1)
	go func() { // the session waits for it
		defer n.session.work.Done()
		defer n.session.release()
		n.read()
	}()
}

// read is the reader's loop. It ends when the socket is closed.
func (n *netSocket) read() {
	buffer := make([]byte, maxDatagram)
	for {
		size, from, err := n.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			if n.stopReading(err) {
				return
			}
			continue
		}
		n.session.arrived(n.control, buffer[:size], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
}

// stopReading tells if an error of a socket is its end. After another one it
// rests, lest a broken socket eat a processor.
func (n *netSocket) stopReading(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return true
	}
	n.session.counts.failed.Add(1)
	rest := time.NewTimer(10 * time.Millisecond)
	defer rest.Stop()
	select {
	case <-n.session.closed:
		return true
	case <-rest.C:
		return false
	}
}

func (n *netSocket) write(b []byte, to netip.AddrPort) error {
	_, err := n.conn.WriteToUDPAddrPort(b, to)
	return err
}

func (n *netSocket) mark(tos, priority int, checked bool) {
	if tos != 0 {
		if n.conn.LocalAddr().(*net.UDPAddr).IP.To4() != nil {
			_ = ipv4.NewConn(n.conn).SetTOS(tos)
		} else {
			_ = ipv6.NewConn(n.conn).SetTrafficClass(tos)
		}
	}
	if priority != 0 {
		setPriority(n.conn, priority)
	}
	if !checked {
		leaveChecksums(n.conn)
	}
}

// close has the reader give the port back, or does it where there is none.
func (n *netSocket) close() {
	n.mu.Lock()
	first := !n.closing
	n.closing = true
	reads := n.reads
	n.mu.Unlock()
	if !first {
		return
	}
	_ = n.conn.Close()
	if !reads && n.session != nil { // nil: of a pair whose other port was taken
		n.session.release()
	}
}
