package phone

import (
	"reflect"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// What one section of pjsip_wizard.conf makes, as Asterisk 22 lists it.
func TestWizardsMakeObjects(t *testing.T) {
	const wizards = `
[trunk]
type=wizard
sends_auth=yes
sends_registrations=yes
sends_line_with_registrations=yes
remote_hosts=127.0.0.8,127.0.0.9:5071
outbound_auth/username=u
outbound_auth/password=p
outbound_proxy=sip:127.0.0.4\;lr
transport=udp
registration/retry_interval=38
[plain]
type=wizard
remote_hosts=127.0.0.18
contact_pattern=sip:x@${REMOTE_HOST}
server_uri_pattern=sip:${REMOTE_HOST}:99
client_uri_pattern=sip:${USERNAME}@there
sends_registrations=yes
identify/match=10.0.0.1
hint_exten=11
[phone](!)
type=wizard
accepts_auth=yes
accepts_registrations=yes
has_hint=yes
inbound_auth/password=x
[desk](phone)
inbound_auth/username=desk
hint_exten=18
hint_application=Gosub(stdexten,1(${EXTEN},x))
endpoint/context=phones
[lost]
type=wizard
sends_auth=yes
has_phoneprov=yes
foo=bar
[mine]
type=wizard
accepts_registrations=yes
endpoint/context=stranger
[note]
type=something else
`
	file, err := config.Parse("pjsip_wizard.conf", []byte(wizards), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := config.Parse("pjsip.conf", []byte("[udp]\ntype=transport\nbind=127.0.0.1\n[mine]\ntype=endpoint\ncontext=own\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, problems := (&Loader{Wizards: file}).LoadPJSIP(own)

	var told []string
	for _, p := range problems {
		told = append(told, p.Problem)
	}
	for _, want := range []string{"wizard lost must have outbound_auth/username for its sends_auth", "wizard lost must have remote_hosts if it accepts no registrations",
		"wizard lost must have phoneprov/MAC for its has_phoneprov", `"foo" is no option of type=wizard`} {
		if !strings.Contains(strings.Join(told, "\n"), want) {
			t.Errorf("problems %q lack %q", told, want)
		}
	}
	if got := m.Endpoints["mine"].Context; got != "own" {
		t.Errorf("the endpoint of pjsip.conf has the context %q of the wizard", got)
	}
	d := New(Config{Model: m})
	d.setStatic(m)
	for line, want := range map[string][]string{
		"pjsip show registration trunk-reg-1": {"@pjsip_wizard            : trunk", "client_uri               : sip:u@127.0.0.9:5071",
			"server_uri               : sip:127.0.0.9:5071", "line                     : true", "endpoint                 : trunk",
			"outbound_proxy           : sip:127.0.0.4;lr", "retry_interval           : 38", "transport                : udp"},
		"pjsip show registration plain-reg-0": {"client_uri               : sip:plain@there", "server_uri               : sip:127.0.0.18:99", "outbound_auth            : \n"},
		"pjsip show aor plain":                {"contact              : sip:x@127.0.0.18\n", "max_contacts         : 0"},
		"pjsip show identify trunk-identify":  {" Match: 127.0.0.9:5071/32\n", "match             : 127.0.0.9:5071/255.255.255.255\n"},
		"pjsip show identify plain-identify":  {"match             : 10.0.0.1/255.255.255.255\n"},
		"pjsip show auth desk-iauth":          {"username                 : desk"},
		"pjsip show endpoint desk": {"auth                               : desk-iauth\n", "context                            : phones\n",
			"@hint_context                      : phones\n @hint_exten                        : 18\n @pjsip_wizard                      : desk\n"},
		"pjsip show identify desk-identify": {"Unable to find object desk-identify."},
	} {
		got, _ := run(t, d, line)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s lacks %q:\n%s", line, part, got)
			}
		}
	}
	if want := []Hint{{"phones", "18", "PJSIP/desk", "Gosub", "stdexten,1(${EXTEN},x)"}}; !reflect.DeepEqual(m.Hints, want) {
		t.Errorf("hints: got %+v, want %+v", m.Hints, want)
	}
}
