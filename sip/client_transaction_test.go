package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// seen collects what a request brought.
type seen []string

func (s *seen) response(_ *ClientTransaction, m *Message, err error) {
	if err != nil {
		var f *Failure
		if errors.As(err, &f) {
			*s = append(*s, fmt.Sprintf("failure %d", f.Status))
			return
		}
		*s = append(*s, err.Error())
		return
	}
	*s = append(*s, fmt.Sprint(m.Status))
}

func (s *seen) check(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := strings.Join(*s, " "); got != want {
		t.Errorf("the program was told %q, want %q", got, want)
	}
}

func TestClientInviteTimer(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var s seen
		if _, err := b.stack.Request(context.Background(), ours(Invite), RequestOptions{OnResponse: s.response}); err != nil {
			t.Fatal(err)
		}
		b.expect("INVITE")
		want := "500 INVITE, 1500 INVITE, 3500 INVITE, 7500 INVITE, 15500 INVITE, 31500 INVITE"
		if got := b.timeline(40 * time.Second); got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		s.check(t, "failure 408")
		if n := b.stack.metrics.ClientTransactions.Load(); n != 0 {
			t.Errorf("%d transactions left, want 0", n)
		}
	})
}

func TestClientOtherTimer(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var s seen
		_, _ = b.stack.Request(context.Background(), ours(Options), RequestOptions{OnResponse: s.response})
		m := b.expect("OPTIONS")[0]
		if got, want := b.timeline(8*time.Second), "500 OPTIONS, 1500 OPTIONS, 3500 OPTIONS, 7500 OPTIONS"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(reply(m, 100, ""))
		if got, want := b.timeline(8*time.Second), "3500 OPTIONS, 7500 OPTIONS"; got != want {
			t.Errorf("in Proceeding sent %q, want %q", got, want)
		}
		b.send(reply(m, 200, "x"))
		b.send(reply(m, 200, "x"))
		s.check(t, "100 200")
		if got := b.timeline(6 * time.Second); got != "" {
			t.Errorf("after the response sent %q", got)
		}
		if n := b.stack.metrics.ClientTransactions.Load(); n != 0 {
			t.Errorf("%d transactions after timer K, want 0", n)
		}
	})
}

func TestClientTimeoutOption(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		begin := time.Now()
		_, err := b.stack.Do(context.Background(), ours(Options), RequestOptions{Timeout: 3 * time.Second})
		if !errors.Is(err, ErrTimeout) || time.Since(begin) != 3*time.Second {
			t.Errorf("after %v got %v, want ErrTimeout after 3 s", time.Since(begin), err)
		}
	})
}

func TestClientContextEnds(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := b.stack.Do(ctx, ours(Options), RequestOptions{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's error", err)
		}
	})
}

func TestClientInviteRefused(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var s seen
		_, _ = b.stack.Request(context.Background(), ours(Invite), RequestOptions{OnResponse: s.response})
		m := b.expect("INVITE")[0]
		b.send(reply(m, 180, "x"))
		if got := b.timeline(60 * time.Second); got != "" {
			t.Errorf("while it rings sent %q", got)
		}
		b.send(reply(m, 486, "x"))
		ack := b.expect("ACK")[0]
		if ack.Via.Branch() != m.Via.Branch() || ack.To.Tag() != "x" || ack.CSeq.Number != m.CSeq.Number {
			t.Errorf("the ACK is\n%s", ack)
		}
		b.send(reply(m, 486, "x"))
		b.expect("ACK")
		s.check(t, "180 486")
		time.Sleep(33 * time.Second)
		b.send(reply(m, 486, "x"))
		b.expect("")
		if n := b.stack.metrics.StrayResponses.Load(); n != 1 {
			t.Errorf("after timer D %d strays, want 1", n)
		}
	})
}

