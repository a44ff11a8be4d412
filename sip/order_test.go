package sip

import (
	"net/netip"
	"strings"
	"testing"
)

func TestOrderOfHeaders(t *testing.T) {
	s := &Stack{config: Config{UserAgent: "me", Order: func(_, name string) int {
		return map[string]int{"To": -2, "From": -3, "Max-Forwards": 1, "User-Agent": 2, "Content-Type": 3}[name]
	}}}
	m := NewRequest(Options, URI{Scheme: "sip", Host: "a"})
	m.SetBody("text/plain", []byte("x"))
	for _, name := range []string{"To", "X-Second", "From", "X-First"} {
		m.Headers = append(m.Headers, Header{name, "1"})
	}
	names := func(headers string) string {
		var all []string
		for _, line := range strings.Split(strings.TrimSpace(headers), "\r\n") {
			name, _, _ := strings.Cut(line, ":")
			all = append(all, name)
		}
		return strings.Join(all[1:], " ")
	}
	head, _, _ := strings.Cut(string(s.encodeRequest(m, "SIP/2.0/UDP b")), "\r\n\r\n")
	if got, want := names(head), "Via From To X-Second X-First Max-Forwards User-Agent Content-Type Content-Length"; got != want {
		t.Errorf("the order is %s, want %s", got, want)
	}
	s.config.Order = nil
	head, _, _ = strings.Cut(string(s.encodeRequest(m, "SIP/2.0/UDP b")), "\r\n\r\n")
	if got, want := names(head), "Via Content-Type To X-Second From X-First Max-Forwards User-Agent Content-Length"; got != want {
		t.Errorf("without an order it is %s, want %s", got, want)
	}
	for range mostOrdered {
		m.Headers = append(m.Headers, Header{"X-Many", "1"})
	}
	s.config.Order = func(string, string) int { return 0 }
	if got := strings.Count(string(s.encodeRequest(m, "SIP/2.0/UDP b")), "X-Many"); got != mostOrdered {
		t.Errorf("%d of %d headers were sent", got, mostOrdered)
	}
}

func TestAssumedRport(t *testing.T) {
	m, err := Parse([]byte("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1, SIP/2.0/UDP c\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\n" +
		"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	m.Source.Remote = netip.MustParseAddrPort("192.0.2.9:5071")
	stampVia(m, true, false, nil)
	if got, want := m.Get("Via"), "SIP/2.0/UDP 192.0.2.9:5070;branch=z9hG4bK1;received=192.0.2.9;rport=5071, SIP/2.0/UDP c"; got != want {
		t.Errorf("Via is %s, want %s", got, want)
	}
}

func TestOrderOfViaParameters(t *testing.T) {
	order := []string{"ttl", "rport", "maddr", "received", "branch"}
	for _, c := range []struct {
		params, want string
		first        []string
	}{
		{";branch=z9hG4bK1;rport", ";branch=z9hG4bK1;received=192.0.2.9;rport=5071", nil},
		{";branch=z9hG4bK1;rport", ";rport=5071;received=192.0.2.9;branch=z9hG4bK1", order},
		{";a=\"x;y\";Branch=z9hG4bK1;RPort;b", ";rport=5071;received=192.0.2.9;Branch=z9hG4bK1;a=\"x;y\";b", order},
		{";branch=z9hG4bK1;ttl=3;maddr=192.0.2.1;received=192.0.2.3", ";ttl=3;maddr=192.0.2.1;received=192.0.2.9;branch=z9hG4bK1", order},
		{"", ";received=192.0.2.9", order},
	} {
		m, err := Parse([]byte("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h" + c.params + "\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		m.Source.Remote = netip.MustParseAddrPort("192.0.2.9:5071")
		stampVia(m, false, false, c.first)
		if got, want := m.Get("Via"), "SIP/2.0/UDP h"+c.want; got != want {
			t.Errorf("Via is %s, want %s", got, want)
		}
	}
}
