package traffic

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Sound is both ends of the sound of many calls: a socket where the callers are, one
// where the called are. Each call sends a G.711 packet of 20 ms from either side in
// its turn, so that packets come evenly and never two at once to one port.
type Sound struct {
	ends [2]*net.UDPConn
	got  [2]atomic.Int64
	sent int // packets of each call so far
	work sync.WaitGroup
}

const (
	pace      = 20 * time.Millisecond
	samples   = 160
	rtpHeader = 12
)

// NewSound opens the two sockets.
func NewSound(callers, called netip.AddrPort) (*Sound, error) {
	s := &Sound{}
	for i, a := range []netip.AddrPort{callers, called} {
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(a))
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("sound at %s: %w", a, err)
		}
		_ = conn.SetReadBuffer(buffer)
		s.ends[i] = conn
		s.work.Add(1)
		go func() {
			defer s.work.Done()
			s.count(i)
		}()
	}
	return s, nil
}

// count counts what arrives until the socket is closed.
func (s *Sound) count(i int) {
	b := make([]byte, 2048)
	for {
		n, _, err := s.ends[i].ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		if n == rtpHeader+samples {
			s.got[i].Add(1)
		}
	}
}

// Close closes the sockets.
func (s *Sound) Close() {
	for _, conn := range s.ends {
		if conn != nil {
			_ = conn.Close()
		}
	}
	s.work.Wait()
}

// Pass sends for so long to the ports of the calls, the callers' and the called, and
// tells how many packets were sent and how many arrived at the other ends.
func (s *Sound) Pass(callers, called []netip.AddrPort, duration time.Duration) (sent, arrived int) {
	if len(callers) == 0 || len(callers) != len(called) {
		return 0, 0
	}
	before := s.got[0].Load() + s.got[1].Load()
	packet := make([]byte, rtpHeader+samples)
	packet[0] = 0x80 // version 2, G.711 µ-law
	start := time.Now()
	for turn := 0; time.Duration(turn)*pace < duration; turn++ {
		binary.BigEndian.PutUint16(packet[2:], uint16(s.sent))
		binary.BigEndian.PutUint32(packet[4:], uint32(s.sent*samples))
		s.sent++
		for i := range callers {
			due := start.Add(time.Duration(turn)*pace + pace*time.Duration(i)/time.Duration(len(callers)))
			if early := time.Until(due); early > 0 {
				time.Sleep(early)
			}
			for end, to := range [2]netip.AddrPort{callers[i], called[i]} {
				binary.BigEndian.PutUint32(packet[8:], uint32(1+end+2*i))
				if _, err := s.ends[end].WriteToUDPAddrPort(packet, to); err == nil {
					sent++
				}
			}
		}
	}
	for late := time.Now().Add(time.Second); time.Now().Before(late); time.Sleep(pace) {
		if arrived = int(s.got[0].Load() + s.got[1].Load() - before); arrived >= sent {
			break
		}
	}
	return sent, arrived
}

// Stream sends to the ports of calls that come and go, the callers' and the called,
// until done is closed, and tells how many packets were sent and how many arrived.
func (s *Sound) Stream(done <-chan struct{}, callers, called func() []netip.AddrPort) (sent, arrived int) {
	before := s.got[0].Load() + s.got[1].Load()
	packet := make([]byte, rtpHeader+samples)
	packet[0] = 0x80 // version 2, G.711 µ-law
	tick := time.NewTicker(pace)
	defer tick.Stop()
	var to [2][]netip.AddrPort
	for running := true; running; {
		select {
		case <-done:
			running = false
			continue
		case <-tick.C:
		}
		if s.sent%5 == 0 { // who has gone meanwhile is sent to for no more than 100 ms
			to = [2][]netip.AddrPort{callers(), called()}
		}
		binary.BigEndian.PutUint16(packet[2:], uint16(s.sent))
		binary.BigEndian.PutUint32(packet[4:], uint32(s.sent*samples))
		s.sent++
		for end, ports := range to {
			for _, at := range ports {
				binary.BigEndian.PutUint32(packet[8:], uint32(at.Port()))
				if _, err := s.ends[end].WriteToUDPAddrPort(packet, at); err == nil {
					sent++
				}
			}
		}
	}
	return sent, int(s.got[0].Load() + s.got[1].Load() - before)
}
