package stasis

import (
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// Owns reports whether a leg is in an application: call.Applications.
func (h *Hub) Owns(c *channel.Channel) bool { return h.Leg(c.UniqueID()) != nil }

// Replace has a leg take the part of another: call.Applications. The application is told of it before the
// leg has the place in the bridge, and the other stays in it, outside of the bridge.
func (h *Hub) Replace(old, by *channel.Channel, b *bridge.Bridge) bool {
	o := h.Leg(old.UniqueID())
	if o == nil {
		return false
	}
	l := &Leg{Channel: by, hub: h, app: o.App(), orders: make(chan order, orderQueue), replaces: old.Snapshot()}
	h.legs.mu.Lock()
	h.legs.all[by.UniqueID()] = l
	h.legs.mu.Unlock()
	l.enter(nil)
	there := make(chan error, 1)
	h.House.Channels.Go(by.Name(), func() {
		defer by.End()
		ctx := by.Context()
		if b != nil {
			l.join(ctx, b, bridge.JoinOptions{Swap: old.UniqueID()}, there)
		} else {
			there <- nil
		}
		l.live(ctx)
		_ = h.release(ctx, l)
		if !by.HungUp() {
			by.Hangup(channel.CauseNormalClearing)
		}
	})
	<-there // it enters without waiting for anybody
	return true
}
