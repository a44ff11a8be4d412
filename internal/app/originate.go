package app

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// defaultOriginate is how long a destination may ring.
const defaultOriginate = 30 * time.Second

// originate calls a device and runs an application or a place of the dialplan on it.
func (h *House) originate(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 7)
	if len(args) < 3 {
		h.Logger.Error("Originate requires at least a device, a type and an argument", "channel", c.Name())
		c.SetVariable("ORIGINATE_STATUS", "UNKNOWN")
		return ErrHangup
	}
	o := call.Origination{Device: args[0], Timeout: defaultOriginate}
	flags := command.ParseFlags(command.Arg(args, 6))
	switch strings.ToLower(args[1]) {
	case "exten":
		o.To = channel.Location{Context: args[2], Exten: command.Arg(args, 3), Priority: max(1, atoi(command.Arg(args, 4)))}
		if o.To.Exten == "" {
			o.To.Exten = "s"
		}
	case "app":
		o.Application, o.Data = args[2], command.Arg(args, 3)
	default:
		h.Logger.Error("Incorrect type, it should be 'exten' or 'app'", "channel", c.Name(), "type", args[1])
		c.SetVariable("ORIGINATE_STATUS", "UNKNOWN")
		return ErrHangup
	}
	if d, err := seconds(command.Arg(args, 5)); err == nil && d > 0 {
		o.Timeout = d
	}
	h.originateOptions(c, &o, flags)
	at := c.Location()
	if flags.Has('a') {
		detached := context.WithoutCancel(ctx) // the caller may be gone before it is made
		h.Channels.Go("originate "+o.Device, func() { _, _ = h.Calls.Originate(detached, o, h.predial(detached, at, flags)) })
		c.SetVariable("ORIGINATE_STATUS", "SUCCESS")
		return nil
	}
	if sub, ok := flags['B']; ok {
		if err := h.Dialplan.Subroutine(ctx, c, call.Routine(at, sub)); err != nil {
			return err
		}
	}
	var got call.Originated
	var failure error
	err := during(ctx, c, func(ctx context.Context) error {
		got, failure = h.Calls.Originate(ctx, o, h.predial(ctx, at, flags))
		return nil
	}, nil)
	if err != nil {
		return err
	}
	c.SetVariable("ORIGINATE_STATUS", originateStatus(got, failure))
	return nil
}

// predial runs the subroutine of option b on the new leg.
func (h *House) predial(ctx context.Context, at channel.Location, flags command.Flags) func(*channel.Channel) {
	sub, ok := flags['b']
	if !ok {
		return nil
	}
	return func(out *channel.Channel) {
		if err := h.Dialplan.Subroutine(ctx, out, call.Routine(at, sub)); err != nil {
			h.Logger.Warn("the subroutine before the call failed", "channel", out.Name(), "error", err)
		}
	}
}

func (h *House) originateOptions(c *channel.Channel, o *call.Origination, flags command.Flags) {
	if number, ok := flags['c']; ok { // without one it is the caller's own
		o.Caller.Number = event.Number{Valid: true, Text: cmp.Or(number, c.Caller().Number.Text)}
	}
	if name, ok := flags['n']; ok {
		o.Caller.Name = event.Name{Valid: true, Text: cmp.Or(name, c.Caller().Name.Text)}
	}
	if list, ok := flags['v']; ok {
		for _, pair := range strings.Split(list, "^") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				o.Variables = append(o.Variables, event.Variable{Name: strings.TrimSpace(name), Value: value})
			}
		}
		o.Assign = h.assign
	}
	for _, name := range strings.Split(flags['C'], ",") {
		if name == "" {
			continue
		}
		if f, ok := media.FormatByName(strings.TrimSpace(name)); ok {
			o.Formats = append(o.Formats, f)
		} else {
			h.Logger.Warn("Originate was given an unknown codec", "channel", c.Name(), "codec", name)
		}
	}
}

// assign sets what option v names on a new leg: a function is written to.
func (h *House) assign(out *channel.Channel, name, value string) {
	if !strings.HasSuffix(name, ")") {
		out.SetVariable(name, value)
		return
	}
	if err := h.Dialplan.Assign(out.Context(), out, name, value); err != nil {
		h.Logger.Error("a variable of Originate was not set", "channel", out.Name(), "variable", name, "error", err)
	}
}

// originateStatus is ORIGINATE_STATUS.
func originateStatus(got call.Originated, err error) string {
	switch {
	case err == nil:
		return "SUCCESS"
	case !errors.Is(err, call.ErrNotAnswered):
		return "FAILED"
	}
	switch got.Reason {
	case call.ReasonBusy:
		return "BUSY"
	case call.ReasonCongestion:
		return "CONGESTION"
	case call.ReasonNoAnswer:
		return "RINGING"
	}
	return "FAILED"
}
