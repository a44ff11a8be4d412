package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// Keys come by INFO in two forms, whatever parameters the type of the body has.
func TestKeysByINFO(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP)
	newSoftphone(t, d).invite("1", "trunk", "X-One: first")
	c := ended(t, <-legs)
	heard := ""
	c.SetSink(func(f media.Frame) {
		if f.Kind == media.DTMFEnd {
			heard += string(f.Digit)
		}
	})
	for _, m := range []struct{ kind, body, want string }{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"}, {"Application/DTMF-Relay; charset=utf-8", "Signal= #\r\n", "#"},
		{"application/dtmf", "11", "#"}, {"application/dtmf", "d", "D"}, {"application/dtmf", "55", ""}, {"text/plain", "5", ""}, {"", "5", ""},
	} {
		r := &sip.Message{}
		if m.kind != "" {
			r.Add("Content-Type", m.kind)
		}
		r.Body = []byte(m.body)
		heard = ""
		c.Leg().(*session).info(r)
		if heard != m.want {
			t.Errorf("%s %q is %q, want %q", m.kind, m.body, heard, m.want)
		}
	}
}
