package app

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// leftovers are small applications about variables.
func (h *House) leftovers() []Application {
	return []Application{
		{Row: row("ClearHash", "func_strings", "Forget all entries of a hash", "ClearHash(hashname)"), Run: clearHash},
	}
}

// clearHash forgets the variables in which HASH keeps the entries of a hash.
func clearHash(_ context.Context, c *channel.Channel, data string) error {
	prefix := "~HASH~" + strings.TrimSpace(data) + "~"
	for _, v := range c.Variables() {
		if strings.HasPrefix(v.Name, prefix) {
			c.DropVariable(v.Name)
		}
	}
	return nil
}
