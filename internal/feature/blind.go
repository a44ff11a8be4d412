package feature

import (
	"context"

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
			return
		}
		h.Logger.Warn("a blind transfer failed", "channel", c.Name(), "extension", to.Exten, "context", to.Context, "error", err)
		_, _ = h.prompt(ctx, c, h.of(c).general["xferfailsound"])
	}
	unhold(b, c)
}

// hold has the others hear music while a leg is busy elsewhere, unhold ends that.
func hold(b *bridge.Bridge, c *channel.Channel) {
	b.Tell(c, media.Frame{Kind: media.Control, Signal: media.Hold})
}

func unhold(b *bridge.Bridge, c *channel.Channel) {
	b.Tell(c, media.Frame{Kind: media.Control, Signal: media.Unhold})
}
