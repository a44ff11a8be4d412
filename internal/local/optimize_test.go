package local_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// talk makes the call "caller – Local – called" with the destination's options,
// and returns its four legs once both halves are in their calls of two.
func (h *house) talk(t *testing.T, destination string, prepare func(one, two *channel.Channel)) (caller, called *channeltest.Channel, one, two *channel.Channel) {
	t.Helper()
	caller, called = h.Leg(t, &channeltest.Leg{Format: media.SLin}), h.Leg(t, &channeltest.Leg{Format: media.SLin})
	far := h.bridge(t)
	h.own(called.Channel, far)
	h.run = func(two *channel.Channel) { _ = far.Join(two.Context(), two, bridge.JoinOptions{}) }
	one = h.request(t, destination, caller.Channel)
	two = h.second(one)
	if prepare != nil {
		prepare(one, two)
	}
	if err := one.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	near := h.bridge(t)
	h.own(one, near)
	h.own(caller.Channel, near)
	time.Sleep(time.Second)
	if h.Find(one.Name()) == nil || h.Find(two.Name()) == nil {
		t.Error("the halves are gone before they had anything to carry")
	}
	speak(called)
	return caller, called, one, two
}

// speak has a far end say something for a moment.
func speak(c *channeltest.Channel) {
	for range 10 {
		c.Deliver(channeltest.Tone(media.SLin, 1000))
		time.Sleep(20 * time.Millisecond)
	}
}

func (h *house) bridge(t *testing.T) *bridge.Bridge {
	t.Helper()
	b, err := h.bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// own keeps a leg in a bridge and ends it afterwards.
func (h *house) own(c *channel.Channel, b *bridge.Bridge) {
	h.Go(c.Name(), func() {
		_ = b.Join(c.Context(), c, bridge.JoinOptions{})
		c.End()
	})
	synctest.Wait()
}

func TestHalvesTakeThemselvesOutOfTheCall(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		told := channeltest.Listen(t, h.Bus, event.KindLocalBridge, event.KindLocalOptimizationBegin, event.KindLocalOptimizationEnd)
		caller, called, one, two := h.talk(t, "100@test", nil)
		if h.Find(one.Name()) != nil || h.Find(two.Name()) != nil {
			t.Error("the halves are still there")
		}
		if id := caller.Snapshot().BridgeID; id == "" || id != called.Snapshot().BridgeID {
			t.Fatalf("the callers are in bridges %q and %q", id, called.Snapshot().BridgeID)
		}
		if n := len(h.bridges.All()); n != 1 {
			t.Errorf("%d bridges are left, want 1", n)
		}
		caller.Deliver(channeltest.Tone(media.SLin, 1000))
		if n := len(called.Far.Heard()); n != 1 {
			t.Errorf("%d frames crossed, want 1", n)
		}
		begin, end := 0, 0
		for _, s := range told.Events() {
			switch e := s.Event.(type) {
			case *event.LocalBridge:
				if !e.Optimize || e.Context != "test" || e.Exten != "100" {
					t.Errorf("told %+v", e)
				}
			case *event.LocalOptimizationBegin:
				begin++
				if e.Source.Name != called.Name() {
					t.Errorf("the source is %s, want %s", e.Source.Name, called.Name())
				}
			case *event.LocalOptimizationEnd:
				end++
			}
		}
		if begin != 1 || end != 1 {
			t.Errorf("%d beginnings and %d ends of optimization, want one each", begin, end)
		}
		caller.Hangup(16)
		synctest.Wait()
		if n := h.Count(); n != 0 {
			t.Errorf("%d legs are left", n)
		}
	})
}

func TestWhatKeepsHalvesInTheCall(t *testing.T) {
	hear := func(_ channel.Direction, f media.Frame) media.Frame { return f }
	for name, c := range map[string]struct {
		destination string
		prepare     func(one, two *channel.Channel)
	}{
		"option n":                 {"100@test/n", nil},
		"options n and m":          {"100@test/mn", nil},
		"a tap on the first half":  {"100@test", func(one, _ *channel.Channel) { one.Tap(hear) }},
		"a tap on the second half": {"100@test", func(_, two *channel.Channel) { two.Tap(hear) }},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T, h *house) {
				told := channeltest.Listen(t, h.Bus, event.KindLocalOptimizationBegin)
				caller, called, one, two := h.talk(t, c.destination, c.prepare)
				if h.Find(one.Name()) == nil || h.Find(two.Name()) == nil || len(told.Events()) != 0 {
					t.Fatal("the halves are gone")
				}
				before := len(caller.Far.Heard())
				caller.Deliver(channeltest.Tone(media.SLin, 1000))
				called.Deliver(channeltest.Tone(media.SLin, 1000))
				if to, fro := len(called.Far.Heard()), len(caller.Far.Heard())-before; to != 1 || fro != 1 {
					t.Errorf("%d and %d frames crossed, want 1 and 1", to, fro)
				}
				called.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: '5'})
				called.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '5', Duration: 100 * time.Millisecond})
				if got := caller.Far.Keys(); got != "5" {
					t.Errorf("the key arrived as %q", got)
				}
				called.Hangup(channel.CauseNormalClearing)
				synctest.Wait()
				if n := h.Count(); n != 0 {
					t.Errorf("%d legs are left when one hung up", n)
				}
			})
		})
	}
}

