package phone

import (
	"maps"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// What Asterisk 22 tells a template of a line of type=phoneprov.
func TestProvisions(t *testing.T) {
	parse := func(name, text string) *config.File {
		f, err := config.Parse(name, []byte(text), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	file := parse("pjsip.conf", `[udp]
type=transport
bind=127.0.0.1:5061
[carol]
type=endpoint
auth=carol-auth
transport=udp
callerid="Carol Roe" <2001>
[carol-auth]
type=auth
username=carol-name
password=secret
[carol-phone]
type=phoneprov
endpoint=carol
MAC=00aabbcc0101
PROFILE=pj
LABEL=Carol's
[bare]
type=phoneprov
mac=00aabbcc0102
PROFILE=pj
[no-mac]
type=phoneprov
PROFILE=pj
[no-profile]
type=phoneprov
MAC=1
[lost]
type=phoneprov
MAC=1
PROFILE=pj
endpoint=nobody
`)
	wizards := parse("pjsip_wizard.conf", "[dave]\ntype=wizard\naccepts_registrations=yes\nhas_phoneprov=yes\nphoneprov/MAC=00aabbcc0201\nphoneprov/PROFILE=pj\n")
	m, problems := (&Loader{Wizards: wizards}).LoadPJSIP(file)
	var told []string
	for _, p := range problems {
		told = append(told, p.Problem)
	}
	for _, want := range []string{"phoneprov no-mac has no MAC", "phoneprov no-profile has no PROFILE", `endpoint names "nobody"`} {
		if !strings.Contains(strings.Join(told, "\n"), want) {
			t.Errorf("problems %q lack %q", told, want)
		}
	}
	want := map[string]map[string]string{
		"carol-phone": {"MAC": "00aabbcc0101", "PROFILE": "pj", "LABEL": "Carol's", "USERNAME": "carol-name", "SECRET": "secret", "DISPLAY_NAME": "Carol Roe",
			"CALLERID": "2001", "ENDPOINT_ID": "carol", "TRANSPORT_ID": "udp", "AUTH_ID": "carol-auth", "SERVER_PORT": "5061"},
		"bare":           {"mac": "00aabbcc0102", "PROFILE": "pj", "USERNAME": "bare", "LABEL": "bare"},
		"dave-phoneprov": {"MAC": "00aabbcc0201", "PROFILE": "pj", "USERNAME": "dave-phoneprov", "LABEL": "dave-phoneprov", "ENDPOINT_ID": "dave"},
	}
	all := m.Provisions()
	for _, p := range all {
		if !maps.Equal(p.Variables, want[p.Name]) {
			t.Errorf("%s: %v, want %v", p.Name, p.Variables, want[p.Name])
		}
	}
	if len(all) != len(want) {
		t.Errorf("%d lines, want %d", len(all), len(want))
	}
}
