package sharedline

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Run follows the holds of stations until ctx ends. It is started once.
func (h *House) Run(ctx context.Context) {
	holds := make(chan string, 64) // of channels that talk on lines, by unique ID; past that many at once they are not heeded
	defer h.Calls.Channels.Bus.Subscribe(event.Kinds(event.KindHold), func(s event.Stamped) {
		c := s.Event.(*event.Hold).Channel
		if !h.talks(c.UniqueID) {
			return
		}
		select {
		case holds <- c.UniqueID:
		default:
			h.Logger.Warn("a station's hold is not heeded: there are too many at once", "channel", c.Name)
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

// talks reports whether a leg talks on a line.
func (h *House) talks(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.keyOf(id) != nil
}

// keyOf returns the key by which a leg talks on a line that it does not hold, or nil. h.mu is held.
func (h *House) keyOf(id string) *key {
	for _, s := range h.stations {
		for _, k := range s.keys {
			if k.leg != nil && k.leg.UniqueID() == id && k.state != onHoldByMe && !k.trunk.dialled {
				return k
			}
		}
	}
	return nil
}

// hold puts the line on hold on which a leg talks: the leg is let go, and may come back.
func (h *House) hold(id string) {
	h.mu.Lock()
	k := h.keyOf(id)
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
