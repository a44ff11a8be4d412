package bridge_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestKeysCanBeKeptFromTheOthers(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{})
		keeper := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{KeepKeys: true})
		other := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		for _, leg := range []*stay{keeper, other} {
			leg.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: '7'})
			leg.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '7', Duration: 80 * time.Millisecond})
		}
		if other.Far.Keys() != "" || keeper.Far.Keys() != "7" {
			t.Errorf("the other heard %q and the keeper %q, want nothing and 7", other.Far.Keys(), keeper.Far.Keys())
		}
	})
}

func TestNobodyIsHeldByOneOfMany(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{})
		one := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		one.Signal(media.Hold) // has two held
		if got := fmt.Sprint(two.Far.Told()); got != "[Hold]" {
			t.Fatalf("the peer was told %s, want [Hold]", got)
		}
		h.join(t, b, &channeltest.Leg{}, bridge.JoinOptions{})
		if got := fmt.Sprint(two.Far.Told()); got != "[Hold Unhold]" {
			t.Errorf("when there are three it was told %s, want [Hold Unhold]", got)
		}
		if got := fmt.Sprint(one.Far.Told()); got != "[]" {
			t.Errorf("who was not held was told %s, want nothing", got)
		}
	})
}
