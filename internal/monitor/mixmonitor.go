package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

var errNoFile = errors.New("there is nothing to record to")

// Applications returns the dialplan applications.
func (h *House) Applications() []Application {
	mix := row("MixMonitor", "app_mixmonitor", "Record a leg while the dialplan goes on", "MixMonitor(file.extension[,options[,command]])")
	return append([]Application{
		{Row: mix, Run: h.mixMonitor},
		{Row: row("StopMixMonitor", "app_mixmonitor", "End a recording of MixMonitor", "StopMixMonitor([id])"), Run: h.stopMixMonitor},
	}, append(h.pairApplications(), h.spies()...)...)
}

// Functions returns the dialplan functions.
func (h *House) Functions() []Function {
	return []Function{{Row: row("MIXMONITOR", "app_mixmonitor", "What is known of a recording of the leg", "MIXMONITOR(id,key)"), Read: h.read}}
}

func (h *House) mixMonitor(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	file := command.Arg(args, 0)
	if file == "" {
		h.Logger.Warn("MixMonitor requires an argument (filename or ,t(filename) and/or r(filename)", "channel", c.Name())
		return errNoFile
	}
	t, err := h.start(ctx, c, file, command.Arg(args, 1), command.Arg(args, 2))
	if err != nil {
		h.Logger.Error("the leg is not recorded", "channel", c.Name(), "file", file, "error", err)
		return nil //nolint:nilerr // the call goes on without
	}
	if t.flags.Has('p') {
		if _, err := h.Voice.Prompt(ctx, c, "beep", ""); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// start begins a recording for the dialplan or a client, and tells it.
func (h *House) start(ctx context.Context, c *channel.Channel, file, options, post string) (*tape, error) {
	flags := command.ParseFlags(options)
	if post != "" {
		post = h.Dialplan.Expand(ctx, c, strings.ReplaceAll(post, "^{", "${"))
	}
	name := h.path(file)
	if flags.Has('D') {
		name = h.path(cut(file) + ".raw")
	}
	c.SetVariable("MIXMONITOR_FILENAME", name)
	t, err := h.begin(c, file, options, post)
	if err != nil {
		return nil, err
	}
	if variable := strings.TrimSpace(flags['i']); variable != "" {
		if err := h.Dialplan.Assign(ctx, c, variable, t.id); err != nil {
			h.Logger.Warn("the id of a recording is not kept", "channel", c.Name(), "variable", variable, "error", err)
		}
	}
	h.tell(event.KindMixMonitorStart, c, func(c *event.Channel) event.Event { return &event.MixMonitorStart{Channel: c} })
	return t, nil
}

func (h *House) stopMixMonitor(ctx context.Context, c *channel.Channel, data string) error {
	t := h.find(c, strings.TrimSpace(data))
	if !h.stop(t) {
		return nil
	}
	<-t.done
	if t.flags.Has('P') {
		if _, err := h.Voice.Prompt(ctx, c, "beep", ""); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (h *House) read(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errors.New("MIXMONITOR needs a channel")
	}
	id, key, _ := strings.Cut(args, ",")
	t := h.find(c, strings.TrimSpace(id))
	switch {
	case t == nil || strings.TrimSpace(id) == "":
		return "", fmt.Errorf("the leg has no recording %q", id)
	case !strings.EqualFold(strings.TrimSpace(key), "filename"):
		return "", fmt.Errorf("MIXMONITOR knows no %q", key)
	}
	return t.name, nil
}

// finish closes a source, if it wants to be.
func finish(src channel.Source) {
	if closer, ok := src.(io.Closer); ok {
		_ = closer.Close()
	}
}
