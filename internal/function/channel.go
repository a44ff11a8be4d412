package function

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/state"
)

// channels are the functions of legs and of the states of devices and extensions.
func (h *House) channels() []Function {
	return []Function{
		full("CHANNEL", "func_channel", "An attribute of the leg", "item", channelRead, h.channelWrite),
		read("CHANNELS", "func_channel", "Names of the legs, or of those that match", "[regular_expression]", h.channelNames),
		read("CHANNEL_EXISTS", "func_channel", "Whether there is a leg", "name_or_uid", func(s string) (string, error) {
			if s == "" {
				return "", errArgs
			}
			return truth(h.Channels.Find(s) != nil), nil
		}),
		full("MASTER_CHANNEL", "func_channel", "A variable of the leg that began the call", "varname", h.masterRead, h.masterWrite),
		full("MUTEAUDIO", "res_mutestream", "Keep the voice of the leg back", "direction", nil, muteAudio),
		full("HANGUPCAUSE", "func_hangupcause", "Why a leg ended", "channel,type", hangupCause, nil),
		full("HANGUPCAUSE_KEYS", "func_hangupcause", "Legs of which the cause is known", "", hangupKeys, nil),
		full("DEVICE_STATE", "func_devstate", "State of a device", "device",
			func(_ context.Context, _ *channel.Channel, device string) (string, error) {
				return h.Devices.Device(device), nil
			},
			func(_ context.Context, _ *channel.Channel, device, value string) error {
				if !strings.HasPrefix(strings.ToLower(device), "custom:") {
					return errors.New("only states of Custom: devices can be set")
				}
				to, ok := state.Valid(value)
				if !ok {
					return fmt.Errorf("%q is no state of a device", value)
				}
				h.Devices.SetCustom(device, to)
				return nil
			}),
		full("EXTENSION_STATE", "func_extstate", "State of an extension's hint", "extension[@context]", h.extensionState, nil),
		full("HINT", "func_devstate", "Devices or name of a hint", "extension[@context][,options]", h.hint, nil),
		full("DIALPLAN_EXISTS", "func_dialplan", "Whether a place of the dialplan exists", "context[,extension[,priority]]", h.dialplanExists, nil),
		full("VALID_EXTEN", "func_dialplan", "Whether an extension exists", "[context],extension[,priority]", h.validExten, nil),
	}
}

func (h *House) channelNames(expression string) (string, error) {
	re, err := dialplan.CompileRegular(expression, false)
	if err != nil {
		return "", err
	}
	var list []string
	for _, c := range h.Channels.All() {
		if name := c.Name(); expression == "" || re.MatchString(name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, " "), nil
}

// muteAudio keeps the leg's voice back in one direction, or in both.
func muteAudio(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	ways, ok := channel.Directions(strings.TrimSpace(args))
	if !ok {
		return fmt.Errorf("MUTEAUDIO(%s): the directions are in, out and all", args)
	}
	for _, way := range ways {
		c.SetMuted(way, config.True(value))
	}
	return nil
}

func (h *House) master(c *channel.Channel) (*channel.Channel, error) {
	if c == nil {
		return nil, errNoChannel
	}
	if first := h.Channels.Find(c.LinkedID()); first != nil {
		return first, nil
	}
	return c, nil
}

func (h *House) masterRead(ctx context.Context, c *channel.Channel, args string) (string, error) {
	first, err := h.master(c)
	if err != nil {
		return "", err
	}
	return h.Dialplan.Expand(ctx, first, "${"+args+"}"), nil
}

func (h *House) masterWrite(ctx context.Context, c *channel.Channel, args, value string) error {
	first, err := h.master(c)
	if err != nil {
		return err
	}
	return h.Dialplan.Assign(ctx, first, args, value)
}

// hangupCause is the last that a leg that was called has said: in the words of
// its technology, or as the text of a cause.
func hangupCause(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	name, kind, two := strings.Cut(args, ",")
	if !two {
		return "", errors.New("HANGUPCAUSE needs two arguments")
	}
	for _, o := range c.Outcomes() {
		if o.Channel != name {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "tech":
			return o.Tech, nil
		case "ast":
			return channel.CauseText(o.Cause), nil
		}
		return "", fmt.Errorf("%q is neither tech nor ast", kind)
	}
	return "", fmt.Errorf("no cause is known for %s", name)
}

func hangupKeys(_ context.Context, c *channel.Channel, _ string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	var names []string
	for _, o := range c.Outcomes() {
		names = append(names, o.Channel)
	}
	return strings.Join(names, ","), nil
}

func place(text string) (exten, context string) {
	exten, context, _ = strings.Cut(text, "@")
	if context == "" {
		context = "default"
	}
	return exten, context
}

func (h *House) extensionState(_ context.Context, _ *channel.Channel, args string) (string, error) {
	if args == "" {
		return "", errArgs
	}
	exten, in := place(args)
	if text, ok := h.Devices.Extension(exten, in); ok {
		return text, nil
	}
	return state.Unknown, nil
}

func (h *House) hint(_ context.Context, _ *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 2)
	exten, in := place(command.Arg(parts, 0))
	devices, name, ok := h.Dialplan.Hint(exten, in)
	if !ok {
		return "", nil
	}
	if strings.Contains(command.Arg(parts, 1), "n") {
		return name, nil
	}
	return devices, nil
}

// exists tells whether there is context,extension[,priority] for the leg.
func (h *House) exists(c *channel.Channel, context, exten, priority string) bool {
	caller := ""
	if c != nil {
		caller = shownNumber(c.Snapshot().Caller)
	}
	n, ok := h.Dialplan.Priority(context, exten, orDefault(priority, "1"), caller)
	return ok && h.Dialplan.Exists(channel.Location{Context: context, Exten: exten, Priority: n}, caller)
}

func (h *House) dialplanExists(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 3)
	if len(parts) == 0 {
		return "", errArgs
	}
	if exten := command.Arg(parts, 1); exten != "" {
		return truth(h.exists(c, parts[0], exten, command.Arg(parts, 2))), nil
	}
	return truth(h.Dialplan.HasContext(parts[0])), nil
}

// validExten knows priorities by their numbers alone.
func (h *House) validExten(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 3)
	if len(parts) < 2 {
		return "", errArgs
	}
	in := parts[0]
	if in == "" && c != nil {
		in = c.Location().Context
	}
	priority := orDefault(command.Arg(parts, 2), "1")
	if _, err := strconv.Atoi(priority); err != nil {
		return "0", nil //nolint:nilerr // there is no such priority, which is the answer
	}
	return truth(h.exists(c, in, parts[1], priority)), nil
}
