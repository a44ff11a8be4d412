package phone

import (
	"maps"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/state"
)

func TestMailWatchLines(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"me@far.example/700", "me : far.example:5060 700"},
		{"me:secret@far.example:5070/700", "me me:secret far.example:5070 700"},
		{"me:secret:auth@far.example/700", "me auth:secret far.example:5060 700"},
		{"me@far.example", ""},
		{"@far.example/700", ""},
		{"far.example/700", ""},
		{"me@far.example:port/700", ""},
	} {
		w, err := parseMailWatch(test.line)
		if test.want == "" {
			if err == nil {
				t.Errorf("%s: is taken as %+v", test.line, w)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.line, err)
			continue
		}
		user, secret := "", ""
		if w.auth != nil {
			user, secret = w.auth.Username, w.auth.Password
		}
		got := strings.Join([]string{w.User, user + ":" + secret, w.Host + ":" + itoa(w.Port), w.Mailbox}, " ")
		if want := strings.Replace(test.want, ":  ", ": ", 1); got != want {
			t.Errorf("%s: got %q, want %q", test.line, got, test.want)
		}
	}
}

// What sip.conf says of message summaries, as Asterisk 16 sends them.
func TestSummaryOfSIP(t *testing.T) {
	for _, test := range []struct{ conf, kind, last string }{
		{"", typeSummary, "Voice-Message: 2/1 (0/0)\r\n"},
		{"buggymwi=yes\n", typeSummary, "Voice-Message: 2/1\r\n"},
		{"notifymimetype=text/plain\n", "text/plain", "Voice-Message: 2/1 (0/0)\r\n"},
	} {
		m, problems := load(t, SIP, "[general]\n"+test.conf)
		if len(problems) > 0 {
			t.Errorf("%q: %v", test.conf, problems)
		}
		kind, body := m.summarySIP(&Endpoint{Peer: &Peer{BuggyMWI: m.defaults.Peer.BuggyMWI}}, state.Counts{New: 2, Old: 1}, "")
		if got, want := string(body), "Messages-Waiting: yes\r\n"+test.last; kind != test.kind || got != want {
			t.Errorf("%q: got %q %q, want %q %q", test.conf, kind, got, test.kind, want)
		}
	}
}

// A peer with callbackextension is one that we register with.
func TestCallbackExtension(t *testing.T) {
	m, _ := load(t, SIP, "[general]\ntcpenable=yes\n[far]\ntype=peer\nhost=far.example\nport=5070\ndefaultuser=me\nsecret=s\ncallbackextension=100\ntransport=tcp\n"+
		"[here]\ntype=peer\nhost=dynamic\ncallbackextension=101\n")
	if len(m.Registrations) != 1 {
		t.Fatalf("%d registrations, want 1", len(m.Registrations))
	}
	r := m.Registrations[0]
	if r.User != "me" || r.Host != "far.example" || r.Port != 5070 || r.ContactUser != "100" || r.Transport != "tcp" {
		t.Errorf("got %+v", r)
	}
}

// A peer of several sections is registered with once, by what the last of them leaves.
func TestCallbackExtensionOfTwoSections(t *testing.T) {
	m, _ := load(t, SIP, "[common](!)\ntype=peer\ncallbackextension=100\nhost=far.example\n[far](common)\nsecret=s\n"+
		"[far](+)\ndefaultuser=me\n[near]\ntype=peer\nhost=near.example\ncallbackextension=5\n[Near]\ntype=peer\nhost=near.example\nport=5070\n")
	got := map[string]string{}
	for _, r := range m.Registrations {
		got[r.Host] += r.User + "/" + r.ContactUser + ":" + itoa(r.Port)
	}
	if want := map[string]string{"far.example": "me/100:5060", "near.example": "near/5:5070"}; !maps.Equal(got, want) {
		t.Errorf("registrations %v, want %v", got, want)
	}
}

func TestDomains(t *testing.T) {
	m, _ := load(t, SIP, "[general]\nudpbindaddr=192.0.2.1\nautodomain=yes\ndomain=Office.example,inside\n")
	g := m.Global.General
	if d := g.domain("office.EXAMPLE"); d == nil || d.auto || d.Context != "inside" {
		t.Errorf("the configured one is %+v", d)
	}
	if d := g.domain("192.0.2.1"); d == nil || !d.auto {
		t.Errorf("the address is %+v", d)
	}
	if g.domain("elsewhere.example") != nil {
		t.Error("another domain is ours, too")
	}
}

func TestShrunken(t *testing.T) {
	for number, want := range map[string]string{"(555)123-45.67": "5551234567", "+34-91": "+3491", "zoe-1": "zoe-1", "": "", "*8": "*8", "-": "-"} {
		if got := shrunken(number); got != want {
			t.Errorf("%q became %q, want %q", number, got, want)
		}
	}
}
