package bridge_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

var lifeOfABridge = []event.Kind{event.KindBridgeCreate, event.KindBridgeEnter, event.KindBridgeTechnology,
	event.KindBridgeLeave, event.KindBridgeDestroy, event.KindHangup}

func TestACallOfTwoEndsWhenOneHangsUp(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		told := channeltest.Listen(t, h.Bus, lifeOfABridge...)
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		one.Hangup(channel.CauseUserBusy)
		synctest.Wait()
		var hangup *channel.HangupError
		if why, over := one.result(); !over || !errors.As(why, &hangup) || hangup.Cause != channel.CauseUserBusy {
			t.Errorf("the first left by %v", why)
		}
		if why, over := two.result(); !over || !errors.Is(why, bridge.ErrOver) || two.HungUp() {
			t.Errorf("the second left by %v; its owner decides whether it is hung up", why)
		}
		want := "BridgeCreate; BridgeEnter Test/1; BridgeEnter Test/2; BridgeLeave Test/1; BridgeLeave Test/2; BridgeDestroy"
		got := told.String()
		// The hang-up of the first and the leaving of the second are told by two owners.
		if without := remove(got, "Hangup Test/1"); without != want {
			t.Errorf("told\n%s, want\n%s and Hangup Test/1", got, want)
		}
		if h.bridges.Find(b.ID()) != nil {
			t.Error("the bridge is still known")
		}
		for _, c := range []*stay{one, two} {
			if id := c.Snapshot().BridgeID; id != "" {
				t.Errorf("%s is still in bridge %s", c.Name(), id)
			}
		}
	})
}

// remove takes the first entry out of a list that is joined by "; ".
func remove(list, entry string) string {
	for _, cut := range []string{"; " + entry, entry + "; "} {
		for i := 0; i+len(cut) <= len(list); i++ {
			if list[i:i+len(cut)] == cut {
				return list[:i] + list[i+len(cut):]
			}
		}
	}
	return list
}

func TestALegThatIsWantedElsewhereLeaves(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		to := channel.Location{Context: "elsewhere", Exten: "s", Priority: 1}
		if err := one.Interrupt(channel.Interrupt{Location: &to}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if why, over := one.result(); !over || !errors.Is(why, channel.ErrInterrupted) || one.HungUp() {
			t.Errorf("the first left by %v, hung up %v", why, one.HungUp())
		}
		if at := one.Location(); at != to {
			t.Errorf("the first is at %+v", at)
		}
		if i, ok := one.TakeInterrupt(); !ok || *i.Location != to {
			t.Errorf("its owner finds %+v, %v", i, ok)
		}
		if why, over := two.result(); !over || !errors.Is(why, bridge.ErrOver) {
			t.Errorf("the second left by %v", why)
		}
	})
}

func TestKickDestroyAndKeep(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Keep: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		if !b.Kick(one.Channel.Channel) {
			t.Error("the first was not in the bridge")
		}
		synctest.Wait()
		if why, over := one.result(); !over || !errors.Is(why, bridge.ErrKicked) {
			t.Errorf("the first left by %v", why)
		}
		if b.Kick(one.Channel.Channel) {
			t.Error("the first was put out twice")
		}
		if _, over := two.result(); over {
			t.Error("the second left, too")
		}
		two.Hangup(16)
		synctest.Wait()
		if h.bridges.Find(b.ID()) != b {
			t.Fatal("a bridge that was to be kept is gone")
		}
		b.Destroy()
		if h.bridges.Find(b.ID()) != nil {
			t.Error("a bridge that was destroyed is still known")
		}
		late := h.Leg(t, &channeltest.Leg{})
		if err := b.Join(t.Context(), late.Channel, bridge.JoinOptions{}); !errors.Is(err, bridge.ErrOver) {
			t.Errorf("joining a bridge that is over: %v", err)
		}
	})
}

