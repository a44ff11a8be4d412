package channel_test

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestMutedVoiceGoesNowhere(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		leg := &channeltest.Leg{Format: media.SLin}
		c := x.Leg(t, leg)
		came := 0
		c.SetSink(func(f media.Frame) { came++ })
		for _, step := range []struct {
			way     string
			muted   bool
			in, out int // frames that pass, of one each way and a key
		}{{"in", true, 1, 1}, {"out", true, 1, 0}, {"in", false, 2, 0}, {"all", false, 2, 1}, {"all", true, 1, 0}} {
			ways, ok := channel.Directions(step.way)
			if !ok {
				t.Fatal("no direction", step.way)
			}
			changed := false
			c.OnMediaChange(func() { changed = true })
			for _, way := range ways {
				c.SetMuted(way, step.muted)
			}
			c.OnMediaChange(nil)
			came = 0
			heard := len(leg.Heard())
			c.Deliver(channeltest.Tone(media.SLin, 1000))
			c.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: '1'})
			if err := c.Write(channeltest.Tone(media.SLin, 1000)); err != nil {
				t.Fatal(err)
			}
			if out := len(leg.Heard()) - heard; came != step.in || out != step.out || !changed {
				t.Errorf("%s %v: %d came in and %d went out, want %d and %d; the bridge was told: %v", step.way, step.muted, came, out, step.in, step.out, changed)
			}
		}
		if !c.Tapped() {
			t.Error("a muted leg is relayed past us")
		}
		c.SetSink(nil)
	})
}
