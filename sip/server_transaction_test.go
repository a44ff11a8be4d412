package sip

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// answering returns a handler that keeps the transaction.
func keeping(kept **ServerTransaction) Handler {
	return func(tx *ServerTransaction, _ *Message) { *kept = tx }
}

const cookie = "z9hG4bK"

func TestServerInviteTryingByItself(t *testing.T) {
	var tx *ServerTransaction
	virtual(t, Config{Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		if got, want := b.timeline(time.Second), "200 100"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(request(Invite, cookie+"1", "", 1)) // a retransmission
		b.expect("100")
		_ = tx.Respond(tx.Response(180, ""))
		b.expect("180")
		if got, want := b.timeline(61*time.Second), "60000 180"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(request(Invite, cookie+"1", "", 1))
		b.expect("180")
		_ = tx.Respond(tx.Response(486, ""))
		b.expect("486")
	})
}

// A handler that is late assumes rport while the timer makes a 100 of the request,
// and retransmissions come. The race detector sees whether they get in each other's way.
func TestServerTryingWhileRportIsAssumed(t *testing.T) {
	handler := func(tx *ServerTransaction, _ *Message) {
		for range 40 {
			time.Sleep(10 * time.Millisecond)
			tx.AssumeRport()
		}
	}
	virtual(t, Config{Handler: handler}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		if got, want := b.timeline(time.Second), "200 100"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(request(Invite, cookie+"1", "", 1))
		b.expect("100")
	})
}

// The stack's own 100 is under way when the program answers: it arrives first, and not
// behind the answer, which nobody expects.
func TestServerTryingIsNotOvertaken(t *testing.T) {
	w, begun, taken := newWire(), make(chan struct{}), make(chan *ServerTransaction, 2)
	w.lose = func(_, _ netip.AddrPort, b []byte) bool {
		if !bytes.HasPrefix(b, []byte("SIP/2.0 100")) {
			return false
		}
		tx := <-taken
		if tx.mu.TryLock() { // who answers would be let past
			tx.mu.Unlock()
			t.Error("the 100 is under way, and an answer need not wait for it")
		}
		taken <- tx
		close(begun)
		return false
	}
	s := NewStack(Config{Handler: func(tx *ServerTransaction, _ *Message) { taken <- tx }})
	defer s.Close()
	if _, err := s.Listen("udp", ourAddress, ListenOptions{PacketConn: w.open(ourAddress)}); err != nil {
		t.Fatal(err)
	}
	peer := w.open(peerAddress)
	text := strings.ReplaceAll(strings.TrimSpace(request(Invite, cookie+"1", "", 1)), "\n", "\r\n") + "\r\n\r\n"
	if _, err := peer.WriteToUDPAddrPort([]byte(text), netip.MustParseAddrPort(ourAddress)); err != nil {
		t.Fatal(err)
	}
	<-begun
	tx := <-taken
	if err := tx.Respond(tx.Response(200, "")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"100", "200"} {
		m, err := Parse((<-peer.in).b)
		if err != nil || short(m) != want {
			t.Fatalf("the peer got %v %v, want %s", m, err, want)
		}
	}
}

func TestServerInviteRefusedIsRepeatedUntilACK(t *testing.T) {
	var tx *ServerTransaction
	virtual(t, Config{Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		if err := tx.Respond(tx.Response(486, "")); err != nil {
			t.Fatal(err)
		}
		first := b.expect("486")[0]
		if got, want := b.timeline(8*time.Second), "500 486, 1500 486, 3500 486, 7500 486"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(request(Invite, cookie+"1", "", 1))
		b.expect("486")
		b.send(request(Ack, cookie+"1", first.To.Tag(), 1))
		if got := b.timeline(4900 * time.Millisecond); got != "" {
			t.Errorf("after the ACK sent %q", got)
		}
		b.send(request(Ack, cookie+"1", first.To.Tag(), 1))
		if n := b.stack.metrics.StrayACKs.Load(); n != 0 {
			t.Errorf("%d stray ACKs in Confirmed, want 0", n)
		}
		time.Sleep(time.Second)
		if n := b.stack.metrics.ServerTransactions.Load(); n != 0 {
			t.Errorf("%d transactions after timer I, want 0", n)
		}
	})
}

func TestServerInviteWithoutACK(t *testing.T) {
	var tx *ServerTransaction
	virtual(t, Config{Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		var failed error
		tx.OnFail(func(err error) { failed = err })
		_ = tx.Respond(tx.Response(486, ""))
		time.Sleep(32*time.Second + time.Millisecond)
		synctest.Wait()
		var f *Failure
		if !errors.Is(failed, ErrNoACK) || !errors.As(failed, &f) || f.Status != 408 {
			t.Errorf("OnFail got %v, want ErrNoACK and 408", failed)
		}
		if n := b.stack.metrics.ServerTransactions.Load(); n != 0 {
			t.Errorf("%d transactions after timer H, want 0", n)
		}
	})
}

