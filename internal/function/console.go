package function

import (
	"context"
	"fmt"
	"regexp"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands are the console commands about what functions keep.
func (h *House) Commands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "group show channels", Syntax: "group show channels [pattern]",
		Synopsis: "List the legs that are in groups", Description: "The pattern is a regular expression for names of groups.", Module: "func_groupcount"}, Run: h.showGroups},
		{Row: command.Row{Name: "dialplan locks show", Syntax: "dialplan locks show", Synopsis: "List the locks of the dialplan and who holds them", Module: "func_lock"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) > 0 {
					return &command.UsageError{}
				}
				h.locks.show(r.Out)
				return nil
			}}}
}

func (h *House) showGroups(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) > 1 {
		return &command.UsageError{}
	}
	wanted, err := regexp.CompilePOSIX(command.Arg(r.Args, 0))
	if err != nil {
		return &command.UsageError{}
	}
	const format = "%-25s  %-20s  %-20s\n"
	fmt.Fprintf(r.Out, format, "Channel", "Group", "Category")
	n := 0
	for _, c := range h.Channels.All() {
		for _, m := range memberships(c) {
			if !wanted.MatchString(m.group) {
				continue
			}
			category := m.category
			if category == "" {
				category = "(default)"
			}
			fmt.Fprintf(r.Out, format, c.Name(), m.group, category)
			n++
		}
	}
	ending := "s"
	if n == 1 {
		ending = ""
	}
	fmt.Fprintf(r.Out, "%d active channel%s\n", n, ending)
	return nil
}
