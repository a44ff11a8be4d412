package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// The key for recording is that of a feature, for endpoints that may.
func TestOneTouchRecording(t *testing.T) {
	const text = "[yes]\ntype=endpoint\ncontext=office\nallow=!all,ulaw\none_touch_recording=yes\nrecord_off_feature=other\n" +
		"[no]\ntype=endpoint\ncontext=office\nallow=!all,ulaw\n"
	for _, c := range []struct {
		endpoint, record string
		status           int
		keys             string
	}{
		{"yes", "on", 200, "*3"}, {"yes", "On", 200, "*3"}, {"yes", "off", 403, ""}, {"yes", "never", 200, ""}, {"no", "on", 403, ""}, {"no", "", 200, ""},
	} {
		t.Run(c.endpoint+" "+c.record, func(t *testing.T) {
			d, legs := exchanging(t, PJSIP, text, func(h *Hooks) {
				h.FeatureKeys = func(_ *channel.Channel, name string) string { return map[string]string{"automixmon": "*3"}[name] }
			})
			p := newSoftphone(t, d)
			p.invite("1", c.endpoint)
			leg := ended(t, <-legs)
			if err := leg.Leg().Answer(); err != nil {
				t.Fatal(err)
			}
			talk := p.until(200)
			p.within(talk, sip.Info, "Record: "+c.record)
			if r := p.got(sip.Info, c.status); r == nil {
				t.Fatal("no answer")
			}
			leg.Deliver(media.Frame{Kind: media.Control, Signal: media.Flash}) // so that there is an end
			keys := ""
			for {
				f, err := leg.Read(leg.LegContext())
				if err != nil {
					t.Fatal(err)
				}
				if f.Signal == media.Flash {
					break
				}
				if f.Kind == media.DTMFEnd {
					keys += string(f.Digit)
				}
			}
			if keys != c.keys {
				t.Errorf("heard the keys %q, want %q", keys, c.keys)
			}
		})
	}
}
