package traffic

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	// repeatAfter is how long an answer may take before the message is sent again.
	repeatAfter = 500 * time.Millisecond
	// giveUpAfter is how long it may take at all (64 times T1).
	giveUpAfter = 32 * time.Second
	// lookEvery is how often it is looked what to repeat.
	lookEvery = 100 * time.Millisecond
	// buffer is what the system may keep for us while we are busy.
	buffer = 4 << 20
)

// socket is one phone's UDP socket with the two goroutines that serve it.
type socket struct {
	conn   *net.UDPConn
	server netip.AddrPort
	local  netip.AddrPort
	closed chan struct{}
	work   sync.WaitGroup
}

func listen(local, server netip.AddrPort) (*socket, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(local))
	if err != nil {
		return nil, fmt.Errorf("phone at %s: %w", local, err)
	}
	_ = conn.SetReadBuffer(buffer)
	_ = conn.SetWriteBuffer(buffer)
	bound := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return &socket{conn: conn, server: server, local: bound, closed: make(chan struct{})}, nil
}

// serve hands received messages to take and calls look now and then.
func (s *socket) serve(take func(m message, from netip.AddrPort), look func(now time.Time)) {
	s.work.Add(2)
	go func() {
		defer s.work.Done()
		b := make([]byte, 65536)
		for {
			n, from, err := s.conn.ReadFromUDPAddrPort(b)
			if err != nil {
				select {
				case <-s.closed:
					return
				default:
					continue // such as that nobody listens where we sent to
				}
			}
			take(b[:n], from)
		}
	}()
	go func() {
		defer s.work.Done()
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-s.closed:
				return
			case now := <-tick.C:
				look(now)
			}
		}
	}()
}

// send writes one datagram. What the system refuses is as good as lost, and repeated.
func (s *socket) send(b []byte, to netip.AddrPort) { _, _ = s.conn.WriteToUDPAddrPort(b, to) }

func (s *socket) close() {
	close(s.closed)
	_ = s.conn.Close()
	s.work.Wait()
}

// description is an SDP for G.711 at an address.
func description(a netip.AddrPort) []byte {
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n",
		a.Addr(), a.Port())
}
