package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

func TestAutoCreatePeer(t *testing.T) {
	for _, c := range []struct {
		value, shown string
		created      bool
		kept         bool // by a reload
	}{
		{"no", "Off", false, false}, {"yes", "Volatile", true, false}, {"persist", "Persisted", true, true},
	} {
		t.Run(c.value, func(t *testing.T) {
			text := "[general]\nautocreatepeer=" + c.value + "\n[100]\ntype=friend\nhost=dynamic\nsecret=x\n"
			d, _ := wired(t, SIP, text, Hooks{})
			p := newSoftphone(t, d)
			contact := "Contact: <" + p.contact() + ">"
			ask := func(user string, expires string) int {
				return p.ask(sip.Register, "sip:127.0.0.1", user, contact, "Expires: "+expires).Status
			}
			want := 401
			if c.created {
				want = 200
			}
			if got := ask("fresh", "60"); got != want {
				t.Fatalf("who is nobody is answered %d, want %d", got, want)
			}
			if got := ask("100", "60"); got != 401 {
				t.Errorf("who has a secret is answered %d without it, want 401", got)
			}
			there := func() bool { return d.Model().Endpoint("fresh") != nil }
			if there() != c.created {
				t.Errorf("the peer is there: %v, want %v", there(), c.created)
			}
			if out, _ := run(t, d, "sip show settings"); !strings.Contains(out, "  AutoCreate Peer:        "+c.shown+"\n") {
				t.Errorf("settings without %s:\n%s", c.shown, out)
			}
			m, _ := load(t, SIP, text)
			m.Transports = d.Model().Transports
			if err := d.Reload(m); err != nil {
				t.Fatal(err)
			}
			if there() != c.kept {
				t.Errorf("after a reload it is there: %v, want %v", there(), c.kept)
			}
			if c.created {
				if got := ask("fresh", "0"); got != 200 || there() {
					t.Errorf("its registration is taken back with %d, and it is there: %v", got, there())
				}
			}
		})
	}
}
