package bridge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

// press sends keys as a phone does.
func press(c *channeltest.Channel, keys string) {
	for i := range len(keys) {
		c.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: keys[i]})
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: keys[i], Duration: 100 * time.Millisecond})
	}
	synctest.Wait()
}

func TestKeysAskForFeatures(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string // pressed with a pause between them
		ran  string
		pass string // what the other hears
	}{
		"a code":                        {[]string{"*2"}, "*2 ", ""},
		"a code with a pause in it":     {[]string{"*", "2"}, "", "*2"},
		"no code":                       {[]string{"79"}, "", "79"},
		"the beginning of one":          {[]string{"*"}, "", "*"},
		"the beginning and another key": {[]string{"*7"}, "", "*7"},
		"one key":                       {[]string{"#"}, "# ", ""},
		"keys before and behind":        {[]string{"1*25"}, "*2 ", "15"},
		"two codes":                     {[]string{"*2", "#"}, "*2 # ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, h *house) {
				ran := ""
				features := &bridge.Features{Wait: time.Second}
				for _, code := range []string{"*2", "#"} {
					features.List = append(features.List, bridge.Feature{Code: code,
						Run: func(context.Context, *bridge.Bridge, *channel.Channel) { ran += code + " " }})
				}
				b := h.create(t, bridge.Options{Dissolve: true})
				one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{Features: features})
				two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
				for _, keys := range c.keys {
					press(one.Channel, keys)
					time.Sleep(1100 * time.Millisecond)
				}
				if got := two.Far.Keys(); got != c.pass || ran != c.ran {
					t.Errorf("%q ran and %q passed, want %q and %q", ran, got, c.ran, c.pass)
				}
				press(two.Channel, "*2")
				if got := one.Far.Keys(); got != "*2" {
					t.Errorf("of the other leg's keys %q passed", got)
				}
			})
		})
	}
}

func TestALegIsAsideWhileAFeatureRuns(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		read, over := "", make(chan struct{})
		features := &bridge.Features{Wait: time.Second, List: []bridge.Feature{{Code: "#", Run: func(ctx context.Context, _ *bridge.Bridge, c *channel.Channel) {
			for ctx.Err() == nil {
				if f, err := c.Read(ctx); err == nil && f.Kind == media.DTMFEnd {
					read += string(rune(f.Digit))
				}
			}
			close(over)
		}}}}
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin, Relays: true}, bridge.JoinOptions{Features: features})
		two := h.join(t, b, &channeltest.Leg{Format: media.SLin, Relays: true}, bridge.JoinOptions{})
		press(one.Channel, "#12")
		one.Deliver(channeltest.Tone(media.SLin, 1000))
		two.Deliver(channeltest.Tone(media.SLin, 1000))
		if n := len(one.Far.Heard()) + len(two.Far.Heard()); n != 0 || read != "12" || two.Far.Keys() != "" {
			t.Errorf("%d frames crossed, the feature read %q, the other %q", n, read, two.Far.Keys())
		}
		two.Hangup(channel.CauseNormalClearing)
		<-over
		synctest.Wait()
		if _, left := one.result(); !left {
			t.Error("the leg stays in a bridge that is over")
		}
	})
}

func TestALegThatAsksToBeKickedLeaves(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		features := &bridge.Features{Wait: time.Second, List: []bridge.Feature{{Code: "*",
			Run: func(_ context.Context, b *bridge.Bridge, c *channel.Channel) { b.Kick(c) }}}}
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{Features: features})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		press(one.Channel, "*")
		for _, s := range []*stay{one, two} {
			if _, left := s.result(); !left {
				t.Errorf("%s stays", s.Name())
			}
		}
	})
}

func TestThreeRemainTwo(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Dissolve: true})
		var legs []*stay
		for range 3 {
			legs = append(legs, h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{}))
		}
		legs[0].Hangup(channel.CauseNormalClearing)
		synctest.Wait()
		if _, left := legs[1].result(); left {
			t.Error("with two left the call is over")
		}
		legs[1].Hangup(channel.CauseNormalClearing)
		synctest.Wait()
		if _, left := legs[2].result(); !left {
			t.Error("one alone stays")
		}
	})
}

func TestWhatALegIsToldCanBeIntercepted(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ran := 0
		h.bridges.Intercept = func(c *channel.Channel) func(context.Context) {
			if v, _ := c.Variable("sub"); v == "" {
				return nil
			}
			return func(context.Context) {
				ran++
				p := c.Connected()
				p.Number.Text = "45" + p.Number.Text
				c.SetConnected(p)
			}
		}
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		tell := func(want string) {
			t.Helper()
			of := channel.PartyOf{}
			of.Party.Number.Valid, of.Party.Number.Text = true, "12"
			before := len(two.Far.Told())
			one.Deliver(media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: of})
			synctest.Wait()
			if got := two.Connected().Number.Text; got != want || len(two.Far.Told()) != before+1 {
				t.Errorf("it is connected to %q, want %q; it was told %v", got, want, two.Far.Told())
			}
		}
		tell("12")
		two.SetVariable("sub", "yes")
		tell("4512")
		if ran != 1 {
			t.Errorf("the subroutine ran %d times", ran)
		}
	})
}
