package call_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
)

func at(exten string) channel.Location {
	return channel.Location{Context: "test", Exten: exten, Priority: 1}
}

func TestRedirect(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		c := h.started(t, "one")
		synctest.Wait()
		if err := h.Redirect(c.Channel, at("gone")); err == nil {
			t.Error("a leg was sent to an extension that does not exist")
		}
		if err := h.Redirect(c.Channel, at("two")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, want := h.plan.seen(), "[Test/1 at one Test/1 at two]"; got != want {
			t.Errorf("the plan saw %s, want %s", got, want)
		}
		c.Hangup(16)
		if err := h.Redirect(c.Channel, at("three")); err == nil {
			t.Error("a leg that is hung up was sent elsewhere")
		}
	})
}

func TestJoinPutsTwoLegsTogether(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		one := h.started(t, "a")
		synctest.Wait()
		two := h.started(t, "b")
		synctest.Wait()
		if err := h.Join(one.Channel, one.Channel); err == nil {
			t.Error("a leg was joined with itself")
		}
		if err := h.Join(one.Channel, two.Channel); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if id := one.Snapshot().BridgeID; id == "" || id != two.Snapshot().BridgeID {
			t.Fatalf("bridges %q and %q", id, two.Snapshot().BridgeID)
		}
		two.Hangup(16)
		synctest.Wait()
		if n := len(h.Bridges.All()); n != 0 || one.HungUp() {
			t.Errorf("%d bridges are left; the other leg is hung up: %v", n, one.HungUp())
		}
		if got, want := h.plan.seen(), "[Test/1 at a Test/2 at b Test/1 at a]"; got != want {
			t.Errorf("the plan saw %s, want %s", got, want)
		}
	})
}

// No bridge is left behind where a leg does not come.
func TestJoinThatFailsLeavesNothing(t *testing.T) {
	for name, spoil := range map[string]func(h *house, one, two *channel.Channel){
		"the first is gone":          func(_ *house, one, _ *channel.Channel) { one.Hangup(16) },
		"the second is gone":         func(_ *house, _, two *channel.Channel) { two.Hangup(16) },
		"the first is wanted again":  func(h *house, one, _ *channel.Channel) { _ = h.Redirect(one, at("x")) },
		"the second is wanted again": func(h *house, _, two *channel.Channel) { _ = h.Redirect(two, at("x")) },
	} {
		for _, late := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				in(t, nil, func(t *testing.T, h *house) {
					one, two := h.started(t, "a"), h.started(t, "b")
					synctest.Wait()
					if late {
						_ = h.Join(one.Channel, two.Channel)
					}
					spoil(h, one.Channel, two.Channel)
					if !late {
						_ = h.Join(one.Channel, two.Channel)
					}
					time.Sleep(time.Second)
					one.Hangup(16)
					two.Hangup(16)
					synctest.Wait()
					if n := len(h.Bridges.All()); n != 0 {
						t.Errorf("%d bridges are left (late: %v)", n, late)
					}
				})
			})
		}
	}
}

// Two legs of one call are sent to two places: neither is hung up as the other goes.
func TestRedirectOfBothLegs(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		one, two := h.started(t, "a"), h.started(t, "b")
		synctest.Wait()
		if err := h.Join(one.Channel, two.Channel); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		x, y := at("x"), at("y")
		if err := channel.InterruptBoth(one.Channel, channel.Interrupt{Location: &x}, two.Channel, channel.Interrupt{Location: &y}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := one.Location().Exten + two.Location().Exten; got != "xy" || one.HungUp() || two.HungUp() {
			t.Errorf("the legs are at %s, hung up: %v and %v", got, one.HungUp(), two.HungUp())
		}
		if n := len(h.Bridges.All()); n != 0 {
			t.Errorf("%d bridges are left", n)
		}
	})
}

func TestImpartedLegGoesWhereItIsWanted(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		b, err := h.Bridges.Create(bridge.Options{Dissolve: true})
		if err != nil {
			t.Fatal(err)
		}
		one, two := h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{})
		h.Impart(b, one.Channel, bridge.JoinOptions{})
		h.Impart(b, two.Channel, bridge.JoinOptions{})
		if b.Peer(one.Channel) != two.Channel {
			t.Fatal("the legs are not together")
		}
		if err := h.Redirect(one.Channel, at("x")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, want := h.plan.seen(), "[Test/1 at x]"; got != want {
			t.Errorf("the plan saw %s, want %s", got, want)
		}
		if _, ended := two.Far.HungUp(); !ended {
			t.Error("the other leg has no owner and was not ended")
		}
	})
}
