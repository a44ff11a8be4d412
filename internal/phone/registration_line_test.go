package phone

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

// A call with the token of a registration is its endpoint's; the token cannot be
// worked out of the configuration, and survives a reload.
func TestTheTokenOfALineIsASecret(t *testing.T) {
	const text = "[reg]\ntype=registration\nserver_uri=sip:sip.example.com\nclient_uri=sip:100@sip.example.com\nline=yes\nendpoint=provider\n[provider]\ntype=endpoint\n"
	m, _ := load(t, PJSIP, text)
	token := lineOf(m.Registrations[0])
	if again, _ := load(t, PJSIP, text); lineOf(again.Registrations[0]) != token {
		t.Error("the token is another one after a reload")
	}
	guess := sha256.Sum256([]byte("reg\x00sip:100@sip.example.com\x00sip:sip.example.com"))
	d := &Driver{}
	for _, c := range []struct {
		line, want string
	}{{token, "provider"}, {hex.EncodeToString(guess[:8]), ""}, {hex.EncodeToString(guess[:16]), ""}, {"", ""}} {
		uri, err := sip.ParseURI("sip:100@192.0.2.1;line=" + c.line)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if e := d.identify(m, sip.NewRequest(sip.Invite, uri)); e != nil {
			got = e.Name
		}
		if got != c.want {
			t.Errorf("line=%s is of %q, want %q", c.line, got, c.want)
		}
	}
}
