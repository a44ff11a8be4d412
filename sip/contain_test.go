package sip

import (
	"io"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// panicsOnce trusts everybody, but panics the first time.
func panicsOnce() func(netip.Addr) bool {
	panicked := false
	return func(netip.Addr) bool {
		if !panicked {
			panicked = true
			panic("over a message")
		}
		return true
	}
}

// A message over which the reader of a socket panics is lost, and nothing else.
func TestPanicOverADatagram(t *testing.T) {
	virtual(t, Config{Handler: okHandler, Limits: Limits{Trusted: panicsOnce()}}, func(b *bench) {
		b.send(request(Options, cookie+"1", "", 1))
		if got := b.sent(); len(got) != 0 {
			t.Errorf("answered %v", got)
		}
		b.send(request(Options, cookie+"1", "", 1))
		b.expect("200")
		if n := b.stack.metrics.HandlerPanics.Load(); n != 1 {
			t.Errorf("%d panics counted, want 1", n)
		}
	})
}

// On a connection nobody knows where the next message begins: it alone ends.
func TestPanicOverAConnection(t *testing.T) {
	streaming(t, Config{Handler: okHandler, Limits: Limits{Trusted: panicsOnce()}}, func(s *Stack, b *switchboard) {
		first, second := play(b.connect(peerAddress)), play(b.connect("192.0.2.3:5060"))
		text := wireText(request(Options, cookie+"1", "", 1, "Content-Length: 0"))
		_, _ = io.WriteString(first, text)
		if !first.isClosed() {
			t.Error("the connection goes on")
		}
		_, _ = io.WriteString(second, text)
		if got := second.statuses(); got != "200" {
			t.Errorf("the other connection got %q, want 200", got)
		}
		if n := s.metrics.HandlerPanics.Load(); n != 1 {
			t.Errorf("%d panics counted, want 1", n)
		}
		_ = second.Close()
	})
}

// A trace that panics loses its sight of messages, not the messages: neither those
// that come nor those that a timer sends.
func TestPanicInATrace(t *testing.T) {
	var tx *ServerTransaction
	virtual(t, Config{Handler: keeping(&tx)}, func(b *bench) {
		b.stack.SetTrace(func(bool, Source, []byte) { panic("over a trace") })
		b.send(request(Invite, cookie+"1", "", 1))
		_ = tx.Respond(tx.Response(486, ""))
		b.expect("486")
		if got, want := b.timeline(time.Second), "500 486"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(request(Ack, cookie+"1", tx.Tag(), 1))
	})
}

// What is due at the same time rings also when one of them panics.
func TestPanicOfAnAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStack(Config{})
		defer s.Close()
		rung := 0
		var alarms [3]alarm
		for i := range alarms {
			s.wheel.set(&alarms[i], ringFunc(func() {
				if rung++; rung == 2 {
					panic("of an alarm")
				}
			}), time.Now().Add(time.Second))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := s.metrics.HandlerPanics.Load(); rung != 3 || n != 1 {
			t.Errorf("%d alarms rang with %d panics, want 3 and 1", rung, n)
		}
	})
}
