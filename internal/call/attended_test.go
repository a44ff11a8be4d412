package call_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
)

// together puts two legs into a call.
func (h *house) together(t *testing.T, legs ...*channeltest.Channel) *bridge.Bridge {
	t.Helper()
	b, err := h.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range legs {
		h.Impart(b, c.Channel, bridge.JoinOptions{})
	}
	return b
}

func over(c *channeltest.Channel) bool {
	_, ended := c.Far.HungUp()
	return ended
}

func TestAttendedTransferOfTwoCalls(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		alice, first, second, carol := h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{})
		from, to := h.together(t, alice, first), h.together(t, second, carol)
		if err := h.AttendedTransfer(first.Channel, second.Channel); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if to.Peer(alice.Channel) != carol.Channel || alice.HungUp() || carol.HungUp() {
			t.Error("the two do not talk to each other")
		}
		if !over(first) || !over(second) {
			t.Errorf("the legs of who transferred have ended: %v, %v", over(first), over(second))
		}
		if h.Bridges.Find(from.ID()) != nil {
			t.Error("the first call's bridge is left")
		}
		if got := alice.Snapshot().Connected; got != carol.Caller() {
			t.Errorf("the transferee is connected to %+v", got)
		}
		alice.Hangup(16)
		synctest.Wait()
		if !over(carol) {
			t.Error("the call goes on with one")
		}
	})
}

// Whichever of the two legs talks to the dialplan, the peer of the other goes on
// there, and it has the last word.
func TestAttendedTransferIntoTheDialplan(t *testing.T) {
	for name, swapped := range map[string]bool{"second": false, "first": true} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, h *house) {
				alice, bridged, alone := h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{}), h.started(t, "menu")
				alone.SetVariable("CHOICE", "3")
				h.together(t, alice, bridged)
				synctest.Wait()
				first, second := bridged, alone
				if swapped {
					first, second = alone, bridged
				}
				if err := h.AttendedTransfer(first.Channel, second.Channel); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if !over(first) || !over(second) || alice.HungUp() {
					t.Errorf("the legs of who transferred have ended: %v, %v; the transferee: %v", over(first), over(second), alice.HungUp())
				}
				choice, _ := alice.Variable("CHOICE")
				if at := alice.Location().Exten; at != "menu" || choice != "3" || !alice.RunsDialplan() {
					t.Errorf("the transferee is at %q with %q", at, choice)
				}
				if !alone.Yielded() {
					t.Error("the one that it follows has the last word, too")
				}
				alice.Hangup(16)
			})
		})
	}
}

func TestAttendedTransferOfNobody(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		one, two, three := h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{}), h.Leg(t, &channeltest.Leg{})
		if err := h.AttendedTransfer(one.Channel, two.Channel); !errors.Is(err, call.ErrNotBridged) {
			t.Errorf("of two that talk to nobody: %v", err)
		}
		h.together(t, one, two)
		if err := h.AttendedTransfer(one.Channel, two.Channel); !errors.Is(err, call.ErrNoPeer) {
			t.Errorf("within one call: %v", err)
		}
		if err := h.AttendedTransfer(one.Channel, three.Channel); !errors.Is(err, call.ErrNoPeer) {
			t.Errorf("to a leg that nobody has: %v", err)
		}
		synctest.Wait()
		if one.HungUp() || two.HungUp() {
			t.Error("a call ended")
		}
		one.Hangup(16)
	})
}
