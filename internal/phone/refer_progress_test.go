package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// A phone that transferred its call hears how it goes on until that is settled, or
// it does not want to.
func TestProgressOfATransfer(t *testing.T) {
	for name, c := range map[string]struct {
		signals []media.Signal
		answer  int // to the second NOTIFY
		want    string
	}{
		"answered":    {[]media.Signal{media.Ringing, media.Ringing, media.SrcUpdate, media.Answered, media.HangupSignal}, 200, "100 Trying, 180 Ringing, 200 OK"},
		"heard":       {[]media.Signal{media.SrcUpdate, media.Ringing}, 200, "100 Trying, 200 OK"},
		"busy":        {[]media.Signal{media.Progress, media.Busy, media.Answered}, 200, "100 Trying, 183 Session Progress, 486 Busy Here"},
		"gone":        {[]media.Signal{media.HangupSignal}, 200, "100 Trying, 503 Service Unavailable"},
		"not of note": {[]media.Signal{media.Hold, media.Ringing, media.Answered}, 481, "100 Trying, 180 Ringing"},
	} {
		t.Run(name, func(t *testing.T) {
			follow := make(chan func(media.Signal), 1)
			d, legs := exchanging(t, PJSIP, callPJSIP, func(h *Hooks) {
				h.BlindTransfer = func(_ *channel.Channel, t Transfer) error { follow <- t.Follow; return nil }
			})
			p := newSoftphone(t, d)
			p.invite("1", "trunk")
			leg := ended(t, <-legs)
			if err := leg.Leg().Answer(); err != nil {
				t.Fatal(err)
			}
			talk := p.until(200)
			p.within(talk, sip.Refer, "Refer-To: <sip:far@127.0.0.1>")
			tell := <-follow
			var told []string
			take := func() {
				m := p.asked(sip.Notify)
				told = append(told, strings.TrimSuffix(strings.TrimPrefix(string(m.Body), "SIP/2.0 "), "\r\n"))
				p.answer(m, choose(len(told) == 2, c.answer, 200), "X: y")
			}
			take()
			wanted := strings.Count(c.want, ",") + 1
			s, _ := leg.Leg().(*session)
			for _, signal := range c.signals {
				tell(signal)
				if len(told) == 1 && (signal == media.Ringing || signal == media.Progress) {
					take()
					if c.answer >= 300 {
						eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.referrals == 0 })
					}
				}
			}
			for len(told) < wanted {
				take()
			}
			eventually(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.referrals == 0 })
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("told %s, want %s", got, c.want)
			}
		})
	}
}

// What a URI asks the INVITE to have is had if it takes a call over, and no more.
func TestHeadersOfAURI(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	p.invite("1", "trunk")
	by := ended(t, <-legs)
	by.SetVariable("__SIPREFERREDBYHDR", "<sip:bob@example.com>")
	c, err := d.Request(t.Context(), channel.Request{Destination: "trunk/" + p.contact() + "?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&From=me&Require=x%0d%0aEvil:%20y", Requestor: by})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c).InheritVariables(by)
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := p.invited(486, "Busy Here")
	if r.Get("Replaces") != "a@b;to-tag=1;from-tag=2" || r.Get("Require") != "" || r.Get("Evil") != "" || strings.Contains(r.Get("From"), "me;") ||
		r.Get("Referred-By") != "<sip:bob@example.com>" || strings.Contains(r.URI.String(), "?") {
		t.Errorf("the INVITE is\n%s", r)
	}
}
