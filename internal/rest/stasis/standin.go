package stasis

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// Owns reports whether a leg is in an application: call.Applications.
func (h *Hub) Owns(c *channel.Channel) bool { return h.Leg(c.UniqueID()) != nil }

// standIn has a leg take the part of another in its application, which is told of it.
func (l *Leg) standIn(by *channel.Channel) *Leg {
	h := l.hub
	in := &Leg{Channel: by, hub: h, app: l.App(), orders: make(chan order, orderQueue), replaces: l.Channel.Snapshot()}
	h.legs.mu.Lock()
	h.legs.all[by.UniqueID()] = in
	h.legs.mu.Unlock()
	in.enter(nil)
	return in
}

// handOver is what a leg does that has picked up the call of this one: it is in the application in its
// place, and goes on in the dialplan, if a client wants so, behind where this one is. It is called by
// the other's owner.
func (l *Leg) handOver(ctx context.Context, by *channel.Channel) error {
	in, was := l.standIn(by), l.Channel.Snapshot()
	at := l.Channel.Location()
	in.behind = &channel.Location{Context: at.Context, Exten: at.Exten, Priority: at.Priority + 1} // behind PickupChan there, as it were
	by.Step(at, was.Application, was.Data)
	l.Channel.Hangup(channel.CauseAnsweredElsewhere)
	in.live(ctx)
	return l.hub.release(ctx, in)
}

// Replace has a leg take the part of another: call.Applications. The application is told of it before the
// leg has the place in the bridge, and the other stays in it, outside of the bridge.
func (h *Hub) Replace(old, by *channel.Channel, b *bridge.Bridge) bool {
	o := h.Leg(old.UniqueID())
	if o == nil {
		return false
	}
	l := o.standIn(by)
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
