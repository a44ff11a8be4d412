package app

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// Offer says that the call of a leg that rings may be picked up, for who dials it
// without Dial. It is taken back by Take.
func (h *House) Offer(c *channel.Channel) { h.pickups.register(c) }

// Take ends the offer of a leg's call. If somebody has claimed it, picker is who, and enter is
// to be called once: with the bridge to go to, or with nil where nothing comes of it.
func (h *House) Take(c *channel.Channel) (picker *channel.Channel, enter func(*bridge.Bridge)) {
	o := h.pickups.take(c)
	if o == nil {
		return nil, nil
	}
	return o.picker, func(b *bridge.Bridge) {
		if b == nil {
			close(o.goOn)
			return
		}
		o.enter(h, b)
	}
}

// TakeOver is Take for who joins nobody: goOn is to be called once, with what the picker does in
// the leg's place until it is hung up or goes elsewhere, or with nil where nothing comes of it.
func (h *House) TakeOver(c *channel.Channel) (picker *channel.Channel, goOn func(func(context.Context, *channel.Channel) error)) {
	o := h.pickups.take(c)
	if o == nil {
		return nil, nil
	}
	return o.picker, func(do func(context.Context, *channel.Channel) error) {
		if do == nil {
			close(o.goOn)
			return
		}
		o.goOn <- do
	}
}
