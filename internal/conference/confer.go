package conference

import (
	"context"
	"fmt"
	"maps"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Confer has a leg take part in a conference, with options of the user and of the bridge
// above those of the default profiles. It is what other applications than ConfBridge call, by
// the goroutine that owns the leg.
func (h *House) Confer(ctx context.Context, c *channel.Channel, name string, user, bridge map[string]string) error {
	w, err := h.profiles(c, "", "", "")
	if err != nil {
		return err
	}
	u, b := *w.user, *w.bridge
	b.sounds = maps.Clone(b.sounds)
	for option, value := range user {
		if err := u.set(option, value); err != nil {
			return fmt.Errorf("conference %s: %s = %s: %w", name, option, value, err)
		}
	}
	for option, value := range bridge {
		if err := b.set(option, value); err != nil {
			return fmt.Errorf("conference %s: %s = %s: %w", name, option, value, err)
		}
	}
	w.user, w.bridge = &u, &b
	return h.take(ctx, c, name, w)
}
