package sharedline

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Run follows the holds of stations until ctx ends. It is started once.
func (h *House) Run(ctx context.Context) {
	holds := make(chan string, 64) // of channels, by unique ID; past that many at once they are not heeded
	defer h.Calls.Channels.Bus.Subscribe(event.Kinds(event.KindHold), func(s event.Stamped) {
		select {
		case holds <- s.Event.(*event.Hold).Channel.UniqueID:
		default:
		}
	})()
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-holds:
			h.hold(id)
		}
	}
}

// hold puts the line on hold on which a leg talks: the leg is let go, and may come back.
func (h *House) hold(id string) {
	h.mu.Lock()
	var k *key
	for _, s := range h.stations {
		for _, one := range s.keys {
			if one.leg != nil && one.leg.UniqueID() == id && one.state != onHoldByMe && !one.trunk.dialled {
				k = one
			}
		}
	}
	if k == nil {
		h.mu.Unlock()
		return
	}
	t, leg := k.trunk, k.leg
	t.holding++
	k.state = onHoldByMe
	changed := append(h.turn(t, onHold, false, k), k.device())
	alone := t.talking == 1
	t.held = t.held || alone
	outside := t.leg
	h.mu.Unlock()
	h.look(changed)
	if alone && outside != nil {
		h.Rooms.Hold(t.room(), outside, true)
	}
	leg.Hangup(channel.CauseNormalClearing)
}
