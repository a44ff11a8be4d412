package exchange

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/octothorpe/octothorpe/agi"
)

// answering is a name server that answers questions with records, by name.
func answering(t *testing.T, records map[string][]dnsmessage.ResourceBody) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil {
				continue
			}
			q := m.Questions[0]
			m.Response, m.RCode, m.Additionals = true, dnsmessage.RCodeSuccess, nil
			for _, body := range records[q.Name.String()] {
				if typeOf(body) == q.Type {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: body})
				}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func typeOf(body dnsmessage.ResourceBody) dnsmessage.Type {
	switch body.(type) {
	case *dnsmessage.AResource:
		return dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		return dnsmessage.TypeAAAA
	}
	return dnsmessage.TypeSRV
}

// TestAGIFindsServers reaches servers by SRV records, the one that is down passed over, by names of which one address is
// down, and by IPv6.
func TestAGIFindsServers(t *testing.T) {
	serve := func(address string) netip.AddrPort {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skip("needs IPv6 on the loopback:", err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				in := bufio.NewReader(conn)
				e, _ := agi.ReadEnvironment(in)
				fmt.Fprintf(conn, "SET VARIABLE BY \"%s %s %s\"\n", l.Addr(), e.Get("request"), e.Get("network_script"))
				_, _ = in.ReadString('\n')
				_ = conn.Close()
			}
		}()
		return netip.MustParseAddrPort(l.Addr().String())
	}
	first, six := serve(loopback+":0"), serve("[::1]:0")
	second := serve("127.0.0.2:0")
	down, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := netip.MustParseAddrPort(down.Addr().String()).Port()
	_ = down.Close()
	srv := func(priority, weight, port uint16, target string) dnsmessage.ResourceBody {
		return &dnsmessage.SRVResource{Priority: priority, Weight: weight, Port: port, Target: dnsmessage.MustNewName(target)}
	}
	four := func(a netip.AddrPort) dnsmessage.ResourceBody { return &dnsmessage.AResource{A: a.Addr().As4()} }
	names := answering(t, map[string][]dnsmessage.ResourceBody{
		"_agi._tcp.over.example.": {srv(20, 1, first.Port(), "one.example."), srv(10, 1, nobody, "one.example.")},
		"_agi._tcp.both.example.": {srv(10, 50, first.Port(), "one.example."), srv(10, 50, second.Port(), "two.example.")},
		"_agi._tcp.none.example.": {srv(10, 1, nobody, "one.example."), srv(20, 1, nobody, "two.example.")},
		"one.example.":            {four(first)},
		"two.example.":            {four(second)},
		"six.example.":            {&dnsmessage.AAAAResource{AAAA: six.Addr().As16()}},
		// nobody listens on this port of the first
		"some.example.": {four(first), four(second)},
	})
	k := prepareTrial(t, `[house]
exten => 1,1,Answer()
 same => n,AGI(${TO})
 same => n,UserEvent(Done,Status: ${AGISTATUS} ${BY})
exten => 2,1,Wait(600)
`)
	k.programs.Names = names
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.end()
	by := func(to, by, path string) string { return "SUCCESS " + by + " " + to + " " + path }
	for _, test := range []struct{ to, want string }{
		{"hagi://over.example/a/b", by("hagi://over.example/a/b", first.String(), "a/b")},
		{"hagi://none.example/a", "FAILURE"},
		{fmt.Sprintf("hagi://one.example:%d/p", first.Port()), by(fmt.Sprintf("hagi://one.example:%d/p", first.Port()), first.String(), "p")},
		{fmt.Sprintf("agi://[::1]:%d/v6?x=y", six.Port()), by(fmt.Sprintf("agi://[::1]:%d/v6?x=y", six.Port()), six.String(), "v6?x=y")},
		{fmt.Sprintf("agi://six.example:%d/6", six.Port()), by(fmt.Sprintf("agi://six.example:%d/6", six.Port()), six.String(), "6")},
		{fmt.Sprintf("agi://some.example:%d/s", second.Port()), by(fmt.Sprintf("agi://some.example:%d/s", second.Port()), second.String(), "s")},
		{"agi://nosuch.example/", "FAILURE"},
	} {
		k.execute("dialplan set global TO " + test.to)
		begun := time.Now()
		if got := k.told(); got != test.want {
			t.Errorf("%s: %q, want %q", test.to, got, test.want)
		}
		if took := time.Since(begun); took > patient/2 {
			t.Errorf("%s took %v", test.to, took)
		}
	}
	// Weights share the calls out.
	k.execute("dialplan set global TO hagi://both.example/w")
	seen := map[string]int{}
	for range 16 { // all of them by one server once in 32,768 times
		seen[k.told()]++
	}
	if len(seen) != 2 || seen["FAILURE"] > 0 {
		t.Errorf("the calls went to %v", seen)
	}
}
