package sip

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for _, test := range []struct {
		in, display, uri, params, written string
	}{
		{"sip:a@h", "", "sip:a@h", "", "<sip:a@h>"},
		{" sip:a@h ; tag = 1 ", "", "sip:a@h", "; tag = 1", "<sip:a@h>; tag = 1"},
		{"<sip:a@h;lr>;x", "", "sip:a@h;lr", ";x", "<sip:a@h;lr>;x"},
		{"Ann <sip:a@h>", "Ann", "sip:a@h", "", `"Ann" <sip:a@h>`},
		{`"Ann \"B\" \\ <x>"<sip:a@h>;tag=1`, `Ann "B" \ <x>`, "sip:a@h", ";tag=1", `"Ann \"B\" \\ <x>" <sip:a@h>;tag=1`},
		{`"" <sip:a@h>`, "", "sip:a@h", "", "<sip:a@h>"},
		{"Müller <sip:a@h>", "Müller", "sip:a@h", "", `"Müller" <sip:a@h>`},
		{`<sip:a@h>;reason="a;b\"c";counter=1`, "", "sip:a@h", `;reason="a;b\"c";counter=1`, `<sip:a@h>;reason="a;b\"c";counter=1`},
		{"<tel:+1-2>;x=[::1]", "", "tel:+1-2", ";x=[::1]", "<tel:+1-2>;x=[::1]"},
		{"<urn:uuid:1>", "", "urn:uuid:1", "", "<urn:uuid:1>"},
	} {
		a, err := ParseAddress(test.in)
		if err != nil || a.Display != test.display || a.URI.String() != test.uri || a.Params != test.params {
			t.Errorf("%s: got %+v, %v", test.in, a, err)
		}
		if got := a.String(); got != test.written {
			t.Errorf("%s: written %s, want %s", test.in, got, test.written)
		}
	}
	for _, in := range []string{"", "a", "<>", "<sip:a@h", "sip:a@h>", `"a <sip:a@h>`, "<sip:a@h> x", "<sip:a@h>;", "<sip:a@h>;;x", "<sip:a@h>;=1",
		`<sip:a@h>;a="b`, "<sip:a@h>;a b", "<sip:a@h>;tag=1, <sip:b@h>", "sip:a@h?x=y", "sip:a,b@h", "<sip:a@h\r\n>", "**"} {
		if a, err := ParseAddress(in); err == nil {
			t.Errorf("%q is read as %+v", in, a)
		}
	}
	if a, err := ParseAddress(" * "); err != nil || !a.Star || a.String() != "*" || a.IsZero() {
		t.Errorf("*: got %+v, %v", a, err)
	}
}

func TestAddressParams(t *testing.T) {
	a, err := ParseAddress(`Ann <sip:a@h>;tag=1;Reason="a b";flag`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		got  Address
		want string
	}{
		{a.WithTag("2"), `"Ann" <sip:a@h>;Reason="a b";flag;tag=2`},
		{a.WithTag(""), `"Ann" <sip:a@h>;Reason="a b";flag`},
		{a.WithParam("reason", "busy"), `"Ann" <sip:a@h>;tag=1;reason=busy;flag`},
		{a.WithParam("q", "x;y"), `"Ann" <sip:a@h>;tag=1;Reason="a b";flag;q="x;y"`},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
	if v, ok := a.Param("reason"); v != "a b" || !ok || a.Tag() != "1" {
		t.Errorf("reason is %q, tag %q", v, a.Tag())
	}
	if _, ok := a.Param("flag"); !ok {
		t.Error("flag is not there")
	}
	if _, ok := a.Param("fla"); ok {
		t.Error("fla is there")
	}
}

func TestParseVia(t *testing.T) {
	for _, test := range []struct {
		in, host string
		port     int
		branch   string
	}{
		{"SIP/2.0/UDP h;branch=1", "h", 0, "1"},
		{"sip / 2.0 / tls h : 5061 ; branch = 1 ; rport", "h", 5061, "1"},
		{"SIP/2.0/WSS\td.invalid;Branch=1", "d.invalid", 0, "1"},
		{"SIP/2.0/TCP [2001:db8::1]:5060;received=2001:db8::2;branch=1", "[2001:db8::1]", 5060, "1"},
		{"SIP/2.0/UDP a;branch=1,SIP/2.0/UDP b", "a", 0, "1"},
		{"SIP/2.0/UDP a", "a", 0, ""},
	} {
		v, err := ParseVia(test.in)
		if err != nil || v.Host != test.host || v.Port != test.port || v.Branch() != test.branch {
			t.Errorf("%s: got %+v, %v", test.in, v, err)
		}
		again, err := ParseVia(v.String())
		if err != nil || again.Host != v.Host || again.Port != v.Port || again.Branch() != v.Branch() {
			t.Errorf("%s: written as %s", test.in, v)
		}
	}
	for _, in := range []string{"", "UDP h", "SIP/2.0 h", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/ h", "SIP/3.0/UDP h", "XIP/2.0/UDP h", "SIP/2.0/UDP h i",
		"SIP/2.0/UDP h;", "SIP/2.0/UDP h;a=b c", "SIP/2.0/UDP ;branch=1", "SIP/2.0/UDP h:99999", "SIP/2.0/UDP [::1"} {
		if v, err := ParseVia(in); err == nil {
			t.Errorf("%q is read as %+v", in, v)
		}
	}
}

func TestVias(t *testing.T) {
	m := &Message{Status: 200}
	m.Add("v", "SIP/2.0/UDP a;branch=1 , SIP/2.0/TCP b;branch=2")
	m.Add("Via", "SIP/2.0/TLS c;branch=3")
	list, err := m.Vias()
	var hosts []string
	for _, v := range list {
		hosts = append(hosts, v.Host)
	}
	if got := strings.Join(hosts, " "); err != nil || got != "a b c" || m.Via.Host != "a" {
		t.Errorf("got %s, topmost %s, %v", got, m.Via.Host, err)
	}
	m.Add("Via", "SIP/2.0/TLS d,")
	if list, err := m.Vias(); err == nil {
		t.Errorf("a list with an empty element is read as %v", list)
	}
}
