package app

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Number says a number to a leg in its language, and ends at one of the keys, which it
// returns. It is the owner's.
func (h *House) Number(ctx context.Context, c *channel.Channel, n int, keys string) (byte, error) {
	return h.playAll(ctx, c, h.Speech.Number(n, c.Snapshot().Language, ""), keys)
}

// Music returns the music of a class; "" is the leg's own.
func (h *House) Music(class string, c *channel.Channel) (channel.Source, error) {
	return h.Sounds.Music(class, c)
}
