package call_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
)

func TestReplaceInABridge(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		b, err := h.Bridges.Create(bridge.Options{Dissolve: true})
		if err != nil {
			t.Fatal(err)
		}
		old, stays, by := h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{})
		h.Impart(b, old.Channel, bridge.JoinOptions{})
		h.Impart(b, stays.Channel, bridge.JoinOptions{})
		if err := h.Replace(old.Channel, by.Channel); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if b.Peer(stays.Channel) != by.Channel {
			t.Error("the legs are not together")
		}
		if _, ended := old.Far.HungUp(); !ended || stays.HungUp() || by.HungUp() {
			t.Errorf("the old one has ended: %v; the others: %v, %v", ended, stays.HungUp(), by.HungUp())
		}
		by.Hangup(16)
		synctest.Wait()
		if _, ended := stays.Far.HungUp(); !ended {
			t.Error("the call goes on without the new one")
		}
	})
}

func TestReplaceInTheDialplan(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		old, by := h.started(t, "a"), h.Leg(t, &channeltest.Leg{})
		synctest.Wait()
		if err := h.Replace(old.Channel, by.Channel); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := by.Location().Exten; got != "a" || by.HungUp() || !old.HungUp() {
			t.Errorf("the new one is at %q, ended: %v, the old one: %v", got, by.HungUp(), old.HungUp())
		}
		by.Hangup(16)
		synctest.Wait()
	})
}

func TestReplaceNobody(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		old, by := h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{})
		if err := h.Replace(old.Channel, by.Channel); !errors.Is(err, call.ErrNoPeer) || old.HungUp() {
			t.Errorf("got %v", err)
		}
	})
}
