package traffic

import (
	"net/netip"
	"testing"
	"time"
)

// What both ends send to each other arrives, in the time that it lasts.
func TestSound(t *testing.T) {
	loopback := netip.MustParseAddrPort("127.0.0.1:0")
	s, err := NewSound(loopback, loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var at [2][]netip.AddrPort
	for i, conn := range s.ends {
		at[1-i] = []netip.AddrPort{netip.MustParseAddrPort(conn.LocalAddr().String())}
	}
	began := time.Now()
	sent, arrived := s.Pass(at[0], at[1], 100*time.Millisecond)
	if sent != 10 || arrived != 10 {
		t.Errorf("%d packets sent, %d arrived; want 10 and 10", sent, arrived)
	}
	if took := time.Since(began); took < 80*time.Millisecond {
		t.Errorf("100 ms of sound took %s", took)
	}
}

// What is streamed arrives, at whoever is there.
func TestStream(t *testing.T) {
	loopback := netip.MustParseAddrPort("127.0.0.1:0")
	s, err := NewSound(loopback, loopback)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	done := make(chan struct{})
	asked := 0
	to := func(end int) func() []netip.AddrPort {
		at := netip.MustParseAddrPort(s.ends[end].LocalAddr().String())
		return func() []netip.AddrPort {
			if asked++; asked == 6 { // each end is asked every five turns
				close(done)
			}
			return []netip.AddrPort{at}
		}
	}
	sent, arrived := s.Stream(done, to(1), to(0))
	if sent < 20 || arrived < sent-2 {
		t.Errorf("%d packets sent, %d arrived; want 20 or more, and all", sent, arrived)
	}
}
