package channel_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Who spies hears the directions asked for, and is heard in those into which it speaks,
// also where nobody else does.
func TestSpyHearsAndSpeaks(t *testing.T) {
	both := []channel.Direction{channel.In, channel.Out}
	for name, way := range map[string]struct {
		hear, speak         []channel.Direction
		heard, in, out      float64 // how loud
		says, hears, speaks float64 // the leg, to the leg, the spy
		wide                bool    // the leg says it in 16 kHz
	}{
		"hears what it says":        {wide: true, hear: both[:1], says: 1000, hears: 3000, heard: 1000, in: 1000, out: 3000},
		"hears what it hears":       {hear: both[1:], says: 1000, hears: 3000, heard: 3000, in: 1000, out: 3000},
		"hears both":                {hear: both, says: 1000, hears: 3000, heard: 4000, in: 1000, out: 3000},
		"is heard by the leg":       {speak: both[1:], says: 1000, hears: 3000, speaks: 500, in: 1000, out: 3500},
		"is heard with the leg":     {speak: both[:1], says: 1000, hears: 3000, speaks: 500, in: 1500, out: 3000},
		"is heard where none talks": {speak: both, speaks: 500, in: 500, out: 500},
	} {
		t.Run(name, func(t *testing.T) {
			channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
				leg := &channeltest.Leg{Format: media.SLin}
				c := x.Leg(t, leg)
				format := media.SLin
				if way.wide {
					format = media.SLin16
				}
				var in, heard []media.Frame
				c.SetSink(func(f media.Frame) { in = append(in, f) })
				spy := c.Spy(media.SLin, way.hear, way.speak)
				ctx, cancel := context.WithCancel(t.Context())
				go spy.Run(ctx, func(f media.Frame) { heard = append(heard, f) })
				for range 50 {
					if way.says > 0 {
						c.Deliver(channeltest.Tone(format, way.says))
					}
					if way.hears > 0 {
						if err := c.Write(channeltest.Tone(media.SLin, way.hears)); err != nil {
							t.Fatal(err)
						}
					}
					if way.speaks > 0 {
						spy.Say(channeltest.Tone(media.SLin, way.speaks))
					}
					time.Sleep(20 * time.Millisecond)
				}
				synctest.Wait()
				cancel()
				synctest.Wait()
				for what, one := range map[string]struct {
					frames []media.Frame
					want   float64
				}{"the spy": {heard, way.heard}, "what comes in": {in, way.in}, "what goes out": {leg.Heard(), way.out}} {
					if len(one.frames) > 12 {
						one.frames = one.frames[8:] // until all have begun
					}
					got := channeltest.Level(one.frames)
					if got < one.want*0.85 || got > one.want*1.15+1 {
						t.Errorf("%s has %d frames with %.0f, want %.0f", what, len(one.frames), got, one.want)
					}
				}
				spy.Close()
				if c.Tapped() {
					t.Error("it is not over")
				}
				c.SetSink(nil)
			})
		})
	}
}