func TestClientCancel(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var s seen
		tx, _ := b.stack.Request(context.Background(), ours(Invite), RequestOptions{OnResponse: s.response})
		m := b.expect("INVITE")[0]
		if err := tx.Cancel(Header{"Reason", "SIP;cause=200"}); err != nil {
			t.Fatal(err)
		}
		b.expect("") // not before a provisional response
		b.send(reply(m, 180, "x"))
		cancel := b.expect("CANCEL")[0]
		if cancel.Via.Branch() != m.Via.Branch() || cancel.CSeq.Number != m.CSeq.Number || cancel.Get("Reason") == "" || cancel.To.Tag() != "" {
			t.Errorf("the CANCEL is\n%s", cancel)
		}
		if got, want := b.timeline(time.Second), "500 CANCEL"; got != want {
			t.Errorf("sent %q, want %q", got, want)
		}
		b.send(reply(cancel, 200, "x"))
		b.send(reply(m, 487, "x"))
		b.expect("ACK")
		s.check(t, "180 487")
		if err := tx.Cancel(); !errors.Is(err, ErrState) {
			t.Errorf("Cancel after the end: %v, want ErrState", err)
		}
	})
}

// An INVITE that is cancelled in the moment before it would be sent is not sent:
// nobody would send its CANCEL.
func TestClientCancelBeforeSending(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var tx *ClientTransaction
		tx = &ClientTransaction{stack: b.stack, invite: true, original: ours(Invite), callID: "call", options: RequestOptions{
			Prepare: func(*Message, Source) { // Cancel has come as far as to see that nothing was sent
				tx.mu.Lock()
				tx.canceled = true
				tx.mu.Unlock()
			}}}
		if err := tx.send(target{network: "udp", addr: b.peer.local}); err != nil {
			t.Fatal(err)
		}
		b.expect("")
	})
}

func TestClientCancelWithoutAnswer(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var s seen
		tx, _ := b.stack.Request(context.Background(), ours(Invite), RequestOptions{OnResponse: s.response})
		m := b.expect("INVITE")[0]
		b.send(reply(m, 100, ""))
		_ = tx.Cancel()
		cancel := b.expect("CANCEL")[0]
		b.send(reply(cancel, 200, "x"))
		time.Sleep(33 * time.Second)
		s.check(t, "100 failure 408")
	})
}

func TestClientCloses(t *testing.T) {
	var s seen
	virtual(t, Config{}, func(b *bench) {
		_, _ = b.stack.Request(context.Background(), ours(Invite), RequestOptions{OnResponse: s.response})
		b.expect("INVITE")
		_ = b.stack.Close()
		s.check(t, "failure 503")
	})
}

func TestClientFailsOver(t *testing.T) {
	names := &fakeResolver{addrs: map[string][]netip.Addr{"peer.example": {netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("192.0.2.2")}}}
	tests := []struct {
		name string
		act  func(b *bench, dead *wireConn)
	}{
		{"silence", func(*bench, *wireConn) { time.Sleep(32 * time.Second) }},
		{"503", func(b *bench, dead *wireConn) {
			synctest.Wait()
			m, _ := Parse((<-dead.in).b)
			_, _ = dead.WriteToUDPAddrPort(NewResponse(m, 503, "", "dead").AppendTo(nil), netip.MustParseAddrPort(ourAddress))
			synctest.Wait()
			ack, _ := Parse((<-dead.in).b)
			if ack.Method != Ack {
				b.t.Errorf("the 503 got %s, want ACK", short(ack))
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, Config{Resolver: names}, func(b *bench) {
				dead := b.wire.open("192.0.2.9:5060")
				m := ours(Invite)
				m.URI.Host = "peer.example"
				var s seen
				_, _ = b.stack.Request(context.Background(), m, RequestOptions{OnResponse: s.response})
				b.expect("")
				test.act(b, dead)
				again := b.expect("INVITE")[0]
				b.send(reply(again, 200, "x"))
				s.check(t, "200")
			})
		})
	}
}

// A trace is told from where a request of our own goes, before anything has come.
func TestTraceOfARequest(t *testing.T) {
	virtual(t, Config{}, func(b *bench) {
		var ways []Source
		b.stack.SetTrace(func(_ bool, way Source, _ []byte) { ways = append(ways, way) })
		_, _ = b.stack.Request(context.Background(), ours(Options), RequestOptions{})
		synctest.Wait()
		if len(ways) == 0 || ways[0].Local != b.way.Local() || ways[0].Remote.String() != peerAddress {
			t.Errorf("told of %v, want from %s to %s", ways, b.way.Local(), peerAddress)
		}
	})
}