func TestSwapTakesThePlace(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		told := channeltest.Listen(t, h.Bus, event.KindBridgeEnter, event.KindBridgeLeave, event.KindBridgeDestroy)
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		three := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{Swap: one.UniqueID()})
		if why, over := one.result(); !over || !errors.Is(why, bridge.ErrReplaced) {
			t.Errorf("the first left by %v", why)
		}
		for _, c := range []*stay{two, three} {
			if why, over := c.result(); over {
				t.Errorf("%s left: %v", c.Name(), why)
			}
		}
		want := "BridgeEnter Test/1; BridgeEnter Test/2; BridgeLeave Test/1; BridgeEnter Test/3"
		if got := told.String(); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		if b.Peer(two.Channel.Channel) != three.Channel.Channel {
			t.Error("the second talks to somebody else")
		}
	})
}

func TestMoveTakesALegToAnotherBridge(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		told := channeltest.Listen(t, h.Bus, event.KindBridgeEnter, event.KindBridgeLeave, event.KindBridgeDestroy)
		from, to := h.create(t, bridge.Options{Dissolve: true}), h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, from, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, from, &channeltest.Leg{}, bridge.JoinOptions{})
		three := h.join(t, to, &channeltest.Leg{}, bridge.JoinOptions{})
		if !from.Move(one.Channel.Channel, to, "") {
			t.Fatal("the first is not in its bridge")
		}
		synctest.Wait()
		if why, over := one.result(); over {
			t.Errorf("the owner of the first noticed: %v", why)
		}
		if to.Peer(three.Channel.Channel) != one.Channel.Channel || one.Snapshot().BridgeID != to.ID() {
			t.Error("the first is not in the other bridge")
		}
		if why, over := two.result(); !over || !errors.Is(why, bridge.ErrOver) {
			t.Errorf("the second: %v, %v", why, over)
		}
		want := "BridgeEnter Test/1; BridgeEnter Test/2; BridgeEnter Test/3; BridgeLeave Test/1"
		if got := told.String(); len(got) < len(want) || got[:len(want)] != want {
			t.Errorf("told %q, want first %q", got, want)
		}
		speak(one.Channel, 1)
		if n := len(three.Far.Heard()); n != 1 {
			t.Errorf("the third heard %d frames, want 1", n)
		}
	})
}

// A move to a bridge that ends meanwhile puts the leg out of both.
func TestMoveToABridgeThatIsOver(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		from, to := h.create(t, bridge.Options{}), h.create(t, bridge.Options{})
		one := h.join(t, from, &channeltest.Leg{}, bridge.JoinOptions{})
		to.Destroy()
		from.Move(one.Channel.Channel, to, "")
		synctest.Wait()
		if why, over := one.result(); !over || !errors.Is(why, bridge.ErrOver) {
			t.Errorf("the leg: %v, %v", why, over)
		}
		if n := len(h.bridges.All()); n != 0 {
			t.Errorf("%d bridges are left", n)
		}
	})
}

func TestTechnologyFollowsTheMembers(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		relaying := func() *channeltest.Leg { return &channeltest.Leg{Relays: true, Format: media.SLin} }
		b := h.create(t, bridge.Options{})
		one := h.join(t, b, relaying(), bridge.JoinOptions{})
		two := h.join(t, b, relaying(), bridge.JoinOptions{})
		technology := func(want string, relays int) {
			t.Helper()
			synctest.Wait()
			if got := b.Snapshot().Technology; got != want || one.Far.Relayed() != relays {
				t.Errorf("%s with %d relays, want %s with %d", got, one.Far.Relayed(), want, relays)
			}
		}
		technology(bridge.Native, 1)
		stop := one.Tap(func(_ channel.Direction, f media.Frame) media.Frame { return f })
		technology(bridge.Simple, 0)
		stop()
		technology(bridge.Native, 1)
		three := h.join(t, b, relaying(), bridge.JoinOptions{})
		technology(bridge.SoftMix, 0)
		three.Hangup(16)
		technology(bridge.Native, 1)
		two.Hangup(16)
		technology(bridge.Simple, 0)
		if n := two.Far.Relayed(); n != 0 {
			t.Errorf("the leg that left still relays: %d", n)
		}
	})
}

