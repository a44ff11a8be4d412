package function

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// channels are the functions of legs and of the states of devices and extensions.
func (h *House) channels() []Function {
	return []Function{
		full("CHANNEL", "func_channel", "An attribute of the leg", "item", channelRead, channelWrite),
		read("CHANNELS", "func_channel", "Names of the legs, or of those that match", "[regular_expression]", h.channelNames),
		read("CHANNEL_EXISTS", "func_channel", "Whether there is a leg", "name_or_uid", func(s string) (string, error) {
			return truth(h.Channels.Find(s) != nil), nil
		}),
		full("MASTER_CHANNEL", "func_channel", "A variable of the leg that began the call", "varname", h.masterRead, h.masterWrite),
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
				h.Devices.SetCustom("Custom:"+device[len("custom:"):], strings.ToUpper(value))
				return nil
			}),
		full("EXTENSION_STATE", "func_extstate", "State of an extension's hint", "extension[@context]", h.extensionState, nil),
		full("HINT", "func_hint", "Devices or name of a hint", "extension[@context][,options]", h.hint, nil),
		full("DIALPLAN_EXISTS", "func_dialplan", "Whether a place of the dialplan exists", "context[,extension[,priority]]", h.dialplanExists, nil),
		full("VALID_EXTEN", "func_dialplan", "Whether an extension exists", "[context],extension[,priority]", h.validExten, nil),
	}
}

// items are the attributes that every leg has.
func items(s *event.Channel) map[string]string {
	return map[string]string{
		"name": s.Name, "uniqueid": s.UniqueID, "linkedid": s.LinkedID, "language": s.Language, "accountcode": s.AccountCode,
		"peeraccount": s.PeerAccount, "state": s.State.String(), "channeltype": s.Technology, "context": s.Context,
		"exten": s.Exten, "priority": strconv.Itoa(s.Priority), "musicclass": s.MusicClass, "parkinglot": s.ParkingLot,
		"hangupsource": s.HangupBy, "amaflags": strconv.Itoa(s.AMAFlags), "appname": s.Application, "appdata": s.Data,
		"callgroup": groups(s.CallGroup), "pickupgroup": groups(s.PickupGroup), "tenantid": s.TenantID,
		"dialed_number": s.DialedNum, "call_id": s.Protocol, "callid": fmt.Sprintf("[C-%08x]", s.CallNumber),
	}
}

func groups(mask uint64) string {
	var list []string
	for i := range 64 {
		if mask&(1<<i) != 0 {
			list = append(list, strconv.Itoa(i))
		}
	}
	return strings.Join(list, ",")
}

func channelRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	item := strings.ToLower(args)
	switch item {
	case "audioreadformat", "audiowriteformat", "audionativeformat":
		if f := c.Leg().WriteFormat(); f != nil {
			return f.Name, nil
		}
		return "", nil
	case "max_forwards":
		return strconv.Itoa(c.MaxForwards()), nil
	}
	if v, ok := items(c.Snapshot())[item]; ok {
		return v, nil
	}
	if i, ok := c.Leg().(channel.Informer); ok {
		if v, ok := i.Item(args); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("unknown item %q of CHANNEL", args)
}

func channelWrite(_ context.Context, c *channel.Channel, item, value string) error {
	if c == nil {
		return errNoChannel
	}
	err := setItem(c, item, value)
	if t, ok := c.Leg().(channel.Twin); ok && err == nil {
		if other := t.Twin(); other != nil {
			err = setItem(other, seenFromTwin(item), value)
		}
	}
	return err
}

// seenFromTwin is the item that answers on the other half of a Local channel to
// one of this: each is the other's peer.
func seenFromTwin(item string) string {
	switch strings.ToLower(item) {
	case "accountcode":
		return "peeraccount"
	case "peeraccount":
		return "accountcode"
	}
	return item
}

func setItem(c *channel.Channel, item, value string) error {
	set := func(f func(*event.Channel)) error { c.Change(f); return nil }
	switch strings.ToLower(item) {
	case "language":
		return set(func(s *event.Channel) { s.Language = value })
	case "accountcode":
		c.SetAccountCode(value)
		return nil
	case "peeraccount":
		return set(func(s *event.Channel) { s.PeerAccount = value })
	case "musicclass":
		return set(func(s *event.Channel) { s.MusicClass = value })
	case "parkinglot":
		return set(func(s *event.Channel) { s.ParkingLot = value })
	case "tenantid":
		return set(func(s *event.Channel) { s.TenantID = value })
	case "hangupsource":
		return set(func(s *event.Channel) { s.HangupBy = value })
	case "amaflags":
		n, err := strconv.Atoi(value)
		if err != nil {
			n = map[string]int{"omit": 1, "billing": 2, "documentation": 3}[strings.ToLower(value)]
		}
		return set(func(s *event.Channel) { s.AMAFlags = n })
	case "max_forwards":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return fmt.Errorf("unable to set max forwards to %q: not a number", value)
		}
		c.SetMaxForwards(n)
		return nil
	}
	if t, ok := c.Leg().(channel.Tuner); ok {
		if ok, err := t.SetItem(item, value); ok {
			return err
		}
	}
	return fmt.Errorf("item %q of CHANNEL can't be set", item)
}

func (h *House) channelNames(expression string) (string, error) {
	re, err := regexp.CompilePOSIX(expression)
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

// Cause is why a leg of a call ended, for HANGUPCAUSE. Dial keeps it on the caller.
type Cause struct{ Channel, Tech, Asterisk string }

// Causes is the key under which a channel keeps its []Cause.
type Causes struct{}

func hangupCause(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	name, kind, _ := strings.Cut(args, ",")
	list, _ := c.Value(Causes{}).([]Cause)
	for _, cause := range list {
		if cause.Channel == name {
			if strings.EqualFold(kind, "tech") {
				return cause.Tech, nil
			}
			return cause.Asterisk, nil
		}
	}
	return "", fmt.Errorf("no cause is known for %s", name)
}

func hangupKeys(_ context.Context, c *channel.Channel, _ string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	list, _ := c.Value(Causes{}).([]Cause)
	names := make([]string, len(list))
	for i, cause := range list {
		names[i] = cause.Channel
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
	exten, in := place(args)
	text, ok := h.Devices.ExtensionText(exten, in)
	if !ok {
		return "UNKNOWN", nil
	}
	return text, nil
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

func location(context string, parts []string) (channel.Location, error) {
	l := channel.Location{Context: context, Exten: command.Arg(parts, 0), Priority: 1}
	if p := command.Arg(parts, 1); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return l, fmt.Errorf("%q is no priority", p)
		}
		l.Priority = n
	}
	return l, nil
}

func (h *House) dialplanExists(_ context.Context, _ *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 3)
	if len(parts) == 0 {
		return "0", errArgs
	}
	if len(parts) == 1 {
		return truth(h.Dialplan.HasContext(parts[0])), nil
	}
	l, err := location(parts[0], parts[1:])
	if err != nil {
		return "0", err
	}
	return truth(h.Dialplan.Exists(l, "")), nil
}

func (h *House) validExten(_ context.Context, c *channel.Channel, args string) (string, error) {
	parts := command.SplitArgs(args, 3)
	in := command.Arg(parts, 0)
	if in == "" && c != nil {
		in = c.Location().Context
	}
	if len(parts) < 2 {
		return "0", errArgs
	}
	l, err := location(in, parts[1:])
	if err != nil {
		return "0", err
	}
	return truth(h.Dialplan.Exists(l, "")), nil
}
