package voicemail

import (
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// How long digits are waited for.
const (
	firstDigit = 5 * time.Second
	nextDigit  = 2 * time.Second
)

// enter asks for digits up to #.
func (h *House) enter(ctx context.Context, c *channel.Channel, prompts ...string) (string, error) {
	key, err := h.play(ctx, c, anyKey, prompts...)
	if err != nil {
		return "", err
	}
	return h.digits(ctx, c, key)
}

// digits takes digits up to #, of which the first may have come.
func (h *House) digits(ctx context.Context, c *channel.Channel, first byte) (string, error) {
	got, key, wait := "", first, firstDigit
	for {
		if key == 0 {
			var err error
			if key, err = h.Voice.WaitKey(ctx, c, anyKey, wait); err != nil {
				return "", err
			}
		}
		if key == 0 || key == '#' {
			return got, nil
		}
		got, key, wait = got+string(rune(key)), 0, nextDigit
	}
}
