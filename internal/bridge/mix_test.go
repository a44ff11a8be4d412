package bridge_test

import (
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

// speak makes a leg send so many frames of a tone of amplitude 8000, 20 ms apart.
func speak(c *channeltest.Channel, frames int) {
	format := c.Far.Format
	if format == nil {
		format = media.SLin
	}
	for n := range frames {
		if n > 0 {
			time.Sleep(20 * time.Millisecond)
		}
		c.Deliver(channeltest.Tone(format, 8000))
	}
}

// level is how loud a leg heard its last so many frames.
func level(t *testing.T, c *stay, frames int) float64 {
	t.Helper()
	heard := c.Far.Heard()
	if len(heard) < frames {
		t.Fatalf("%s heard %d frames only", c.Name(), len(heard))
	}
	return channeltest.Level(heard[len(heard)-frames:])
}

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }

func TestTwoHearEachOther(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{Format: media.SLin16}, bridge.JoinOptions{})
		speak(one.Channel, 50)
		if n := len(one.Far.Heard()); n != 0 {
			t.Errorf("the speaker heard %d frames of itself", n)
		}
		heard := two.Far.Heard()
		if len(heard) != 50 || heard[0].Format != media.SLin16 {
			t.Fatalf("the other heard %d frames of %v", len(heard), heard[0].Format)
		}
		if got := level(t, two, 40); !near(got, 8000, 160) {
			t.Errorf("at amplitude %.0f, want 8000 after resampling", got)
		}
	})
}

// Three legs of three rates: everybody hears the others and nobody itself.
func TestMixOfThreeRates(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Mixing: true})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{Format: media.SLin16}, bridge.JoinOptions{})
		three := h.join(t, b, &channeltest.Leg{Format: media.SLin48}, bridge.JoinOptions{})
		if got := b.Snapshot().Technology; got != bridge.SoftMix {
			t.Fatalf("technology %s", got)
		}
		for range 100 {
			three.Deliver(channeltest.Tone(media.SLin48, 8000))
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		for _, c := range []*stay{one, two} {
			if got := level(t, c, 50); !near(got, 8000, 200) {
				t.Errorf("%s hears one speaker at %.0f, want 8000", c.Name(), got)
			}
		}
		if got := level(t, three, 50); got != 0 {
			t.Errorf("the speaker hears itself at %.0f", got)
		}
		for range 100 {
			two.Deliver(channeltest.Sine(media.SLin16, 600, 8000))
			one.Deliver(channeltest.Tone(media.SLin, 8000))
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		if got := level(t, three, 50); !near(got, 8000*math.Sqrt2, 200) { // powers add
			t.Errorf("two speakers are heard at %.0f, want %.0f", got, 8000*math.Sqrt2)
		}
		if got := level(t, one, 50); !near(got, 8000, 200) {
			t.Errorf("a speaker hears the other one at %.0f, want 8000", got)
		}
	})
}

func TestMixIsSaturated(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Mixing: true})
		var legs []*stay
		for range 4 {
			legs = append(legs, h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{}))
		}
		for range 50 {
			for _, c := range legs {
				c.Deliver(channeltest.Tone(media.SLin, 30000))
			}
			time.Sleep(20 * time.Millisecond)
		}
		synctest.Wait()
		// A sine that is cut at a third of its height is louder than one that fits,
		// and quieter than a square.
		if got := level(t, legs[0], 20); got < 36000 || got > 32767*math.Sqrt2 {
			t.Errorf("three loud speakers are heard at %.0f", got)
		}
	})
}

func TestMuteInAMixAndBetweenTwo(t *testing.T) {
	for _, mixing := range []bool{true, false} {
		in(t, func(t *testing.T, h *house) {
			b := h.create(t, bridge.Options{Mixing: mixing})
			mute := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{Mute: true})
			other := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
			speak(mute.Channel, 50)
			synctest.Wait()
			if got := channeltest.Level(other.Far.Heard()); got != 0 {
				t.Errorf("mixing %v: a leg that is mute is heard at %.0f", mixing, got)
			}
			speak(other.Channel, 50)
			synctest.Wait()
			if got := channeltest.Level(mute.Far.Heard()); got == 0 {
				t.Errorf("mixing %v: a leg that is mute hears nothing", mixing)
			}
		})
	}
}

// A burst of late voice is cut to what the mix keeps: a late mix is worse than a gap.
func TestLateVoiceIsDropped(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Mixing: true})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		time.Sleep(110 * time.Millisecond) // between two ticks
		for range 50 {
			one.Deliver(channeltest.Tone(media.SLin, 8000))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		loud := 0
		for _, f := range two.Far.Heard() {
			if channeltest.Level([]media.Frame{f}) > 4000 {
				loud++
			}
		}
		if loud != 5 {
			t.Errorf("%d of 50 frames that came at once were heard, want 5", loud)
		}
	})
}

func TestTheClockStopsWithTheMix(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Keep: true})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		three := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		time.Sleep(time.Second)
		three.Hangup(16)
		synctest.Wait()
		n := len(one.Far.Heard())
		if n < 49 || n > 51 {
			t.Errorf("a mix of a second has %d frames", n)
		}
		time.Sleep(time.Second)
		if more := len(one.Far.Heard()); more != n {
			t.Errorf("%d frames after the mix", more-n)
		}
		speak(two.Channel, 1)
		if more := len(one.Far.Heard()); more != n+1 {
			t.Errorf("%d frames between two, want 1", more-n)
		}
	})
}

// The others are heard again soon after one leg's media has panicked.
func TestAMixGoesOnAfterAPanic(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Mixing: true})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		var broken atomic.Bool
		broken.Store(true)
		defer two.Tap(func(_ channel.Direction, f media.Frame) media.Frame {
			if broken.Swap(false) {
				panic("broken")
			}
			return f
		})()
		time.Sleep(100 * time.Millisecond)
		if broken.Load() {
			t.Fatal("nothing panicked")
		}
		n := len(one.Far.Heard())
		time.Sleep(2 * time.Second)
		if more := len(one.Far.Heard()) - n; more < 45 {
			t.Errorf("%d frames in the 2 s after the panic, want about 50", more)
		}
	})
}

func TestHoldingBridgePlaysMusicAndJoinsNobody(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Holding: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{Music: "jazz"})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{Quiet: true})
		if got := one.Far.Told(); len(got) != 1 || got[0] != "Hold" {
			t.Errorf("the first was told %v, want [Hold]", got)
		}
		if got := two.Far.Told(); len(got) != 0 {
			t.Errorf("the quiet one was told %v", got)
		}
		speak(one.Channel, 5)
		if n := len(two.Far.Heard()); n != 0 {
			t.Errorf("%d frames crossed", n)
		}
		if got := b.Snapshot().Technology; got != bridge.Holding {
			t.Errorf("technology %s", got)
		}
		if one.LinkedID() == two.LinkedID() {
			t.Error("those who wait in one place are one call")
		}
	})
}
