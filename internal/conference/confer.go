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

// heldKey is where a leg keeps that it is on hold in conferences.
type heldKey struct{}

// Hold has somebody in a conference hear music instead of the others, or no more. It may
// come before its leg does.
func (h *House) Hold(name string, c *channel.Channel, on bool) {
	c.SetValue(heldKey{}, on)
	r := h.find(name)
	if r == nil {
		return
	}
	r.mu.Lock()
	for _, u := range r.users {
		if u.c == c {
			u.held = on
		}
	}
	r.mu.Unlock()
	r.settle()
}

// Kick puts all out of a conference.
func (h *House) Kick(name string) {
	if r := h.find(name); r != nil {
		for _, u := range r.list() {
			u.expel("KICKED")
		}
	}
}
