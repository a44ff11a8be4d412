package feature

import (
	"context"
	"errors"
	"strings"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// blind sends who a leg talks to elsewhere.
func (h *House) blind(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
	hold(b, c)
	to, ok := h.ask(ctx, c)
	if ok && ctx.Err() == nil {
		err := h.Calls.BlindTransfer(c, call.Transfer{To: to})
		if err == nil {
			h.goOn(c)
			return
		}
		h.Logger.Warn("a blind transfer failed", "channel", c.Name(), "extension", to.Exten, "context", to.Context, "error", err)
		sound := h.of(c).general["xferfailsound"]
		if errors.Is(err, call.ErrNotParked) {
			sound = "pbx-parkingfailed"
		}
		_, _ = h.prompt(ctx, c, sound)
	}
	unhold(b, c)
}

// goOn has a leg that has transferred another go on in the dialplan, where
// GOTO_ON_BLINDXFR says so: a place as Goto takes it, with commas or with ^ between
// its parts.
func (h *House) goOn(c *channel.Channel) {
	place, _ := c.Variable("GOTO_ON_BLINDXFR")
	if place == "" {
		return
	}
	to, err := h.Dialplan.Resolve(c, strings.ReplaceAll(place, "^", ","))
	if err != nil {
		h.Logger.Warn("who has transferred can't go on", "channel", c.Name(), "place", place, "error", err)
		return
	}
	_ = c.Interrupt(channel.Interrupt{Location: &to}) // fails only where it hangs up itself
}

// hold has the others hear music while a leg is busy elsewhere, unhold ends that.
func hold(b *bridge.Bridge, c *channel.Channel) {
	b.Tell(c, media.Frame{Kind: media.Control, Signal: media.Hold})
}

func unhold(b *bridge.Bridge, c *channel.Channel) {
	b.Tell(c, media.Frame{Kind: media.Control, Signal: media.Unhold})
}
