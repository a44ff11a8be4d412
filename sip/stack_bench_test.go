package sip

import (
	"context"
	"syscall"
	"testing"
	"time"
)

const benchSDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0 8 101\r\n" +
	"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"

// answerCalls answers every INVITE with 180 and 200 and every BYE with 200.
func answerCalls(tx *ServerTransaction, m *Message) {
	if m.Method != Invite {
		_ = tx.Respond(tx.Response(200, ""))
		return
	}
	if _, err := tx.Dialog(DialogOptions{OnRequest: func(_ *Dialog, tx *ServerTransaction, _ *Message) {
		_ = tx.Respond(tx.Response(200, ""))
	}}); err != nil {
		return
	}
	_ = tx.Respond(tx.Response(180, ""))
	ok := tx.Response(200, "")
	ok.SetBody("application/sdp", []byte(benchSDP))
	_ = tx.Respond(ok)
}

// placeCall makes one call to a transport: INVITE, ACK, BYE. done is called at its end.
func placeCall(s *Stack, to *Transport, done func(ok bool)) {
	u := URI{Scheme: "sip", User: "bench", Host: hostText(to.Local().Addr()), Port: int(to.Local().Port())}
	if to.Network != "udp" {
		u.Params = ";transport=" + to.Network
	}
	m := NewInvite(Invite, u, Address{URI: URI{Scheme: "sip", User: "caller", Host: "127.0.0.1"}}, Address{URI: u}, 1)
	m.SetBody("application/sdp", []byte(benchSDP))
	_, err := s.Invite(context.Background(), m, InviteOptions{OnResponse: func(d *Dialog, r *Message, err error) {
		switch {
		case err != nil || r.Status >= 300:
			done(false)
		case r.Status >= 200:
			_ = d.ACK("", nil)
			_, err := d.Request(context.Background(), d.NewRequest(Bye), RequestOptions{
				OnResponse: func(_ *ClientTransaction, r *Message, err error) { done(err == nil && r.Status == 200) }})
			if err != nil {
				done(false)
			}
		}
	}})
	if err != nil {
		done(false)
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCall measures a whole call, both sides in this process: 7 messages in
// 2 transactions and an ACK for each side.
func BenchmarkCall(b *testing.B) {
	for _, network := range []string{"memory", "udp", "tcp"} {
		b.Run(network, func(b *testing.B) {
			g := Config{Limits: Limits{PerSource: -1, Transactions: 10_000_000, Dialogs: 10_000_000}}
			g.Timers = Timers{Timeout: 4 * time.Second, D: time.Second, T4: time.Second} // so that many turns do not fill the memory
			server, client := g, g
			server.Handler = answerCalls
			a, c := NewStack(server), NewStack(client)
			defer a.Close()
			defer c.Close()
			var to *Transport
			var err error
			switch network {
			case "memory":
				w := newWire()
				to, err = a.Listen("udp", ourAddress, ListenOptions{PacketConn: w.open(ourAddress)})
				if err == nil {
					_, err = c.Listen("udp", peerAddress, ListenOptions{PacketConn: w.open(peerAddress)})
				}
			default:
				to, err = a.Listen(network, "127.0.0.1:0", ListenOptions{})
				if err == nil {
					_, err = c.Listen(network, "127.0.0.1:0", ListenOptions{})
				}
			}
			if err != nil {
				b.Fatal(err)
			}
			window := make(chan struct{}, 32)
			failed := make(chan struct{}, 1)
			b.ReportAllocs()
			b.ResetTimer()
			begin := cpuTime()
			for range b.N {
				window <- struct{}{}
				placeCall(c, to, func(ok bool) {
					if !ok {
						select {
						case failed <- struct{}{}:
						default:
						}
					}
					<-window
				})
			}
			for range cap(window) {
				window <- struct{}{}
			}
			b.StopTimer()
			b.ReportMetric(float64(cpuTime()-begin)/float64(b.N)/1e3, "cpu-µs/op")
			select {
			case <-failed:
				b.Error("a call failed")
			default:
			}
		})
	}
}

// BenchmarkTransaction measures one client and one server transaction over UDP:
// of INVITE with its refusal and ACK, and of OPTIONS.
func BenchmarkTransaction(b *testing.B) {
	for _, method := range []string{Invite, Options} {
		b.Run(method, func(b *testing.B) {
			g := Config{Limits: Limits{PerSource: -1, Transactions: 10_000_000}}
			g.Timers = Timers{Timeout: 4 * time.Second, D: time.Second, T4: time.Second}
			c := NewStack(g)
			defer c.Close()
			g.Handler = func(tx *ServerTransaction, _ *Message) { _ = tx.Respond(tx.Response(486, "")) }
			a := NewStack(g)
			defer a.Close()
			to, err := a.Listen("udp", "127.0.0.1:0", ListenOptions{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err = c.Listen("udp", "127.0.0.1:0", ListenOptions{}); err != nil {
				b.Fatal(err)
			}
			u := to.ContactURI("bench", to.Local())
			window := make(chan struct{}, 32)
			b.ReportAllocs()
			b.ResetTimer()
			begin := cpuTime()
			for range b.N {
				window <- struct{}{}
				m := NewInvite(method, u, Address{URI: u}, Address{URI: u}, 1)
				_, err := c.Request(context.Background(), m, RequestOptions{OnResponse: func(*ClientTransaction, *Message, error) { <-window }})
				if err != nil {
					b.Fatal(err)
				}
			}
			for range cap(window) {
				window <- struct{}{}
			}
			b.StopTimer()
			b.ReportMetric(float64(cpuTime()-begin)/float64(b.N)/1e3, "cpu-µs/op")
		})
	}
}

// BenchmarkTimer measures what a transaction's timer costs while 300,000 others
// wait: made, set again and stopped. A wheel of our own would have to beat it.
func BenchmarkTimer(b *testing.B) {
	others := make([]*time.Timer, 300_000)
	for i := range others {
		others[i] = time.AfterFunc(time.Hour+time.Duration(i)*time.Microsecond, func() {})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		t := time.AfterFunc(200*time.Millisecond, func() {})
		t.Reset(32 * time.Second)
		t.Stop()
	}
	b.StopTimer()
	for _, t := range others {
		t.Stop()
	}
}
