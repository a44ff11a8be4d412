package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// What a call sent is counted while it lasts, and once when it has ended.
func TestMediaOfAllCalls(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	for calls := uint64(1); calls <= 2; calls++ {
		p.callID += "x"
		p.invite("1", "trunk", "X-One: first")
		c := <-legs
		if err := c.Leg().Answer(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := c.Leg().Write(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160), Samples: 160}); err != nil {
				t.Fatal(err)
			}
		}
		want := Media{PacketsSent: 3 * calls, OctetsSent: 480 * calls}
		if got := d.Media(); got != want {
			t.Errorf("in call %d: %+v, want %+v", calls, got, want)
		}
		c.Hangup(channel.CauseNormalClearing)
		c.End()
		if got := d.Media(); got != want {
			t.Errorf("after call %d: %+v, want %+v", calls, got, want)
		}
	}
}
