package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

func bodied(kind, body string) *sip.Message {
	r := &sip.Message{}
	if kind != "" {
		r.Add("Content-Type", kind)
	}
	r.Body = []byte(body)
	return r
}

// What INFO brings, and how either reference answers it.
func TestKeysByINFO(t *testing.T) {
	pjsip, chanSIP := &session{driver: &Driver{technology: PJSIP}}, &session{driver: &Driver{technology: SIP}}
	for _, c := range []struct {
		kind, body, want string
		pjsip, sip       int
	}{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5", 200, 200}, {"Application/DTMF-Relay; charset=utf-8", "Signal= #\r\n", "#", 200, 200},
		{"application/dtmf-relay", "Signal=55\r\n", "", 500, 200}, {"application/dtmf-relay", "", "", 200, 200}, {"application/dtmf-relay", "Signal=!\r\n", "flash", 200, 200},
		{"application/dtmf", "11", "#", 200, 200}, {"application/dtmf", "d", "D", 200, 200}, {"application/dtmf", "16", "flash", 200, 200},
		{"application/dtmf", "x", "", 500, 200}, {"application/dtmf", "17", "", 500, 200}, {"application/dtmf", "", "", 200, 200},
		{"application/media_control+xml", "<x/>", "", 200, 200}, {"text/plain", "5", "", 200, 415}, {"", "5", "", 200, 415}, {"", "", "", 200, 200},
	} {
		for s, want := range map[*session]int{pjsip: c.pjsip, chanSIP: c.sip} {
			f, ok, status := s.info(bodied(c.kind, c.body))
			got := ""
			switch {
			case ok && f.Kind == media.DTMFEnd:
				got = string(f.Digit)
			case ok && f.Signal == media.Flash:
				got = "flash"
			}
			if got != c.want || status != want {
				t.Errorf("%s: %s %q is %q with %d, want %q with %d", s.driver.technology, c.kind, c.body, got, status, c.want, want)
			}
		}
	}
}

func TestTextWithinACall(t *testing.T) {
	pjsip, chanSIP := &session{driver: &Driver{technology: PJSIP}}, &session{driver: &Driver{technology: SIP}}
	for _, c := range []struct {
		kind, body string
		pjsip, sip int
	}{
		{"text/plain", "hi", 202, 202}, {"text/plain;charset=UTF-8", "hi", 202, 202}, {"text/html", "hi", 202, 415}, {"application/x", "", 415, 415},
		{"text/plain", "", 415, 202}, {"", "hi", 415, 415},
	} {
		if got := pjsip.text(bodied(c.kind, c.body)); got != c.pjsip {
			t.Errorf("PJSIP: %s %q: %d, want %d", c.kind, c.body, got, c.pjsip)
		}
		if got := chanSIP.text(bodied(c.kind, c.body)); got != c.sip {
			t.Errorf("SIP: %s %q: %d, want %d", c.kind, c.body, got, c.sip)
		}
	}
}
