package feature

import (
	"context"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "features show", Module: "features", Synopsis: "What can be asked for by keys"}, Run: h.show}}
}

// shown are the features in the order in which they are shown, by the words that people know.
var shown = []struct{ title, name string }{
	{"Blind Transfer", blindTransfer}, {"Attended Transfer", attendedTransfer}, {"Disconnect Call", disconnect},
	{"Park Call", park}, {"One Touch MixMonitor", record},
}

func (h *House) show(_ context.Context, r *command.ConsoleRequest) error {
	g, standard := h.Settings(), Defaults()
	line := func(title, usual, now string) { fmt.Fprintf(r.Out, "%-25s %-7s %-7s\n", title, usual, now) }
	line("Builtin Feature", "Default", "Current")
	line("---------------", "-------", "-------")
	line("Pickup", standard.PickupExten(), g.PickupExten())
	for _, f := range shown {
		line(f.title, standard.codes[f.name], g.codes[f.name])
	}
	fmt.Fprintln(r.Out)
	line("Dynamic Feature", "Default", "Current")
	line("---------------", "-------", "-------")
	if len(g.mapped) == 0 {
		fmt.Fprintln(r.Out, "(none)")
	}
	for _, m := range g.mapped {
		line(m.name, "no def", m.code)
	}
	fmt.Fprintln(r.Out, "\nFeature Groups:\n---------------")
	if len(g.groups) == 0 {
		fmt.Fprintln(r.Out, "(none)")
	}
	for _, in := range g.groups {
		fmt.Fprintf(r.Out, "===> Group: %s\n", in.name)
		for _, m := range in.members {
			one, ok := g.find(m.name)
			if !ok {
				continue
			}
			if m.code != "" {
				one.code = m.code
			}
			fmt.Fprintf(r.Out, "===> --> %s (%s)\n", one.name, one.code)
		}
	}
	return nil
}
