package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Calls go on over a network that loses a fifth of all messages, and nothing is
// left in the end.
func TestCallsOverALossyNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		random := rand.New(rand.NewPCG(1, 2))
		w.lose = func(_, _ netip.AddrPort, _ []byte) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return random.IntN(5) == 0
		}
		server, client := NewStack(Config{Handler: answerCalls}), NewStack(Config{})
		to, err := server.Listen("udp", ourAddress, ListenOptions{PacketConn: w.open(ourAddress)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Listen("udp", peerAddress, ListenOptions{PacketConn: w.open(peerAddress)}); err != nil {
			t.Fatal(err)
		}
		const calls = 500
		results := make(chan bool, calls)
		for range calls {
			placeCall(client, to, func(ok bool) { results <- ok })
		}
		good := 0
		for range calls {
			if <-results {
				good++
			}
		}
		if good < calls-5 { // 11 INVITEs or BYEs in a row may be lost, but not often
			t.Errorf("%d of %d calls went through", good, calls)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		for name, s := range map[string]*Stack{"server": server, "client": client} {
			m := s.Metrics()
			if a, b, c := m.ServerTransactions.Load(), m.ClientTransactions.Load(), m.Dialogs.Load(); a+b+c != 0 {
				t.Errorf("%s holds %d and %d transactions and %d dialogs in the end", name, a, b, c)
			}
			if m.RequestsAgain.Load()+m.RequestsResent.Load()+m.ResponsesResent.Load() == 0 {
				t.Errorf("%s saw no retransmission", name)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A call whose handler blocks holds up nobody else.
func TestBlockedHandlersHarmNobodyElse(t *testing.T) {
	block := make(chan struct{})
	g := Config{Limits: Limits{Workers: 2, CallQueue: 2}, Handler: func(tx *ServerTransaction, m *Message) {
		if strings.HasPrefix(m.CallID, "slow") {
			<-block
		}
		_ = tx.Respond(tx.Response(200, ""))
	}}
	synctest.Test(t, func(t *testing.T) {
		block = make(chan struct{})
		w := newWire()
		s := NewStack(g)
		if _, err := s.Listen("udp", ourAddress, ListenOptions{PacketConn: w.open(ourAddress)}); err != nil {
			t.Fatal(err)
		}
		b := &bench{t: t, wire: w, stack: s, peer: w.open(peerAddress), start: time.Now()}
		branch := 0
		send := func(call string) {
			branch++
			b.send(strings.Replace(request(Options, cookie+fmt.Sprint(branch), "", branch), "Call-ID: call", "Call-ID: "+call, 1))
		}
		for i := range 8 {
			send(fmt.Sprint("slow", i))
		}
		send("fast")
		time.Sleep(time.Second)
		b.expect("200")
		for range 3 {
			send("slow0")
		}
		b.expect("503") // two wait, the third is too much
		close(block)
		time.Sleep(time.Second)
		if got := len(b.sent()); got != 10 {
			t.Errorf("%d answers after the handlers went on, want 10", got)
		}
		if n := s.Metrics().WorkersAdded.Load(); n == 0 {
			t.Error("no worker was added")
		}
		send("last")
		time.Sleep(time.Second)
		if n := s.Metrics().Workers.Load(); n > 3 {
			t.Errorf("%d workers in the end, want about 2", n)
		}
		_ = s.Close()
	})
}

func TestOverload(t *testing.T) {
	var tx *ServerTransaction
	virtual(t, Config{Handler: keeping(&tx), Limits: Limits{Transactions: 2}}, func(b *bench) {
		b.send(request(Options, cookie+"1", "", 1))
		b.send(request(Options, cookie+"2", "", 2))
		b.send(request(Options, cookie+"3", "", 3))
		if r := b.expect("503")[0]; r.Get("Retry-After") != "5" {
			t.Errorf("Retry-After %q, want 5", r.Get("Retry-After"))
		}
		if n := b.stack.metrics.Overloaded.Load(); n != 1 {
			t.Errorf("%d counted, want 1", n)
		}
	})
}

// What a flood leaves behind gives way, the oldest first, and keeps no new request out.
func TestFinishedTransactionsGiveWay(t *testing.T) {
	g := Config{Limits: Limits{Transactions: 200, Finished: tableShards, PerSource: -1}, Handler: func(tx *ServerTransaction, _ *Message) {
		_ = tx.Respond(tx.Response(401, ""))
	}}
	virtual(t, g, func(b *bench) {
		const n = 1000
		for i := range n {
			b.send(request([]string{Invite, Options}[i%2], fmt.Sprint(cookie, i), "", 1))
		}
		for i, m := range b.messages() {
			if m.Status != 401 {
				t.Fatalf("request %d was answered %d, want 401", i, m.Status)
			}
		}
		held, gone := b.stack.metrics.ServerTransactions.Load(), b.stack.metrics.GaveWay.Load()
		if held > tableShards || held+int64(gone) != n {
			t.Errorf("%d are held and %d gave way, want at most %d, and %d in all", held, gone, tableShards, n)
		}
		b.send(request(Options, fmt.Sprint(cookie, n-1), "", 1))
		b.expect("401")
		if b.stack.metrics.RequestsAgain.Load() != 1 {
			t.Error("the newest transaction did not see the repetition of its request")
		}
	})
}

func TestSourcesAreLimited(t *testing.T) {
	virtual(t, Config{Limits: Limits{PerSource: 10, Burst: 20}}, func(b *bench) {
		for i := range 50 {
			b.send(request(Options, fmt.Sprint(cookie, i), "", i+1))
		}
		if got := len(b.sent()); got != 20 {
			t.Errorf("%d answers at once, want 20", got)
		}
		time.Sleep(time.Second)
		for i := range 50 {
			b.send(request(Options, fmt.Sprint(cookie, "x", i), "", i+1))
		}
		if got := len(b.sent()); got != 10 {
			t.Errorf("%d answers a second later, want 10", got)
		}
		if n := b.stack.metrics.RateLimited.Load(); n != 70 {
			t.Errorf("%d counted, want 70", n)
		}
	})
}

// Garbage counts tenfold, and so does what is challenged until the credentials come.
func TestOffencesCount(t *testing.T) {
	challenge := func(tx *ServerTransaction, m *Message) {
		status := 200
		if _, proven := m.Lookup("Authorization"); !proven {
			status = 401
		}
		_ = tx.Respond(tx.Response(status, ""))
	}
	limits := Limits{PerSource: 20, Burst: 100}
	t.Run("garbage", func(t *testing.T) {
		for name, text := range map[string]string{
			"malformed":    strings.Replace(request(Options, cookie+"%d", "", 1), "CSeq: 1 OPTIONS", "CSeq: 1 INFO", 1),
			"no dialog":    request(Bye, cookie+"%d", "guessed", 1),
			"no request":   "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1;branch=%d\nFrom: <sip:a@b>\nTo: <sip:a@b>\nCall-ID: a\nCSeq: 1 INVITE",
			"no call":      request(Cancel, cookie+"%d", "", 1),
			"no answer":    request(Ack, cookie+"%d", "guessed", 1),
			"no account":   request(Options, cookie+"%d", "", 1),
			"no such call": request(Invite, cookie+"%d", "guessed", 1),
		} {
			t.Run(name, func(t *testing.T) {
				virtual(t, Config{Handler: challenge, Limits: limits}, func(b *bench) {
					for range 2 {
						for i := range 100 {
							b.send(strings.ReplaceAll(text, "%d", fmt.Sprint(time.Now().Unix(), i)))
						}
						time.Sleep(time.Second)
					}
					// 100 for a start, 20 a second.
					if admitted := 200 - b.stack.metrics.RateLimited.Load(); admitted != 12 {
						t.Errorf("%d of 200 were looked at, want 12", admitted)
					}
				})
			})
		}
	})
	t.Run("credentials", func(t *testing.T) {
		virtual(t, Config{Handler: challenge, Limits: limits}, func(b *bench) {
			for i := range 100 {
				b.send(request(Register, fmt.Sprint(cookie, i), "", 1))
				b.send(request(Register, fmt.Sprint(cookie, "x", i), "", 2, "Authorization: Digest username=\"a\""))
				time.Sleep(100 * time.Millisecond)
			}
			if n := b.stack.metrics.RateLimited.Load(); n != 0 {
				t.Errorf("%d were dropped, want none", n)
			}
		})
	})
}

func TestSourcesGiveWay(t *testing.T) {
	a := newAdmission(&Limits{PerSource: 1, Burst: 1, Sources: 8})
	for i := range 1000 {
		addr := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		if !a.admit(addr) {
			t.Fatalf("%s was refused its first message", addr)
		}
		if a.admit(addr) {
			t.Fatalf("%s got two messages at once", addr)
		}
	}
}

// Whoever has an IPv6 network has as many addresses as it likes, but is one source.
func TestAnIPv6NetworkIsOneSource(t *testing.T) {
	a := newAdmission(&Limits{PerSource: 1, Burst: 1, Sources: 8})
	for address, want := range map[string]bool{"2001:db8:0:1::1": true, "2001:db8:0:2::1": true, "fe80::1%eth0": true} {
		if got := a.admit(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is admitted: %v", address, got)
		}
	}
	for _, address := range []string{"2001:db8:0:1::2", "2001:db8:0:1:ffff::", "fe80::2%eth0"} {
		if a.admit(netip.MustParseAddr(address)) {
			t.Errorf("%s got a message beyond its network's", address)
		}
	}
}

func TestMalformedIsAnsweredOrDropped(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"garbage", "\x00\x01\x02 garbage", ""},
		{"no CSeq", strings.Replace(request(Options, cookie+"1", "", 1), "CSeq: 1 OPTIONS\n", "", 1), ""},
		{"method and CSeq differ", strings.Replace(request(Options, cookie+"1", "", 1), "CSeq: 1 OPTIONS", "CSeq: 1 INFO", 1), "400"},
		{"body is short", request(Options, cookie+"1", "", 1, "Content-Length: 400"), "400"},
		{"an ACK is not answered", request(Ack, cookie+"1", "", 1, "Content-Length: 400"), ""},
		{"a response is not answered", "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1;branch=x\nContent-Length: 4", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, Config{}, func(b *bench) {
				b.send(test.text)
				b.expect(test.want)
				if n := b.stack.metrics.Malformed.Load(); n != 1 {
					t.Errorf("%d malformed counted, want 1", n)
				}
			})
		})
	}
}

func TestWhereResponsesGo(t *testing.T) {
	tests := []struct{ name, via, want string }{
		{"rport", "192.0.2.7:9;rport;branch=" + cookie + "1", "192.0.2.2:5060 ;rport=5060;received=192.0.2.2"},
		{"received", "192.0.2.7:5099;branch=" + cookie + "1", "192.0.2.2:5099 ;received=192.0.2.2"},
		{"a name", "peer.example;branch=" + cookie + "1", "192.0.2.2:5060 ;received=192.0.2.2"},
		{"as sent", "192.0.2.2:5098;branch=" + cookie + "1", "192.0.2.2:5098 "},
		{"maddr", "192.0.2.2;maddr=224.0.1.75;branch=" + cookie + "1", "224.0.1.75:5060 "},
		{"maddr of a third", "192.0.2.2;maddr=192.0.2.9;branch=" + cookie + "1", "192.0.2.2:5060 "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, Config{}, func(b *bench) {
				var got string
				b.stack.SetTrace(func(sent bool, way Source, m []byte) {
					if r, err := Parse(m); sent && err == nil {
						params := ""
						for _, name := range []string{"rport", "received"} {
							if v, ok := r.Via.Param(name); ok {
								params += ";" + name + "=" + v
							}
						}
						got = way.Remote.String() + " " + params
					}
				})
				b.send(strings.Replace(request(Options, "x", "", 1), "192.0.2.2:5060;branch=x", test.via, 1))
				if got != test.want {
					t.Errorf("went to %s, want %s", got, test.want)
				}
			})
		})
	}
}

