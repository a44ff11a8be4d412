package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// With symmetric_transport a contact keeps the name of the transport; neither the
// phone that asks for its contacts nor the one that is called sees it.
func TestSymmetricTransport(t *testing.T) {
	d, _ := wired(t, PJSIP, "symmetric_transport=yes\n[alice]\ntype=endpoint\naors=alice\nrewrite_contact=yes\n[alice]\ntype=aor\nmax_contacts=1\nqualify_frequency=60\n", Hooks{})
	p := newSoftphone(t, d)
	said := "sip:me@192.0.2.7:5090"
	r := p.ask(sip.Register, "sip:127.0.0.1", "alice", "Contact: <"+said+">", "Expires: 60")
	if r.Status != 200 || !strings.HasPrefix(r.Get("Contact"), "<"+said+">;expires=") {
		t.Errorf("%d, Contact %s", r.Status, r.Get("Contact"))
	}
	c := d.Contacts("alice")[0]
	if !strings.HasSuffix(c.URI, ";x-ast-txp=udp") || !strings.Contains(c.URI, origHost) {
		t.Errorf("contact %s", c.URI)
	}
	if got := d.symmetricWay(c); got != d.transport("udp") {
		t.Errorf("goes by %v", got)
	}
	if q := p.expect(sip.Options); strings.Contains(q.URI.String()+q.Get("To"), transportParam) {
		t.Errorf("OPTIONS shows the transport: %s, To %s", q.URI, q.Get("To"))
	}
}

func TestCutTransport(t *testing.T) {
	for uri, want := range map[string][2]string{
		"sip:a@h;x-ast-txp=tcp;ob": {"sip:a@h;ob", "tcp"},
		"sip:a@h;ob;x-ast-txp=udp": {"sip:a@h;ob", "udp"},
		"sip:a@h;ob":               {"sip:a@h;ob", ""},
	} {
		if rest, name := cutTransport(uri); rest != want[0] || name != want[1] {
			t.Errorf("%s: got %q %q, want %q", uri, rest, name, want)
		}
	}
	named := &Contact{URI: "sip:a@phone.example.com;x-ast-txp=udp"}
	if d := New(Config{Model: newModel(PJSIP)}); d.symmetricWay(named) != nil {
		t.Error("a host's name goes by a fixed transport")
	}
}

// compact_headers and disable_rport change what every message looks like.
func TestCompactHeadersAndNoRport(t *testing.T) {
	d, _ := wired(t, PJSIP, "[system]\ntype=system\ncompact_headers=yes\ndisable_rport=yes\n[alice]\ntype=endpoint\naors=alice\n[alice]\ntype=aor\nmax_contacts=1\nqualify_frequency=60\n", Hooks{})
	sent := make(chan string, 16)
	d.stack.SetTrace(func(out bool, _ sip.Source, message []byte) {
		if out {
			sent <- string(message)
		}
	})
	p := newSoftphone(t, d)
	if r := p.ask(sip.Register, "sip:127.0.0.1", "alice", "Contact: <"+p.contact()+">", "Expires: 60"); r.Status != 200 {
		t.Fatalf("registered with %d", r.Status)
	}
	p.expect(sip.Options)
	seen := 0
	for len(sent) > 0 {
		message := <-sent
		for _, name := range []string{"\r\nv: SIP", "\r\nf: ", "\r\nt: ", "\r\nm: ", "\r\ni: ", "\r\nl: "} {
			if !strings.Contains(message, name) {
				t.Errorf("%q lacks %q", message, name)
			}
		}
		if strings.HasPrefix(message, "OPTIONS") {
			seen++
			if strings.Contains(message, "rport") {
				t.Errorf("rport stands in %q", message)
			}
		}
	}
	if seen == 0 {
		t.Error("no OPTIONS was seen")
	}
}
