package udptl

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/test/blackbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Two sessions carry packets to each other, one of them behind an address that nobody
// announced; a stranger is not heard by the other. Ports are given back.
func TestSessions(t *testing.T) {
	ports, err := NewPorts(33001, 33400, true)
	if err != nil {
		t.Fatal(err)
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	open := func(symmetric bool) (*Session, chan string) {
		heard := make(chan string, 10)
		s, err := New(Config{Ports: ports, Local: loopback, Symmetric: symmetric, Deliver: func(b []byte) { heard <- string(b) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close(); s.Wait() })
		return s, heard
	}
	get := func(heard chan string) string {
		select {
		case v := <-heard:
			return v
		case <-time.After(5 * time.Second):
			t.Fatal("nothing came")
			return ""
		}
	}
	a, heardA := open(false)
	b, heardB := open(true)
	if a.Port()%2 != 0 {
		t.Errorf("port %d is odd", a.Port())
	}
	a.SetRemote(netip.AddrPortFrom(loopback, uint16(b.Port())))
	a.SetFar(Limit{Datagram: 400, Correction: Redundancy})
	stranger, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)}, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: a.Port()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	if _, err := stranger.Write([]byte{0, 1, 1, 'x', 0, 0}); err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"one", "two"} {
		if err := a.Write([]byte(v)); err != nil {
			t.Fatal(err)
		}
		if got := get(heardB); got != v {
			t.Errorf("%q came, want %q", got, v)
		}
	}
	if err := b.Write([]byte("back")); err != nil { // it has learned where to
		t.Fatal(err)
	}
	if got := get(heardA); got != "back" {
		t.Errorf("%q came, want that of b", got)
	}
	if a.Refused() != 1 {
		t.Errorf("%d datagrams were refused, want the stranger's", a.Refused())
	}
	only := blackbox.Port(t)
	one, err := NewPorts(only, only, false)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s, err := New(Config{Ports: one, Local: loopback, Deliver: func([]byte) {}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Ports: one, Local: loopback, Deliver: func([]byte) {}}); !errors.Is(err, ErrNoPort) {
			t.Errorf("the only port was given away twice: %v", err)
		}
		s.Close()
		s.Wait()
	}
}

func TestTraceTellsDatagrams(t *testing.T) {
	ports, err := NewPorts(33401, 33600, true)
	if err != nil {
		t.Fatal(err)
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	told := make(chan string, 10)
	trace := &Trace{Line: func(sent bool, peer netip.AddrPort, sequence uint16, size int) {
		told <- fmt.Sprintf("%v %s %d %d", sent, peer.Addr(), sequence, size)
	}}
	heard := make(chan bool, 10)
	var pair [2]*Session
	for i := range pair {
		if pair[i], err = New(Config{Ports: ports, Local: loopback, Symmetric: true, Trace: trace, Deliver: func([]byte) { heard <- true }}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pair[i].Close(); pair[i].Wait() })
	}
	pair[0].SetRemote(netip.AddrPortFrom(loopback, uint16(pair[1].Port())))
	for n, step := range []struct {
		set  func()
		want []string
	}{
		{func() {}, nil},
		{trace.All, []string{"true 127.0.0.1 1 3", "false 127.0.0.1 1 3"}},
		{func() { trace.Of(netip.MustParseAddrPort("127.0.0.9:0")) }, nil},
		{func() { trace.Of(netip.AddrPortFrom(loopback, uint16(pair[1].Port()))) }, []string{"true 127.0.0.1 3 3"}},
		{trace.Off, nil},
	} {
		step.set()
		if err := pair[0].Write([]byte("fax")); err != nil {
			t.Fatal(err)
		}
		select {
		case <-heard:
		case <-time.After(5 * time.Second):
			t.Fatal("nothing came")
		}
		var got []string
		for len(told) > 0 {
			got = append(got, <-told)
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("step %d: told %q, want %q", n, got, step.want)
		}
	}
}
