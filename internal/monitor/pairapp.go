package monitor

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// pairApplications returns the applications of Monitor, which Asterisk had up to 20.
func (h *House) pairApplications() []Application {
	of := func(name, synopsis, syntax string, run func(context.Context, *channel.Channel, string) error) Application {
		return Application{Row: row(name, "res_monitor", synopsis, syntax), Run: run}
	}
	return []Application{
		of("Monitor", "Record what a leg says and what it hears in two files", "Monitor([format[:urlbase]][,file[,options]])", h.monitorApp),
		of("StopMonitor", "End the recording of Monitor", "StopMonitor()", func(_ context.Context, c *channel.Channel, _ string) error {
			h.stopPair(c)
			c.PopVariable(autoMonitor)
			return nil
		}),
		of("PauseMonitor", "Pause the recording of Monitor", "PauseMonitor()", func(_ context.Context, c *channel.Channel, _ string) error {
			return h.pausePair(c, true)
		}),
		of("UnpauseMonitor", "Go on with the recording of Monitor", "UnpauseMonitor()", func(_ context.Context, c *channel.Channel, _ string) error {
			return h.pausePair(c, false)
		}),
		of("ChangeMonitor", "Give the recording of Monitor another name", "ChangeMonitor(file)", func(_ context.Context, c *channel.Channel, data string) error {
			if data == "" {
				return errNoFile
			}
			h.rename(c, data)
			return nil
		}),
	}
}

// autoMonitor holds what Monitor is to be called with once the leg is bridged.
const autoMonitor = "AUTO_MONITOR"

// monitorApp is the application Monitor.
func (h *House) monitorApp(ctx context.Context, c *channel.Channel, data string) error {
	if data == "" {
		h.Logger.Warn("Monitor needs a format or a name", "channel", c.Name())
		return nil
	}
	args := command.SplitArgs(data, 3)
	format, url, _ := strings.Cut(command.Arg(args, 0), ":")
	file, options := command.Arg(args, 1), command.Arg(args, 2)
	if url != "" {
		ending := "wav" // whatever else it is
		if format == "gsm" {
			ending = "gsm"
		}
		if err := h.Dialplan.Assign(ctx, c, "CDR(userfield)", url+"/"+file+"."+ending); err != nil {
			h.Logger.Warn("the address of a recording is not in the call's record", "channel", c.Name(), "error", err)
		}
	}
	flags := command.ParseFlags(options)
	if flags.Has('b') { // once it is bridged
		c.SetVariable(autoMonitor, command.Arg(args, 0)+","+file+","+strings.Replace(options, "b", "X", 1))
		return nil
	}
	w := wanted{mix: flags.Has('m'), skipped: [2]bool{channel.In: flags.Has('i'), channel.Out: flags.Has('o')}, every: between(flags)}
	if err := h.monitor(c, file, format, w); err != nil {
		h.Logger.Warn("the leg is not recorded", "channel", c.Name(), "file", file, "error", err)
	}
	return nil
}

// Bridged begins what Monitor's option b put off: a call of the leg with another begins.
// It is the owner's of the leg.
func (h *House) Bridged(ctx context.Context, c *channel.Channel) {
	if data, _ := c.Variable(autoMonitor); data != "" {
		_ = h.monitorApp(ctx, c, data)
	}
}

// pausePair pauses the recording of a leg, or goes on with it.
func (h *House) pausePair(c *channel.Channel, yes bool) error {
	p := h.pairOf(c)
	if p == nil {
		return errNotMonitored
	}
	p.paused.Store(yes)
	return nil
}

// pairActions returns the manager actions of Monitor.
func (h *House) pairActions() []command.Action {
	act := func(name, synopsis, done string, run func(*channel.Channel, *command.ActionRequest) error) command.Action {
		return command.Action{Row: command.Row{Name: name, Module: "res_monitor", Synopsis: synopsis}, Privilege: command.Call,
			Run: func(_ context.Context, r *command.ActionRequest) error {
				if name == "ChangeMonitor" && r.Get("Channel") != "" && r.Get("File") == "" {
					return command.Refusal("No filename specified")
				}
				c, err := h.leg(r)
				if err != nil {
					return err
				}
				if err := run(c, r); err != nil {
					return err
				}
				r.Reply("Success", done)
				return nil
			}}
	}
	return []command.Action{
		act("Monitor", "Record what a leg says and what it hears", "Started monitoring channel", func(c *channel.Channel, r *command.ActionRequest) error {
			base := r.Get("File")
			if base == "" {
				base = strings.ReplaceAll(c.Name(), "/", "-")
			}
			if err := h.monitor(c, base, r.Get("Format"), wanted{mix: config.True(r.Get("Mix"))}); err != nil {
				h.Logger.Warn("the leg is not recorded", "channel", c.Name(), "file", base, "error", err)
				return command.Refusal("Could not start monitoring channel")
			}
			return nil
		}),
		act("StopMonitor", "End the recording of Monitor", "Stopped monitoring channel", func(c *channel.Channel, _ *command.ActionRequest) error {
			h.stopPair(c)
			return nil
		}),
		// A leg that is not recorded is none the worse for these three, as on the reference.
		act("ChangeMonitor", "Give the recording of Monitor another name", "Changed monitor filename", func(c *channel.Channel, r *command.ActionRequest) error {
			h.rename(c, r.Get("File"))
			return nil
		}),
		act("PauseMonitor", "Pause the recording of Monitor", "Paused monitoring of the channel", func(c *channel.Channel, _ *command.ActionRequest) error {
			_ = h.pausePair(c, true)
			return nil
		}),
		act("UnpauseMonitor", "Go on with the recording of Monitor", "Unpaused monitoring of the channel", func(c *channel.Channel, _ *command.ActionRequest) error {
			_ = h.pausePair(c, false)
			return nil
		}),
	}
}
