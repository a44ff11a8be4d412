package function

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// hashes are the functions of hashes, which are variables named ~HASH~name~key~.
func (h *House) hashes() []Function {
	return []Function{
		full("HASH", "func_strings", "Entry of a hash", "hashname[,hashkey]", h.hashRead, h.hashWrite),
		full("HASHKEYS", "func_strings", "Keys of a hash", "hashname", h.hashKeys, nil),
	}
}

func hashVariable(name, key string) string { return "~HASH~" + name + "~" + key + "~" }

func (h *House) keysOf(c *channel.Channel, name string) []string {
	prefix := "~HASH~" + name + "~"
	var keys []string
	for _, v := range c.Variables() {
		if rest, ok := strings.CutPrefix(v.Name, prefix); ok {
			keys = append(keys, strings.TrimSuffix(rest, "~"))
		}
	}
	return keys
}

func (h *House) hashRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	if name, key, ok := strings.Cut(args, ","); ok {
		v, _ := c.Variable(hashVariable(name, key))
		return v, nil
	}
	var values []string
	for _, key := range h.keysOf(c, args) {
		v, _ := c.Variable(hashVariable(args, key))
		values = append(values, v)
	}
	return strings.Join(values, ","), nil
}

// hashWrite sets an entry, or without a key those of the last result that came by name, whose
// columns stand in a variable.
func (h *House) hashWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	name, key, ok := strings.Cut(args, ",")
	switch {
	case name == "":
		return fmt.Errorf("%w: HASH(hashname,hashkey)", errArgs)
	case ok:
		c.SetVariable(hashVariable(name, key), value)
		return nil
	}
	columns := h.variable(c, curlFields)
	if columns == "" {
		return nil
	}
	values := command.SplitArgs(value, 0)
	for i, column := range strings.Split(columns, ",") {
		c.SetVariable(hashVariable(name, column), command.Arg(values, i))
	}
	return nil
}

func (h *House) hashKeys(_ context.Context, c *channel.Channel, name string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	return strings.Join(h.keysOf(c, name), ","), nil
}