func TestServerInviteAcceptedAbsorbs(t *testing.T) {
	var tx *ServerTransaction
	acks := 0
	g := Config{StrayACK: true, Handler: func(x *ServerTransaction, m *Message) {
		if m.Method == Ack {
			acks++
			return
		}
		tx = x
	}}
	virtual(t, g, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		ok := tx.Response(200, "")
		_ = tx.Respond(ok)
		b.expect("200")
		b.send(request(Invite, cookie+"1", "", 1)) // RFC 6026: absorbed, not answered
		b.expect("")
		if err := tx.Respond(ok); err != nil { // the program repeats its 2xx
			t.Error(err)
		}
		b.expect("200")
		b.send(request(Ack, cookie+"1", ok.To.Tag(), 1)) // with the branch of the INVITE, as some phones do
		b.send(request(Ack, cookie+"2", ok.To.Tag(), 1))
		if acks != 2 {
			t.Errorf("the program saw %d ACKs, want 2", acks)
		}
		if err := tx.Respond(&Message{Status: 486}); !errors.Is(err, ErrState) {
			t.Errorf("a second final response: %v, want ErrState", err)
		}
		time.Sleep(33 * time.Second)
		synctest.Wait()
		if n := b.stack.metrics.ServerTransactions.Load(); n != 0 {
			t.Errorf("%d transactions after timer L, want 0", n)
		}
	})
}

func TestServerOther(t *testing.T) {
	calls := 0
	g := Config{Handler: func(tx *ServerTransaction, m *Message) {
		calls++
		_ = tx.Respond(tx.Response(200, ""))
	}}
	virtual(t, g, func(b *bench) {
		for range 3 {
			b.send(request(Options, cookie+"1", "", 1))
		}
		b.expect("200 200 200")
		if calls != 1 {
			t.Errorf("the handler ran %d times, want 1", calls)
		}
		time.Sleep(33 * time.Second)
		synctest.Wait()
		b.send(request(Options, cookie+"1", "", 1))
		if calls != 2 {
			t.Errorf("after timer J the handler ran %d times, want 2", calls)
		}
	})
}

func TestServerUnansweredEnds(t *testing.T) {
	var tx *ServerTransaction
	virtual(t, Config{Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Options, cookie+"1", "", 1))
		time.Sleep(33 * time.Second)
		synctest.Wait()
		if n := b.stack.metrics.ServerTransactions.Load(); n != 0 {
			t.Errorf("%d transactions, want 0", n)
		}
	})
}

func TestServerOfRFC2543(t *testing.T) {
	var tx *ServerTransaction
	calls := 0
	virtual(t, Config{Handler: func(x *ServerTransaction, _ *Message) { tx = x; calls++ }}, func(b *bench) {
		b.send(request(Invite, "1", "", 1))
		b.send(request(Invite, "1", "", 1))
		if calls != 1 {
			t.Fatalf("the handler ran %d times, want 1", calls)
		}
		_ = tx.Respond(tx.Response(404, ""))
		b.send(request(Ack, "1", tx.Tag(), 1))
		b.expect("100 404")
		if got := b.timeline(3 * time.Second); got != "" {
			t.Errorf("after the ACK sent %q", got)
		}
	})
}

func TestServerCancel(t *testing.T) {
	tests := []struct {
		name   string
		handle func(tx *ServerTransaction)
		want   string
		again  string
	}{
		{"left to the stack", func(*ServerTransaction) {}, "200 487", "200"},
		{"answered by the program", func(tx *ServerTransaction) {
			tx.OnCancel(func(*Message) { _ = tx.Respond(tx.Response(603, "")) })
		}, "200 603", "200"},
		{"too late", func(tx *ServerTransaction) { _ = tx.Respond(tx.Response(200, "")) }, "200 481", "481"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, Config{Handler: func(tx *ServerTransaction, _ *Message) { test.handle(tx) }}, func(b *bench) {
				b.send(request(Invite, cookie+"1", "", 1))
				b.send(request(Cancel, cookie+"1", "", 1))
				b.expect(test.want)
				b.send(request(Cancel, cookie+"1", "", 1)) // again
				if got := b.sent(); got[0] != test.again {
					t.Errorf("a repeated CANCEL got %v", got)
				}
			})
		})
	}
}

func TestServerCancelOfNothing(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		b.send(request(Cancel, cookie+"1", "", 1))
		b.expect("481")
	})
}

func TestServerPanicIsAnswered(t *testing.T) {
	virtual(t, Config{Handler: func(*ServerTransaction, *Message) { panic("test") }}, func(b *bench) {
		b.send(request(Options, cookie+"1", "", 1))
		b.expect("500")
		if n := b.stack.metrics.HandlerPanics.Load(); n != 1 {
			t.Errorf("%d panics counted, want 1", n)
		}
	})
}

func TestRequestsOfUnknownDialogs(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		b.send(request(Bye, cookie+"1", "nobody", 1))
		b.expect("481")
	})
}

func TestServerInviteRefusedOnce(t *testing.T) {
	var tx *ServerTransaction
	virtual(t, Config{Handler: keeping(&tx)}, func(b *bench) {
		b.send(request(Invite, cookie+"1", "", 1))
		tx.Once()
		if err := tx.Respond(tx.Response(401, "")); err != nil {
			t.Fatal(err)
		}
		b.expect("401")
		if got := b.timeline(8 * time.Second); got != "" {
			t.Errorf("sent %q by itself, want nothing", got)
		}
		b.send(request(Invite, cookie+"1", "", 1))
		b.expect("401")
	})
}
