package monitor

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Both hear the courtesy tone when a recording begins and ends, before what a variable names; who asks
// in vain hears that it failed.
func TestOneTouchRecordingHasItsSounds(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.Sound = func(_ *channel.Channel, name string) string { return "my-" + name }
		b, legs := w.joined(t)
		one := legs[0].Channel
		one.SetVariable("TOUCH_MIXMONITOR_MESSAGE_START", "message")
		w.Touch(t.Context(), b, one)
		got := w.noted()
		for _, name := range []string{"Test/1", "Test/2"} {
			tone, message := strings.Index(got, name+" is played my-courtesytone"), strings.Index(got, name+" is played message")
			if tone < 0 || message < tone {
				t.Errorf("begun: %s", got)
			}
		}
		w.Touch(t.Context(), b, one)
		if got := w.noted(); strings.Count(got, "is played my-courtesytone") != 2 || strings.Contains(got, "message") {
			t.Errorf("ended: %s", got)
		}
		if err := os.WriteFile(w.Spool+"/file", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		w.Spool += "/file" // nothing can lie below it
		w.Touch(t.Context(), b, one)
		if got, want := w.noted(), "Test/1 is played my-recordingfailsound"; got != want {
			t.Errorf("failed: %s, want %s", got, want)
		}
		one.Hangup(16)
	})
}

// A key records the call, and the same key, of either, ends that.
func TestOneTouchRecording(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		b, legs := w.joined(t)
		one, two := legs[0].Channel, legs[1].Channel
		one.SetVariable("TOUCH_MIXMONITOR", "/call")
		one.SetVariable("TOUCH_MIXMONITOR_MESSAGE_START", "beep")
		w.Touch(t.Context(), b, one)
		if got := w.noted(); !strings.Contains(got, "start Test/2") || strings.Count(got, "is played beep") != 2 {
			t.Errorf("begun: %s", got)
		}
		file, _ := two.Variable("TOUCH_MIXMONITOR_OUTPUT")
		if !strings.HasPrefix(file, "auto-") || !strings.HasSuffix(file, "-call.wav") {
			t.Errorf("recorded to %s", file)
		}
		for range 50 { // one talks
			legs[0].Deliver(channeltest.Tone(media.SLin, 4000))
			time.Sleep(20 * time.Millisecond)
		}
		w.Touch(t.Context(), b, one)
		if got := w.noted(); got != "stop Test/2" {
			t.Errorf("ended: %s", got)
		}
		time.Sleep(time.Second)
		w.near("/"+file, 44, time.Second, 2546)
		one.Hangup(16)
	})
}

// joined are two legs in a bridge of their own.
func (w *world) joined(t *testing.T) (*bridge.Bridge, [2]*channeltest.Channel) {
	t.Helper()
	b, err := w.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		t.Fatal(err)
	}
	legs := [2]*channeltest.Channel{}
	for i := range legs {
		legs[i] = w.Leg(t, &channeltest.Leg{Format: media.SLin})
		c := legs[i].Channel
		stay, err := b.Enter(c, bridge.JoinOptions{})
		if err != nil {
			t.Fatal(err)
		}
		w.Go(c.Name(), func() {
			_ = stay(c.Context())
			c.End()
		})
	}
	return b, legs
}
