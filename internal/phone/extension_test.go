package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/sip"
)

const extensions = `
[plain]
type=endpoint
allow=!all,ulaw
[off]
type=endpoint
allow=!all,ulaw
100rel=no
timers=no
[strict]
type=endpoint
allow=!all,ulaw
100rel=required
timers=required
`

func TestExtensionsOfACallThatComesIn(t *testing.T) {
	const all = "100rel, timer, replaces, norefersub"
	for _, test := range []struct {
		name, technology, user, header   string
		status                           int
		unsupported, required, supported string
	}{
		{"an unknown one", PJSIP, "plain", "Require: foo", 420, "foo", "", all},
		{"two among known ones", PJSIP, "plain", "Require: foo, timer\r\nRequire: 100REL, gruu", 420, "foo, gruu", "", all},
		{"one that is switched off", PJSIP, "off", "Require: 100rel, timer", 200, "", "", "replaces, norefersub"},
		{"unknown and switched off", PJSIP, "off", "Require: 100rel, path", 420, "path", "", "replaces, norefersub"},
		{"none where two are required", PJSIP, "strict", "X-Nothing: 1", 421, "", "100rel, timer", all},
		{"one where two are required", PJSIP, "strict", "Supported: timer", 421, "", "100rel, timer", all},
		{"both", PJSIP, "strict", "Supported: timer\r\nRequire: 100rel", 200, "", "", all},
		{"an unknown one for chan_sip", SIP, "5", "Require: foo,timer, bar", 420, "foo,bar", "", "replaces, timer"},
		{"100rel for chan_sip", SIP, "5", "Require: 100rel", 420, "100rel", "", "replaces, timer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := ""
			if test.technology == PJSIP {
				text = extensions
			}
			d, legs := exchanging(t, test.technology, text)
			p := newSoftphone(t, d)
			p.invite("1", test.user, test.header)
			if test.status == 200 {
				if err := ended(t, <-legs).Answer(); err != nil {
					t.Fatal(err)
				}
			}
			r := p.wait()
			if r.Status != test.status || r.Get("Unsupported") != test.unsupported || r.Get("Supported") != test.supported ||
				r.Status > 200 && r.Get("Require") != test.required {
				t.Errorf("answered\n%s", r)
			}
		})
	}
}

func TestSIPSByUDP(t *testing.T) {
	d, _ := exchanging(t, PJSIP, extensions)
	p := newSoftphone(t, d)
	p.cseq++
	p.sendText("INVITE sips:1@127.0.0.1 SIP/2.0\r\nFrom: <sip:plain@127.0.0.1>;tag=a\r\nTo: <sips:1@127.0.0.1>\r\n", sip.Invite, "application/sdp", offer, nil)
	if r := p.wait(); r.Status != 480 || r.Get("Warning") != `381 SIP "SIPS Required"` {
		t.Errorf("answered\n%s", r)
	}
}

func TestExtensionsWithinACall(t *testing.T) {
	d, legs := exchanging(t, PJSIP, extensions)
	p := newSoftphone(t, d)
	p.invite("1", "off", "X-Nothing: 1")
	if err := ended(t, <-legs).Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.until(200)
	p.inDialog(ok, sip.Ack, "", "")
	for _, step := range [][2]string{{sip.Update, ""}, {sip.Update, offer}, {sip.Invite, offer}} {
		p.inDialog(ok, step[0], "application/sdp", step[1], "Supported: timer")
		if r := p.until(200); r.Get("Supported") != "replaces, norefersub" || !r.Has("Allow", sip.Update) {
			t.Errorf("%s was answered with\n%s", step[0], r)
		}
	}
}
