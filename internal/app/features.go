package app

import (
	"context"
	"io"
	"strings"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// Features makes what legs can ask for by keys while they talk: package feature.
type Features interface {
	// Of returns what a leg can ask for; letters are some of h, k, t, w and x. It is
	// nil where that is nothing.
	Of(c *channel.Channel, letters string) *bridge.Features
	// Disconnect returns the keys by which a leg that may ends its call.
	Disconnect(c *channel.Channel) string
	// Inherit gives a leg that is called what the caller has set for it.
	Inherit(from, to *channel.Channel)
}

// features returns what a leg of a call can ask for: the caller what its options in
// upper case allow it, the called leg what those in lower case do. BRIDGE_FEATURES
// of the caller adds to them.
func (d *dialing) features(c *channel.Channel) *bridge.Features {
	if d.house.Features == nil {
		return nil
	}
	more, _ := d.c.Variable("BRIDGE_FEATURES")
	own := call.AllowedFeatures(c)
	letters := ""
	for _, letter := range "hktwx" {
		capital := byte(strings.ToUpper(string(letter))[0])
		given := byte(letter)
		if c == d.c {
			given = capital
		}
		if d.flags.Has(given) || strings.IndexByte(more, given) >= 0 || strings.IndexByte(own, capital) >= 0 {
			letters += string(letter)
		}
	}
	if letters != "" {
		_ = call.AllowFeatures(c, strings.ToUpper(letters)) // these letters are features
	}
	return d.house.Features.Of(c, letters)
}

// Prompt plays a sound to a leg until its end or one of the keys, which it returns.
// It is the owner's.
func (h *House) Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error) {
	return h.playFile(ctx, c, name, keys)
}

// DialTone begins to play the dial tone.
func (h *House) DialTone(c *channel.Channel) {
	if src, err := h.Sounds.Tone("dial", c); err == nil {
		c.StartSource(src)
	}
}

// Aside plays a sound to a leg of a bridge, apart from the others.
func (h *House) Aside(b *bridge.Bridge, c *channel.Channel, name string) {
	ctx, back, ok := b.Away(c)
	if !ok {
		return
	}
	defer back()
	_ = h.playBeside(ctx, c, name)
}

// playBeside plays a sound to a leg that somebody else reads. A sound that there is
// not is warned of.
func (h *House) playBeside(ctx context.Context, c *channel.Channel, name string) error {
	language := c.Snapshot().Language
	src, err := h.Sounds.Open(name, language, c)
	if err != nil {
		h.Logger.Warn("the sound can't be played", "channel", c.Name(), "sound", name, "error", err)
		return nil
	}
	defer h.tellPlayback(c, name, language, src)()
	err = c.Pace(ctx, src)
	if closer, ok := src.(io.Closer); ok {
		_ = closer.Close()
	}
	return err //nolint:wrapcheck // the caller only wants to know that it ended early
}