// When the tap goes, nothing hinders the halves any more.
func TestTheEndOfATapLetsThemGo(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		var remove func()
		_, called, one, _ := h.talk(t, "100@test", func(one, _ *channel.Channel) {
			remove = one.Tap(func(_ channel.Direction, f media.Frame) media.Frame { return f })
		})
		if h.Find(one.Name()) == nil {
			t.Fatal("the halves are gone already")
		}
		remove()
		speak(called)
		if h.Find(one.Name()) != nil {
			t.Error("the halves are still there")
		}
	})
}

// The pairs of a chain go one after the other: a leg that went to where the next pair
// is about to leave would be alone there, and the call over.
func TestPairsInARow(t *testing.T) {
	for range 50 {
		in(t, func(t *testing.T, h *house) {
			caller, called := h.Leg(t, &channeltest.Leg{Format: media.SLin}), h.Leg(t, &channeltest.Leg{Format: media.SLin})
			near, middle, far := h.bridge(t), h.bridge(t), h.bridge(t)
			h.own(caller.Channel, near)
			h.own(called.Channel, far)
			begin := func(to *bridge.Bridge) *channel.Channel {
				h.run = func(two *channel.Channel) { _ = to.Join(two.Context(), two, bridge.JoinOptions{}) }
				one := h.request(t, "100@test", caller.Channel)
				if err := one.Leg().Call(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				return one
			}
			first := begin(middle)
			second := begin(far)
			h.own(first, near)
			h.own(second, middle) // now either pair could go
			speak(called)
			if id := caller.Snapshot().BridgeID; id == "" || id != called.Snapshot().BridgeID {
				t.Fatalf("the callers are in bridges %q and %q", id, called.Snapshot().BridgeID)
			}
			if n := h.Count(); n != 2 {
				t.Errorf("%d legs are left, want 2", n)
			}
			caller.Deliver(channeltest.Tone(media.SLin, 1000))
			if n := len(called.Far.Heard()); n != 1 {
				t.Errorf("%d frames crossed, want 1", n)
			}
			caller.Hangup(channel.CauseNormalClearing)
			synctest.Wait()
		})
	}
}

// Where a half is held, who talks to the other half is held instead, if the place knows how
// to keep one for the other.
func TestAHeldHalfHasAnHeir(t *testing.T) {
	for _, inherits := range []bool{true, false} {
		in(t, func(t *testing.T, h *house) {
			told := make(chan string, 2)
			options := bridge.Options{Holding: true, Keep: true}
			if inherits {
				options.Inherit = func(half, heir *channel.Channel) (bridge.Moving, bool) {
					told <- half.Name()
					return bridge.Moving{Entered: func() { told <- heir.Name() }, Lost: func() { close(told) }}, true
				}
			}
			lot, err := h.bridges.Create(options)
			if err != nil {
				t.Fatal(err)
			}
			h.run = func(two *channel.Channel) { _ = lot.Join(two.Context(), two, bridge.JoinOptions{}) }
			caller, near := h.Leg(t, &channeltest.Leg{Format: media.SLin}), h.bridge(t)
			one := h.request(t, "100@test", caller.Channel)
			two := h.second(one)
			if err := one.Leg().Call(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			h.own(one, near)
			h.own(caller.Channel, near)
			speak(caller)
			if held := caller.BridgeID() == lot.ID(); held != inherits {
				t.Errorf("inherits %v: the caller is held: %v", inherits, held)
			}
			if gone := h.Find(one.Name()) == nil && h.Find(two.Name()) == nil; gone != inherits {
				t.Errorf("inherits %v: the halves are gone: %v", inherits, gone)
			}
			if inherits {
				if half, heir := <-told, <-told; half != two.Name() || heir != caller.Name() {
					t.Errorf("%s inherits from %s, want %s from %s", heir, half, caller.Name(), two.Name())
				}
			}
			caller.Hangup(channel.CauseNormalClearing)
			synctest.Wait()
			lot.Destroy()
		})
	}
}
