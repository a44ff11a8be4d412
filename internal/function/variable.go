package function

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// variables are the functions of variables elsewhere: global, shared, another leg's.
func (h *House) variables() []Function {
	return []Function{
		full("GLOBAL", "func_global", "A global variable", "varname",
			func(_ context.Context, _ *channel.Channel, name string) (string, error) {
				v, _ := h.Dialplan.Global(name)
				return v, nil
			},
			func(_ context.Context, _ *channel.Channel, name, value string) error {
				h.Dialplan.SetGlobal(name, value)
				return nil
			}),
		read("GLOBAL_EXISTS", "func_global", "Whether a global variable is set", "varname", func(name string) (string, error) {
			_, ok := h.Dialplan.Global(name)
			return truth(ok), nil
		}),
		full("GLOBAL_DELETE", "func_global", "Take a global variable away", "varname", nil,
			func(_ context.Context, _ *channel.Channel, name, _ string) error {
				h.Dialplan.DropGlobal(name)
				return nil
			}),
		full("SHARED", "func_global", "A variable that legs share", "varname[,channel]", h.sharedRead, h.sharedWrite),
		full("VARIABLE_EXISTS", "func_logic", "Whether a variable of the leg, or a global one, is set", "varname",
			func(_ context.Context, c *channel.Channel, name string) (string, error) {
				if c == nil {
					return "0", errNoChannel
				}
				_, ok := c.Variable(name)
				if !ok {
					_, ok = h.Dialplan.Global(name)
				}
				return truth(ok), nil
			}, nil),
		full("DELETE", "func_logic", "Take a variable away", "varname", nil,
			func(_ context.Context, c *channel.Channel, name, _ string) error {
				if c == nil {
					return errNoChannel
				}
				c.DropVariable(name)
				return nil
			}),
		full("IMPORT", "func_logic", "A variable of another leg", "channel,variable",
			func(ctx context.Context, _ *channel.Channel, args string) (string, error) {
				name, variable, _ := strings.Cut(args, ",")
				other := h.Channels.Find(name)
				if other == nil {
					return "", fmt.Errorf("no channel %s", name)
				}
				return h.Dialplan.Expand(ctx, other, "${"+variable+"}"), nil
			}, nil),
		full("EXPORT", "func_export", "Set a variable of another leg", "channel,var", nil,
			func(ctx context.Context, _ *channel.Channel, args, value string) error {
				name, variable, _ := strings.Cut(args, ",")
				other := h.Channels.Find(name)
				if other == nil {
					return fmt.Errorf("no channel %s", name)
				}
				return h.Dialplan.Assign(ctx, other, variable, value)
			}),
	}
}

// shared holds the SHARED variables of a leg, kept on the channel itself.
type shared struct{ name string }

func (h *House) sharedOf(c *channel.Channel, args string) (*channel.Channel, string, error) {
	name, other, ok := strings.Cut(args, ",")
	if !ok {
		if c == nil {
			return nil, "", errNoChannel
		}
		return c, name, nil
	}
	of := h.Channels.Find(other)
	if of == nil {
		of = h.Channels.FindPrefix(other + "-")
	}
	if of == nil {
		return nil, "", fmt.Errorf("no channel %s", other)
	}
	return of, name, nil
}

func (h *House) sharedRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	of, name, err := h.sharedOf(c, args)
	if err != nil {
		return "", err
	}
	v, _ := of.Value(shared{name}).(string)
	return v, nil
}

func (h *House) sharedWrite(_ context.Context, c *channel.Channel, args, value string) error {
	of, name, err := h.sharedOf(c, args)
	if err != nil {
		return err
	}
	of.SetValue(shared{name}, value)
	of.TellVariable("SHARED("+name+")", value)
	return nil
}
