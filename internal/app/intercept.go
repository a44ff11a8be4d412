package app

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// The subroutines that a leg may have for what it is about to be told, by variables:
// who it is connected to, and to where its call is sent on. They may change it.
const (
	connectedSub   = "CONNECTED_LINE_SEND_SUB"
	redirectingSub = "REDIRECTING_SEND_SUB"
)

// intercept runs one of them on a leg, on the goroutine of its owner.
func (h *House) intercept(ctx context.Context, c *channel.Channel, name string) {
	place, _ := c.Variable(name)
	if place == "" {
		return
	}
	if args, _ := c.Variable(name + "_ARGS"); args != "" {
		place += "(" + args + ")"
	}
	if err := h.Dialplan.Subroutine(ctx, c, place); err != nil && ctx.Err() == nil {
		h.Logger.Warn("the subroutine for what a leg is told did not come to its end", "channel", c.Name(), "variable", name, "error", err)
	}
}

// Interception returns what runs the subroutine that a leg has for who it is connected
// to, nil where it has none. It is bridge.Registry's Intercept.
func (h *House) Interception(c *channel.Channel) func(context.Context) {
	if place, _ := c.Variable(connectedSub); place == "" {
		return nil
	}
	return func(ctx context.Context) { h.intercept(ctx, c, connectedSub) }
}
