package local

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Actions returns the driver's manager actions.
func (d *Driver) Actions() []command.Action {
	return []command.Action{{
		Row:       command.Row{Name: "LocalOptimizeAway", Synopsis: "Let a Local channel with the option n take itself out of the way"},
		Privilege: command.System | command.Call, Run: d.optimizeAway,
	}}
}

func (d *Driver) optimizeAway(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("Channel")
	if name == "" {
		return command.Refusal("'Channel' not specified.")
	}
	c := d.Channels.Find(name)
	if c == nil {
		return command.Refusal("Channel does not exist.")
	}
	h, ok := c.Leg().(*half)
	if !ok {
		return command.Refusal("Unable to find channel")
	}
	h.pair.mu.Lock()
	h.pair.to.noOptimize = false
	h.pair.mu.Unlock()
	r.Reply("Success", "Queued channel to be optimized away")
	h.pair.optimize()
	return nil
}

// Other returns the other half of a Local channel, or nil where c is none or the other
// half has ended.
func (d *Driver) Other(c *channel.Channel) *channel.Channel {
	h, ok := c.Leg().(*half)
	if !ok {
		return nil
	}
	return h.far()
}
