package monitor

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Actions returns the manager actions.
func (h *House) Actions() []command.Action {
	action := func(name, synopsis string, class command.Class, run func(context.Context, *command.ActionRequest) error) command.Action {
		return command.Action{Row: command.Row{Name: name, Module: "app_mixmonitor", Synopsis: synopsis}, Privilege: class, Run: run}
	}
	return append([]command.Action{
		action("MixMonitor", "Record a leg", command.System, h.actStart),
		action("StopMixMonitor", "Record a leg no more", command.System|command.Call, h.actStop),
		action("MixMonitorMute", "Keep a voice from the recording of a leg", command.System|command.Call, h.actMute),
	}, h.pairActions()...)
}

// leg finds the channel of a request.
func (h *House) leg(r *command.ActionRequest) (*channel.Channel, error) {
	name := r.Get("Channel")
	if name == "" {
		return nil, command.Refusal("No channel specified")
	}
	if c := h.Channels.Find(name); c != nil {
		return c, nil
	}
	return nil, command.Refusal("No such channel")
}

func (h *House) actStart(ctx context.Context, r *command.ActionRequest) error {
	c, err := h.leg(r)
	if err != nil {
		return err
	}
	file := r.Get("File")
	if file == "" {
		return command.Refusal("Could not start monitoring channel")
	}
	if _, err := h.start(ctx, c, file, r.Get("Options"), r.Get("Command")); err != nil {
		h.Logger.Error("the leg is not recorded", "channel", c.Name(), "file", file, "error", err)
		return command.Refusal("Could not start monitoring channel")
	}
	r.Reply("Success", "")
	return nil
}

func (h *House) actStop(_ context.Context, r *command.ActionRequest) error {
	c, err := h.leg(r)
	if err != nil {
		return err
	}
	if !h.stop(h.find(c, r.Get("MixMonitorID"))) {
		return command.Refusal("Could not stop monitoring channel")
	}
	r.Reply("Success", "")
	return nil
}

func (h *House) actMute(_ context.Context, r *command.ActionRequest) error {
	direction, state, id := r.Get("Direction"), r.Get("State"), r.Get("MixMonitorID")
	var ways []channel.Direction
	switch strings.ToLower(direction) {
	case "":
		return command.Refusal("No direction specified. Must be read, write or both")
	case "read":
		ways = []channel.Direction{channel.In}
	case "write":
		ways = []channel.Direction{channel.Out}
	case "both":
		ways = []channel.Direction{channel.In, channel.Out}
	default:
		return command.Refusal("Invalid direction specified. Must be read, write or both")
	}
	if state == "" {
		return command.Refusal("No state specified")
	}
	c, err := h.leg(r)
	if err != nil {
		return err
	}
	muted, n := strings.HasPrefix(strings.TrimLeft(state, " +0"), "1"), 0
	for _, t := range h.of(c) {
		if id != "" && t.id != id {
			continue
		}
		n++
		for _, d := range ways {
			t.muted[d].Store(muted)
		}
	}
	if n == 0 {
		return command.Refusal("Cannot set mute flag")
	}
	c.TestEvent("AUDIOHOOK_GROUP_MUTE_TOGGLE", "audiohook.c", "ast_audiohook_set_mute_all", event.Variable{Name: "Channel", Value: c.Name()},
		event.Variable{Name: "Source", Value: "MixMonitor"}, event.Variable{Name: "Count", Value: fmt.Sprint(n)})
	h.tell(event.KindMixMonitorMute, c, func(c *event.Channel) event.Event {
		return &event.MixMonitorMute{Channel: c, Direction: direction, State: muted}
	})
	r.Reply("Success", "")
	return nil
}

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "mixmonitor {start|stop|list}", Module: "app_mixmonitor", Synopsis: "Record a leg, end that, or list its recordings",
		Syntax: "mixmonitor {start|stop|list} <channel> [<file>[,<options>[,<command>]]]"}, Run: h.console}}
}

func (h *House) console(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Words) < 3 {
		return &command.UsageError{}
	}
	verb, name := strings.ToLower(r.Words[1]), r.Words[2]
	c := h.Channels.Find(name)
	if c == nil {
		fmt.Fprintf(r.Out, "No channel matching '%s' found.\n", name)
		return nil
	}
	switch verb {
	case "start":
		if len(r.Words) < 4 {
			return &command.UsageError{}
		}
		a := command.SplitArgs(strings.Join(r.Words[3:], " "), 3)
		if _, err := h.start(ctx, c, a[0], command.Arg(a, 1), command.Arg(a, 2)); err != nil {
			return err
		}
	case "stop":
		id := ""
		if len(r.Words) > 3 {
			id = r.Words[3]
		}
		h.stop(h.find(c, id))
	case "list":
		fmt.Fprintln(r.Out, "MixMonitor ID\tFile\tReceive File\tTransmit File")
		fmt.Fprintln(r.Out, strings.Repeat("=", 73))
		for _, t := range h.of(c) {
			fmt.Fprintf(r.Out, "%s\t%s\t%s\t%s\n", t.id, cut(t.name), cut(t.side(channel.In)), cut(t.side(channel.Out)))
		}
	}
	return nil
}

// side is the file of one direction, "" for none.
func (t *tape) side(d channel.Direction) string {
	if t.one[d] == nil {
		return ""
	}
	return t.house.path(t.flags[[2]byte{channel.In: 'r', channel.Out: 't'}[d]])
}
