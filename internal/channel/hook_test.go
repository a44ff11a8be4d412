package channel_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

// loud is the mean magnitude of samples.
func loud(samples []int16) int { return media.Magnitude(samples) }

func TestAHookHearsBothSidesInStep(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{Format: media.SLin})
		h := c.Hook(0)
		if h.Rate() != 8000 || !c.Tapped() {
			t.Fatalf("rate %d, tapped %v", h.Rate(), c.Tapped())
		}
		// The far end talks for 200 ms, then it is told something at another rate for 200 ms.
		for i := range 20 {
			time.Sleep(20 * time.Millisecond)
			if i < 10 {
				c.Deliver(channeltest.Tone(media.SLin, 4000))
			} else if err := c.Write(channeltest.Tone(media.SLin16, 2000)); err != nil {
				t.Fatal(err)
			}
		}
		h.Close()
		if c.Tapped() {
			t.Error("a closed hook is still on the leg")
		}
		var heard [2]int
		for n := 0; ; n++ {
			s, err := h.Next(t.Context())
			if errors.Is(err, io.EOF) {
				if n != 20 {
					t.Errorf("%d frames, want 20", n)
				}
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if want := n < 10; s.Heard[channel.In] != want || s.Heard[channel.Out] == want {
				t.Errorf("frame %d: heard %v", n, s.Heard)
			}
			for d := range heard {
				heard[d] += loud(s.Samples[d])
			}
		}
		if in, out := heard[channel.In]/10, heard[channel.Out]/10; in < 2300 || in > 2800 || out < 1100 || out > 1400 {
			t.Errorf("heard %d in and %d out, of sines of 4000 and 2000", in, out)
		}
	})
}

func TestAPauseIsAPause(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{Format: media.SLin})
		h := c.Hook(8000)
		for _, wait := range []time.Duration{20, 20, 500, 20} {
			time.Sleep(wait * time.Millisecond)
			c.Deliver(channeltest.Tone(media.SLin, 4000))
		}
		c.End()
		heard := ""
		for {
			s, err := h.Next(t.Context())
			if err != nil {
				break
			}
			heard += map[bool]string{true: "x", false: "."}[s.Heard[channel.In]]
		}
		if want := "xx" + "........................" + "xx"; heard != want {
			t.Errorf("heard %s, want %s", heard, want)
		}
	})
}

func TestAHookSpeaks(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		leg := &channeltest.Leg{Format: media.SLin}
		c := x.Leg(t, leg)
		var came []media.Frame
		c.SetSink(func(f media.Frame) { came = append(came, f) })
		h := c.Hook(8000)
		said := media.AppendSamples(nil, channeltest.Tone(media.SLin, 3000).Data)
		silence := media.Frame{Kind: media.Voice, Format: media.SLin, Data: make([]byte, 320), Samples: 160}
		h.Speak(channel.Out, said) // nobody else says anything
		time.Sleep(20 * time.Millisecond)
		if err := c.Write(silence); err != nil {
			t.Fatal(err)
		}
		h.Speak(channel.Out, said) // waits for the next frame
		time.Sleep(20 * time.Millisecond)
		if err := c.Write(silence); err != nil {
			t.Fatal(err)
		}
		h.Speak(channel.In, said)
		frames := leg.Heard()
		if len(frames) != 3 || channeltest.Level(frames[:1]) < 2900 || channeltest.Level(frames[1:2]) != 0 || channeltest.Level(frames[2:]) < 2900 {
			t.Errorf("the far end heard %d frames of levels %v", len(frames), channeltest.Level(frames))
		}
		if channeltest.Level(came) < 2900 {
			t.Errorf("of the far end was heard %v", channeltest.Level(came))
		}
		h.Close()
		for {
			s, err := h.Next(t.Context())
			if err != nil {
				break
			}
			if loud(s.Samples[channel.Out]) > 0 || s.Heard[channel.In] {
				t.Error("a hook hears what it says itself")
			}
		}
		c.SetSink(nil)
	})
}
