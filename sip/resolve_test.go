package sip

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

type fakeResolver struct {
	naptr map[string][]NAPTR
	srv   map[string][]SRV
	addrs map[string][]netip.Addr
}

var errNoName = errors.New("no such name")

func (r *fakeResolver) LookupNAPTR(_ context.Context, name string) ([]NAPTR, error) {
	return r.naptr[name], nil
}
func (r *fakeResolver) LookupSRV(_ context.Context, name string) ([]SRV, error) {
	return r.srv[name], nil
}
func (r *fakeResolver) LookupAddr(_ context.Context, name string) ([]netip.Addr, error) {
	if list := r.addrs[name]; list != nil {
		return list, nil
	}
	return nil, errNoName
}

func TestResolve(t *testing.T) {
	names := &fakeResolver{
		naptr: map[string][]NAPTR{"naptr.example": {
			{50, 50, "s", "SIP+D2U", "_sip._udp.naptr.example.", ""},
			{10, 50, "s", "SIP+D2T", "_sip._tcp.naptr.example.", ""},
			{5, 50, "u", "E2U+sip", "x.", ""}},
			"alias.example": {{0, 1, "S", "SIP+D2T", "_sip._tcp.other.example", ""}, {0, 2, "S", "SIP+D2U", "_sip._udp.other.example", ""}}},
		srv: map[string][]SRV{
			"_sip._udp.naptr.example": {{"a.example.", 5070, 10, 0}},
			"_sip._tcp.naptr.example": {{"b.example.", 5080, 20, 0}, {"a.example.", 5081, 10, 0}},
			"_sip._udp.srv.example":   {{"a.example.", 5090, 0, 0}},
			"_sip._udp.both.example":  {{"a.example.", 5091, 0, 0}},
			"_sip._tcp.both.example":  {{"a.example.", 5092, 9, 0}},
			"_sip._udp.other.example": {{"b.example.", 5093, 0, 0}},
			"_sip._udp.none.example":  {{".", 0, 0, 0}},
		},
		addrs: map[string][]netip.Addr{
			"a.example":    {netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("2001:db8::10")},
			"b.example":    {netip.MustParseAddr("192.0.2.11")},
			"none.example": {netip.MustParseAddr("192.0.2.12")},
		},
	}
	s := NewStack(Config{Resolver: names, SwitchToTCP: true})
	defer s.Close()
	for _, network := range []string{"udp", "tcp"} {
		if _, err := s.Listen(network, "0.0.0.0:0", ListenOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		uri   string
		large bool
		want  string
	}{
		{"sip:192.0.2.1", false, "udp 192.0.2.1:5060"},
		{"sip:192.0.2.1:5070", true, "tcp 192.0.2.1:5070, udp 192.0.2.1:5070"},
		{"sip:192.0.2.1;transport=udp", true, "udp 192.0.2.1:5060"},
		{"sip:[2001:db8::1];transport=tcp", false, "tcp [2001:db8::1]:5060"},
		{"sips:192.0.2.1", false, "tls 192.0.2.1:5061"},
		{"sip:x.example;maddr=192.0.2.7", false, "udp 192.0.2.7:5060"},
		{"sip:a.example:5071", false, "udp 192.0.2.10:5071"},
		{"sip:a.example", false, "udp 192.0.2.10:5060"},
		{"sip:srv.example", false, "udp 192.0.2.10:5090"},
		{"sip:naptr.example", false, "tcp 192.0.2.10:5081, tcp 192.0.2.11:5080, udp 192.0.2.10:5070"},
		{"sip:naptr.example;transport=udp", false, "udp 192.0.2.10:5070"},
		{"sip:alias.example;transport=udp", false, "udp 192.0.2.11:5093"},
		{"sip:both.example", false, "tcp 192.0.2.10:5092, udp 192.0.2.10:5091"},
		{"sip:none.example", false, "error"}, // its SRV record says so
		{"sip:none.example:5060", false, "udp 192.0.2.12:5060"},
		{"sip:unknown.example", false, "error"},
		{"tel:123", false, "error"},
	}
	for _, test := range tests {
		u, err := ParseURI(test.uri)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.resolve(context.Background(), hop{uri: u, large: test.large})
		var got []string
		for _, x := range list {
			got = append(got, x.network+" "+x.addr.String())
		}
		if err != nil {
			got = []string{"error"}
		}
		if g := strings.Join(got, ", "); g != test.want {
			t.Errorf("%s: %s, want %s", test.uri, g, test.want)
		}
	}
}

func TestWeightsOfSRV(t *testing.T) {
	first := map[string]int{}
	for range 2000 {
		list := byWeight([]SRV{{"c", 1, 2, 9}, {"a", 1, 1, 75}, {"b", 1, 1, 25}})
		if len(list) != 3 || list[2].Target != "c" {
			t.Fatalf("order %v, want c last", list)
		}
		first[list[0].Target]++
	}
	if n := first["a"]; n < 1350 || n > 1650 {
		t.Errorf("weight 75 came first %d times of 2000, want about 1500", n)
	}
}

// A zone with thousands of records costs no more than a few questions and targets.
func TestTargetsAreBounded(t *testing.T) {
	names := &fakeResolver{srv: map[string][]SRV{}, addrs: map[string][]netip.Addr{}}
	for i := range 200 {
		a := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		names.addrs["many.example"] = append(names.addrs["many.example"], a)
		host := a.String() + ".one.example"
		names.addrs[host] = []netip.Addr{a}
		names.srv["_sip._udp.srv.example"] = append(names.srv["_sip._udp.srv.example"], SRV{Target: host, Port: 5060})
	}
	s := NewStack(Config{Resolver: names})
	defer s.Close()
	if _, err := s.Listen("udp", "0.0.0.0:0", ListenOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"many.example", "srv.example"} {
		list, err := s.resolve(context.Background(), hop{uri: URI{Scheme: "sip", Host: host}})
		if err != nil || len(list) != maxTargets {
			t.Errorf("%s: %d targets (%v), want %d", host, len(list), err, maxTargets)
		}
	}
}

// A transport that the program chose is asked for addresses that it reaches.
func TestResolveForTheTransport(t *testing.T) {
	v4, v6 := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")
	s := NewStack(Config{Resolver: &fakeResolver{addrs: map[string][]netip.Addr{"both.example": {v4, v6}}}})
	defer s.Close()
	var transports []*Transport
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		through, err := s.Listen("udp", address, ListenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		transports = append(transports, through)
	}
	for _, through := range transports {
		list, err := s.resolve(context.Background(), hop{uri: URI{Scheme: "sip", Host: "both.example"}, network: "udp", through: through})
		if err != nil || len(list) != 2 || !through.reaches(list[0].addr.Addr()) {
			t.Errorf("through %s: %v, %v", through.local, list, err)
		}
	}
}
