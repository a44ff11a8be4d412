package app

import (
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Moved plays a sound in which keys move by a step: forward and rewind, to its beginning
// (restart), and hold it (pause). It returns the key among stop that ended it.
func (h *House) Moved(ctx context.Context, c *channel.Channel, name, stop, forward, rewind, pause, restart string, step time.Duration) (byte, error) {
	keys := controlKeys{forward: forward, rewind: rewind, stop: stop, pause: pause, restart: restart}
	_, key, _, err := h.playControlled(ctx, c, name, c.Snapshot().Language, keys, step.Milliseconds(), 0)
	return key, err
}