func TestAddressOutside(t *testing.T) {
	w := &Transport{Network: "udp", local: netip.MustParseAddrPort("10.0.0.1:5060"), options: ListenOptions{
		NAT: NAT{Host: "203.0.113.1", Port: 5555, Local: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}}
	for peer, want := range map[string]string{"10.1.1.1:5060": "sip:10.0.0.1:5060", "198.51.100.1:5060": "sip:203.0.113.1:5555"} {
		if got := w.ContactURI("", netip.MustParseAddrPort(peer)).String(); got != want {
			t.Errorf("for %s %s, want %s", peer, got, want)
		}
	}
	w.options.SentBy = func(netip.AddrPort) (string, int) { return "pbx.example", 0 }
	if got, want := viaFor(w, netip.MustParseAddrPort("198.51.100.1:5060"), "x", false), "SIP/2.0/UDP pbx.example:5060;rport;branch=x"; got != want {
		t.Errorf("Via %s, want %s", got, want)
	}
}

// A zone, which link-local peers have, is no part of what they are told.
func TestZonesStayAtHome(t *testing.T) {
	m, err := Parse([]byte(wireText(request(Options, cookie+"1", "", 1))))
	if err != nil {
		t.Fatal(err)
	}
	m.Source = Source{Remote: netip.MustParseAddrPort("[fe80::2%eth0]:5060")}
	stampVia(m, false, false, nil)
	if got, _ := m.Via.Param("received"); got != "fe80::2" {
		t.Errorf("received=%s, want fe80::2", got)
	}
	w := &Transport{Network: "udp", local: netip.MustParseAddrPort("[fe80::1%eth0]:5060")}
	if got := w.ContactURI("", m.Source.Remote).String(); got != "sip:[fe80::1]:5060" {
		t.Errorf("Contact %s, want sip:[fe80::1]:5060", got)
	}
}

// A line end in a header of a program's own making is no further header.
func TestRequestsAreOneMessage(t *testing.T) {
	m := ours(Options)
	m.Headers = append(m.Headers, Header{"Subject", "x\r\nEvil: y\r\n\r\nbody"})
	r, err := Parse((&Stack{}).encodeRequest(m, "SIP/2.0/UDP 192.0.2.1;branch=x"))
	if err != nil || r.Get("Subject") != "x Evil: y  body" || r.Get("Evil") != "" || len(r.Body) > 0 {
		t.Errorf("read back as\n%s, %v", r, err)
	}
}

func TestStrictRouteIsSwapped(t *testing.T) {
	m := ours(Options)
	m.Add("Route", "<sip:192.0.2.2:5070>")
	m.Add("Route", "<sip:192.0.2.3;lr>")
	virtual(t, Config{}, func(b *bench) {
		b.peer = b.wire.open("192.0.2.2:5070")
		_, _ = b.stack.Request(context.Background(), m, RequestOptions{})
		got := b.expect("OPTIONS")[0]
		if got.URI.String() != "sip:192.0.2.2:5070" || strings.Join(got.List("Route"), ",") != "<sip:192.0.2.3;lr>,<sip:peer@192.0.2.2>" {
			t.Errorf("sent\n%s", got)
		}
	})
}

// What is left of a transaction after its final response fits into 3 kB.
func TestMemoryOfFinishedTransactions(t *testing.T) {
	const n, most = 4000, 3 << 10
	w := newWire()
	w.lose = func(_, _ netip.AddrPort, _ []byte) bool { return true }
	s := NewStack(Config{Limits: Limits{PerSource: -1}, Handler: func(tx *ServerTransaction, _ *Message) {
		_ = tx.Respond(tx.Response(486, ""))
	}})
	defer s.Close()
	way, err := s.Listen("udp", ourAddress, ListenOptions{PacketConn: w.open(ourAddress)})
	if err != nil {
		t.Fatal(err)
	}
	from := Source{Transport: way, Remote: netip.MustParseAddrPort(peerAddress)}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range n {
		text := strings.Replace(request(Invite, fmt.Sprint(cookie, "abcdefgh", i), "", 1), "Call-ID: call", fmt.Sprint("Call-ID: ", i), 1)
		s.receiveDatagram([]byte(strings.ReplaceAll(text, "\n", "\r\n")+"\r\n\r\n"), from, nil)
		for s.executor.lanes.Load() > 1000 {
			runtime.Gosched()
		}
	}
	for s.executor.lanes.Load() > 0 {
		runtime.Gosched()
	}
	server := (heap() - before) / n
	before = heap()
	done := make(chan struct{}, n)
	for range n {
		tx, err := s.Request(context.Background(), ours(Invite), RequestOptions{OnResponse: func(*ClientTransaction, *Message, error) { done <- struct{}{} }})
		if err != nil {
			t.Fatal(err)
		}
		tx.mu.Lock()
		m, via := tx.request, tx.via
		tx.mu.Unlock()
		r := NewResponse(m, 486, "", "x")
		r.Prepend("Via", via)
		s.receive(r, nil)
	}
	for range n {
		<-done
	}
	for s.executor.lanes.Load() > 0 {
		runtime.Gosched()
	}
	client := (heap() - before) / n
	if a, b := s.metrics.ServerTransactions.Load(), s.metrics.ClientTransactions.Load(); a != n || b != n {
		t.Fatalf("%d and %d transactions are held, want %d each", a, b, n)
	}
	t.Logf("held: %d bytes a server transaction, %d a client transaction", server, client)
	if server > most || client > most {
		t.Errorf("a finished transaction holds %d bytes (server), %d (client), want at most %d", server, client, most)
	}
}
