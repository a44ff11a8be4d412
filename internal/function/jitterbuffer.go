package function

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/jitter"
)

// jitterBuffer puts a leg's voice through a jitter buffer, or no more.
func jitterBuffer(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	if strings.EqualFold(strings.TrimSpace(args), "disabled") {
		c.SetJitterBuffer(nil)
		return nil
	}
	kind, err := jitter.ParseKind(args)
	if err != nil {
		return fmt.Errorf("JITTERBUFFER: %w", err)
	}
	g := jitter.Parse(kind, value)
	c.SetJitterBuffer(&g)
	return nil
}
