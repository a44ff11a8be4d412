package sip

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// A signal that interrupts a call does not make the reader wait for a further
// datagram: the socket has announced the one that is there.
func TestInterruptedReads(t *testing.T) {
	u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	s := quick(u).(*socket)
	interrupted := 0
	s.call = func(s *socket, fd uintptr) (int, syscall.Errno) {
		n, errno := s.recvfrom(fd)
		if errno == 0 && interrupted == 0 { // as if the signal had come before
			interrupted++
			if _, err := u.WriteToUDPAddrPort(s.into[:n], addrPort(u.LocalAddr())); err != nil {
				t.Error(err)
			}
			return -1, syscall.EINTR
		}
		return n, errno
	}
	_ = s.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := s.WriteToUDPAddrPort([]byte("hello"), addrPort(u.LocalAddr())); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, from, ok := s.readNow(b)
	if !ok || string(b[:n]) != "hello" || from != addrPort(u.LocalAddr()) || interrupted != 1 {
		t.Errorf("got %q from %v, %v, interrupted %d times", b[:max(n, 0)], from, ok, interrupted)
	}
}
