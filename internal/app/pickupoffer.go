package app

import (
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
			close(o.bridge)
			return
		}
		o.bridge <- b
	}
}
