package feature

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Actions returns the manager actions. Both press keys for a leg.
func (h *House) Actions() []command.Action {
	return []command.Action{
		{Row: command.Row{Name: "Atxfer", Module: "manager", Synopsis: "Begin an attended transfer"}, Privilege: command.Call, Run: h.atxfer},
		{Row: command.Row{Name: "CancelAtxfer", Module: "manager", Synopsis: "End an attended transfer"}, Privilege: command.Call, Run: h.cancelAtxfer},
	}
}

// leg finds the channel of a request.
func (h *House) leg(r *command.ActionRequest) (*channel.Channel, error) {
	c := h.Calls.Channels.Find(r.Get("Channel"))
	if c == nil {
		return nil, command.Refusal("Channel specified does not exist")
	}
	return c, nil
}

func press(c *channel.Channel, keys string) {
	for i := range len(keys) {
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: keys[i], Value: media.Whole{}})
	}
}

func (h *House) atxfer(_ context.Context, r *command.ActionRequest) error {
	switch {
	case r.Get("Channel") == "":
		return command.Refusal("No channel specified")
	case r.Get("Exten") == "":
		return command.Refusal("No extension specified")
	}
	c, err := h.leg(r)
	if err != nil {
		return err
	}
	code := h.of(c).codes[attendedTransfer]
	if code == "" {
		return command.Refusal("No attended transfer feature code found")
	}
	if in := r.Get("Context"); in != "" {
		c.SetVariable("TRANSFER_CONTEXT", in)
	}
	r.Reply("Success", "Atxfer successfully queued")
	press(c, code+r.Get("Exten"))
	return nil
}

func (h *House) cancelAtxfer(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Channel") == "" {
		return command.Refusal("No channel specified")
	}
	c, err := h.leg(r)
	if err != nil {
		return err
	}
	code := h.of(c).general["atxferabort"]
	if code == "" {
		return command.Refusal("No disconnect feature code found")
	}
	r.Reply("Success", "CancelAtxfer successfully queued")
	press(c, code)
	return nil
}
