package feature

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// An Application is a row of this package's table.
type Application = command.Application[*channel.Channel]

// Applications returns the dialplan applications.
func (h *House) Applications() []Application {
	return []Application{{Row: command.Row{Name: "AttendedTransfer", Module: "app_attended_transfer",
		Synopsis: "Begin an attended transfer of those in the leg's bridge", Syntax: "AttendedTransfer(exten)"}, Run: h.attendedApplication}}
}

// attendedApplication is for the applications of features: the leg is in a bridge, and aside.
func (h *House) attendedApplication(ctx context.Context, c *channel.Channel, exten string) error {
	status := "NOTPERMITTED"
	if b := h.Calls.Bridges.Find(c.BridgeID()); exten != "" && b != nil {
		status = h.attendedTo(ctx, b, c, exten)
	} else if exten == "" {
		h.Logger.Warn("AttendedTransfer requires an argument (exten)", "channel", c.Name())
		status = "FAILURE"
	}
	c.SetVariable("ATTENDEDTRANSFERSTATUS", status)
	return nil
}

func (h *House) attendedTo(ctx context.Context, b *bridge.Bridge, c *channel.Channel, exten string) string {
	to := channel.Location{Context: contextOf(c), Exten: exten, Priority: 1}
	if c.Value(consulting{}) != nil || !h.Dialplan.Exists(to, c.Caller().Number.Text) {
		return "FAILURE"
	}
	hold(b, c)
	if !h.consult(ctx, b, c, b.FeaturesOf(c), to) {
		unhold(b, c)
		return "FAILURE"
	}
	return "SUCCESS"
}
