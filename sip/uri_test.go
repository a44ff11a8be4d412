package sip

import (
	"testing"

	"pgregory.net/rapid"
)

func TestParseURI(t *testing.T) {
	for _, test := range []struct {
		in   string
		want URI
	}{
		{"sip:alice@atlanta.com", URI{Scheme: "sip", User: "alice", Host: "atlanta.com"}},
		{"sip:alice:secretword@atlanta.com;transport=tcp", URI{Scheme: "sip", User: "alice", Password: "secretword", Host: "atlanta.com", Params: ";transport=tcp"}},
		{"SIPS:alice@atlanta.com?subject=project%20x&priority=urgent", URI{Scheme: "sips", User: "alice", Host: "atlanta.com", Headers: "subject=project%20x&priority=urgent"}},
		{"sip:+1-212-555-1212:1234@gateway.com;user=phone", URI{Scheme: "sip", User: "+1-212-555-1212", Password: "1234", Host: "gateway.com", Params: ";user=phone"}},
		{"sip:192.0.2.4", URI{Scheme: "sip", Host: "192.0.2.4"}},
		{"sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", URI{Scheme: "sip", Host: "atlanta.com", Params: ";method=REGISTER", Headers: "to=alice%40atlanta.com"}},
		{"sip:alice;day=tuesday@atlanta.com", URI{Scheme: "sip", User: "alice;day=tuesday", Host: "atlanta.com"}},
		{"sip:a?b/c@h:5080;lr", URI{Scheme: "sip", User: "a?b/c", Host: "h", Port: 5080, Params: ";lr"}},
		{"sip:[2001:db8::1]:5061;transport=tls", URI{Scheme: "sip", Host: "[2001:db8::1]", Port: 5061, Params: ";transport=tls"}},
		{"sip:a@[fe80::1%eth0]", URI{Scheme: "sip", User: "a", Host: "[fe80::1%eth0]"}},
		{"sip:my_host", URI{Scheme: "sip", Host: "my_host"}},
		{"tel:+1-201-555-0123;phone-context=x", URI{Scheme: "tel", User: "+1-201-555-0123", Params: ";phone-context=x"}},
		{"TEL:*72", URI{Scheme: "tel", User: "*72"}},
		{"urn:service:sos", URI{Scheme: "urn", Opaque: "service:sos"}},
	} {
		got, err := ParseURI(test.in)
		if err != nil || got != test.want {
			t.Errorf("%s: got %+v, %v, want %+v", test.in, got, err, test.want)
			continue
		}
		again, err := ParseURI(got.String())
		if err != nil || again != got {
			t.Errorf("%s: written as %s and read as %+v, %v", test.in, got, again, err)
		}
	}
}

func TestParseURIErrors(t *testing.T) {
	for _, in := range []string{"", "sip", ":", "sip:", "sip:@", "sip:a@", "sip::b@h", "sip:a@b@c", "sip:h:", "sip:h:x", "sip:h:65536", "sip:h:-1", "sip:h:+1",
		"sip:h:5060:1", "sip:2001:db8::1", "sip:[::1", "sip:[::1]x", "sip:[::1]:", "sip:[1.2.3.4]", "sip:[:::1]", "sip:[]", "sip:a b@h", "sip:a@h h",
		"sip:<h>", `sip:"a"@h`, "sip:h,i", "sip:a\x00@h", "sip:a@h\n", "1a:b", "a b:c", "tel:", "tel:+", "tel:abcxyz", "tel:1+2", "http:"} {
		if u, err := ParseURI(in); err == nil {
			t.Errorf("%q is read as %+v", in, u)
		}
	}
}

// TestURIEqual has the examples of RFC 3261 §19.1.4, and those of IPv6 and tel.
func TestURIEqual(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		{"sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on", false},
		{"sip:a@h", "sips:a@h", false},
		{"sip:a@h", "sip:h", false},
		{"sip:a:b@h", "sip:a:c@h", false},
		{"sip:a@h;user=phone", "sip:a@h", false},
		{"sip:a@h;ttl=1", "sip:a@h", false},
		{"sip:a@h;maddr=x", "sip:a@h", false},
		{"sip:a@h;lr", "sip:a@h", true},
		{"sip:a@h;%6C%72=1", "sip:a@h;lr=2", false},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0:0:0:0:1]", true},
		{"sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]", false},
		{"sip:h;a=1;a=2", "sip:h;a=1;a=2", true},
		{"sip:h;=0;", "sip:h", true},
		{"tel:+1-201-555-0123", "tel:+1(201)5550123", true},
		{"tel:7042;phone-context=example.com", "tel:7042;phone-context=EXAMPLE.com", true},
		{"tel:7042;phone-context=+1-201", "tel:7042;phone-context=+1201", true},
		{"tel:7042;phone-context=example.com", "tel:7042", false},
		{"tel:+12015550123", "tel:12015550123", false},
		{"tel:1", "sip:1", false},
		{"urn:service:sos", "urn:service:sos", true},
		{"urn:service:sos", "urn:service:fire", false},
	} {
		a, err := ParseURI(test.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ParseURI(test.b)
		if err != nil {
			t.Fatal(err)
		}
		if a.Equal(b) != test.want || b.Equal(a) != test.want {
			t.Errorf("%s and %s: got %v, %v, want %v", a, b, a.Equal(b), b.Equal(a), test.want)
		}
	}
}

func TestURIParams(t *testing.T) {
	u, err := ParseURI("sip:a@h;Transport=TCP;lr")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := u.Transport(), "tcp"; got != want {
		t.Errorf("transport: got %s, want %s", got, want)
	}
	for _, test := range []struct {
		got  URI
		want string
	}{
		{u.WithParam("transport", "tls"), "sip:a@h;transport=tls;lr"},
		{u.WithParam("ob", ""), "sip:a@h;Transport=TCP;lr;ob"},
		{u.WithParam("x", "a;b c"), "sip:a@h;Transport=TCP;lr;x=a%3Bb%20c"},
		{u.WithoutParam("TRANSPORT"), "sip:a@h;lr"},
		{u.WithoutParam("none"), "sip:a@h;Transport=TCP;lr"},
		{u.WithoutParam("lr").WithHeader("Replaces", "c@h;to-tag=1;from-tag=2"), "sip:a@h;Transport=TCP?Replaces=c%40h%3Bto-tag%3D1%3Bfrom-tag%3D2"},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
	v := u.WithHeader("a", "1").WithHeader("Replaces", "c@h;to-tag=1 &")
	if got, ok := v.Header("replaces"); !ok || got != "c@h;to-tag=1 &" {
		t.Errorf("header of %s: got %q", v, got)
	}
}

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{"1001": "1001", "+49 30": "+49%2030", "a@b": "a%40b", "*72#": "*72%23", "ü": "%C3%BC", "a:b": "a%3Ab", "": ""} {
		if got := EscapeUser(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"%": "%", "%4": "%4", "%zz": "%zz", "%41%": "A%", "%2541": "%41"} {
		if got := Unescape(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		user := rapid.StringN(1, 20, -1).Draw(t, "user")
		u, err := ParseURI("sip:" + EscapeUser(user) + "@h")
		if err != nil || u.UserText() != user {
			t.Errorf("%q: got %q, %v", user, u.UserText(), err)
		}
	})
}
