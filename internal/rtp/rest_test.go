//go:build linux

package rtp

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/octothorpe/octothorpe/internal/media"
)

// leave is a pair of ports that a session has left, as if half a second ago. It rests until
// it is swept, as another session is there.
func leave(t *testing.T, change func(*Config)) (ports *Ports, port int) {
	t.Helper()
	if change == nil {
		change = func(*Config) {}
	}
	stays := newSide(t, nil)
	ports = stays.config.Ports
	gone := newSide(t, func(c *Config) { c.Ports = ports; change(c) })
	gone.Close()
	gone.Wait()
	ports.mu.Lock()
	defer ports.mu.Unlock()
	if ports.rest.count(loopback) != 1 {
		t.Fatal("its pair does not rest")
	}
	ports.timer.Stop()
	ports.rest.pairs[loopback][0].since -= int64(restSilent)
	return ports, gone.Port()
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not " + what)
		}
	}
}

func TestPairIsUsedAgain(t *testing.T) {
	ports, port := leave(t, func(c *Config) { c.TOS, c.NoChecksums = 184, true })
	next := newSide(t, func(c *Config) { c.Ports = ports })
	if next.Port() != port {
		t.Fatalf("port %d, want %d again", next.Port(), port)
	}
	for _, option := range [][2]int{{unix.IPPROTO_IP, unix.IP_TOS}, {unix.SOL_SOCKET, unix.SO_NO_CHECK}, {unix.SOL_SOCKET, unix.SO_PRIORITY}} {
		if v, err := unix.GetsockoptInt(next.media.(*pollSocket).fd, option[0], option[1]); err != nil || v != 0 {
			t.Errorf("option %v is %d %v still", option, v, err)
		}
	}
	other := newSide(t, nil)
	join(other, next)
	if err := other.Write(voice(media.ULaw, 7)); err != nil {
		t.Fatal(err)
	}
	next.get(t)
}

// A phone that does not stop is heard by nobody, and its port is not used again.
func TestPairThatHearsSomethingRests(t *testing.T) {
	ports, port := leave(t, nil)
	late := listen(t)
	late.to = netip.AddrPortFrom(loopback, uint16(port))
	late.write(t, []byte("late"))
	ports.mu.Lock()
	b := ports.rest.pairs[loopback][0]
	ports.mu.Unlock()
	until(t, "heard", func() bool { return b.heard() != 0 })
	b.media.heard.Store(now() + int64(time.Hour)) // just now, however slow the machine is
	if next := newSide(t, func(c *Config) { c.Ports = ports }); next.Port() == port {
		t.Error("its port is used again at once")
	}
}

// What comes before a session begins to read is its own.
func TestWhatComesBeforeTheStart(t *testing.T) {
	ports, port := leave(t, nil)
	heard := make(chan media.Frame, 10)
	next, err := New(Config{Ports: ports, Local: loopback, Payloads: narrow, Deliver: func(f media.Frame) { heard <- f }})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Wait()
	defer next.Close()
	if next.Port() != port {
		t.Fatalf("port %d, want %d again", next.Port(), port)
	}
	early := listen(t)
	early.to = next.LocalAddr()
	early.send(t, Packet{Payload: make([]byte, 160)})
	b := next.media.(*pollSocket).bound
	until(t, "left alone", func() bool {
		b.poller.mu.Lock()
		defer b.poller.mu.Unlock()
		return b.poller.sockets[int32(b.fd)] == nil
	})
	next.SetRemote(early.addr(), netip.AddrPort{})
	next.Start()
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Error("it was lost")
	}
}

func TestLastPairIsUsedAtOnce(t *testing.T) {
	ports, err := NewPorts(31800, 31803)
	if err != nil {
		t.Fatal(err)
	}
	with := func(c *Config) { c.Ports = ports }
	newSide(t, with)
	for range 3 {
		last := newSide(t, with)
		last.Close()
		last.Wait()
	}
	if n := ports.Free(loopback); n != 1 {
		t.Errorf("%d pairs are free, want 1", n)
	}
}

// Pairs that nobody takes go back to the system, and all once there is no call.
func TestPairsAreSwept(t *testing.T) {
	ports, port := leave(t, nil)
	free := ports.Free(loopback)
	left := func(at int64) {
		ports.mu.Lock()
		defer ports.mu.Unlock()
		ports.rest.pairs[loopback][0].since = at
	}
	left(now() + int64(time.Hour))
	ports.sweep()
	if listenAt(port) == nil {
		t.Error("a pair that may rest was closed")
	}
	left(now() - int64(restMost))
	ports.sweep()
	if err := listenAt(port); err != nil {
		t.Error(err)
	}
	if n := ports.Free(loopback); n != free {
		t.Errorf("%d pairs are free, want %d as before", n, free)
	}
	gone := newSide(t, nil)
	gone.Close()
	gone.Wait()
	until(t, "closed", func() bool { return listenAt(gone.Port()) == nil })
}

// listenAt tries whether a port can be bound.
func listenAt(port int) error {
	s, err := listenNet(loopback, uint16(port))
	if err == nil {
		s.close()
	}
	return err
}