func TestKeysAndSignalsGoToThePeer(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{})
		var heard string
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{Hear: func(f media.Frame) bool {
			if f.Kind == media.DTMFEnd {
				heard += string(f.Digit)
			}
			return f.Digit == '*'
		}})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		for _, key := range []byte("1*2") {
			one.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: key})
			one.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: key, Duration: 80 * time.Millisecond})
		}
		one.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '3', Value: media.Relayed{}})
		for _, s := range []media.Signal{media.Hold, media.Answered, media.Unhold, media.HangupSignal, media.Transfer} {
			one.Signal(s)
		}
		if heard != "1*23" || two.Far.Keys() != "12" {
			t.Errorf("the feature heard %q, the peer %q; want 1*23 and 12", heard, two.Far.Keys())
		}
		if got := two.Far.Told(); len(got) != 2 || got[0] != "Hold" || got[1] != "Unhold" {
			t.Errorf("the peer was told %v, want [Hold Unhold]", got)
		}
	})
}

func TestPeersAreNamed(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		if got, _ := one.Variable("BRIDGEPEER"); got != two.Name() {
			t.Errorf("the first one's peer is %q", got)
		}
		if one.LinkedID() != one.UniqueID() || two.LinkedID() != one.UniqueID() {
			t.Errorf("linked IDs %s and %s, want that of the older leg %s", one.LinkedID(), two.LinkedID(), one.UniqueID())
		}
		two.Hangup(16)
		synctest.Wait()
		if got, _ := one.Variable("BRIDGEPEER"); got != "" {
			t.Errorf("the first one's peer is still %q", got)
		}
	})
}

func TestPartnersHaveBothCome(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		early := 0
		cancel := h.Bus.Subscribe(event.Kinds(event.KindBridgeEnter, event.KindVarSet), func(event.Stamped) {
			early++
			if b.Peer(one.Channel.Channel) != nil && b.Partner(one.Channel.Channel) != nil {
				t.Error("the second one is a partner while its coming is still being told")
			}
		})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		cancel()
		if early < 2 {
			t.Errorf("%d events told of the second one, want its entering and its peer", early)
		}
		if b.Partner(one.Channel.Channel) != two.Channel.Channel || b.Partner(two.Channel.Channel) != one.Channel.Channel {
			t.Error("two that have come are no partners")
		}
	})
}

func TestJoinEndsWithItsContext(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{})
		c := h.Leg(t, &channeltest.Leg{})
		why := errors.New("somebody had enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		if err := b.Join(ctx, c.Channel, bridge.JoinOptions{}); !errors.Is(err, why) {
			t.Errorf("Join: %v", err)
		}
		if n := len(h.bridges.All()); n != 0 {
			t.Errorf("%d bridges are left", n)
		}
	})
}

// Legs come, go and are put out at random, at once; afterwards nothing is left.
func TestCrowd(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		entered := channeltest.Listen(t, h.Bus, event.KindBridgeEnter)
		left := channeltest.Listen(t, h.Bus, event.KindBridgeLeave)
		b, other := h.create(t, bridge.Options{Keep: true}), h.create(t, bridge.Options{Keep: true})
		for n := range 40 {
			c := h.Leg(t, &channeltest.Leg{Relays: n%2 == 0, Format: media.SLin})
			h.Go(c.Name(), func() {
				for round := range 20 {
					ctx, cancel := context.WithTimeout(c.Context(), time.Duration(1+(n*7+round*3)%11)*time.Millisecond)
					_ = b.Join(ctx, c.Channel, bridge.JoinOptions{Mute: n%3 == 0})
					cancel()
				}
				c.End()
			})
			h.Go("mover "+c.Name(), func() {
				for range 10 {
					time.Sleep(3 * time.Millisecond)
					b.Move(c.Channel, other, "")
					time.Sleep(2 * time.Millisecond)
					other.Kick(c.Channel)
				}
			})
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := len(b.Channels()) + len(other.Channels()); n != 0 {
			t.Errorf("%d legs are left", n)
		}
		if in, out := len(entered.Events()), len(left.Events()); in != out || in < 40*20 {
			t.Errorf("%d entered and %d left", in, out)
		}
	})
}
