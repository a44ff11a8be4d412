package exchange

import (
	"context"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
)

// taskCommands are the console commands about Asterisk's taskprocessors. There are none
// here: work goes by goroutines and by queues that /metrics tells of. The commands answer
// as the reference does where there is nothing to list.
func taskCommands() []command.Console {
	row := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		syntax := name
		if arguments != "" {
			syntax += " " + arguments
		}
		return command.Console{Row: command.Row{Name: name, Syntax: syntax, Synopsis: synopsis},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	list := func(r *command.ConsoleRequest) error {
		fmt.Fprintf(r.Out, "\n%-70s %10s %10s %10s %10s %10s %12s %13s\n\n0 taskprocessors\n\n", "Processor",
			"Processed", "In Queue", "Max Depth", "Low water", "High water", "Low time(us)", "High time(us)")
		return nil
	}
	unknown := func(format string) func(r *command.ConsoleRequest) error {
		return func(r *command.ConsoleRequest) error {
			if len(r.Args) != 1 {
				return &command.UsageError{}
			}
			fmt.Fprintf(r.Out, format, r.Args[0])
			return nil
		}
	}
	return []command.Console{
		row("core show taskprocessors", "[like <text>]", "List taskprocessors, of which there are none", list),
		row("core show taskprocessor name", "<name>", "Show a taskprocessor", unknown("\nTaskprocessor '%s' not found\n\n")),
		row("core show taskprocessor alerted subsystems", "", "List what has too much to do", func(r *command.ConsoleRequest) error {
			fmt.Fprintf(r.Out, "\n%-32s  %11s\n\n0 subsystems\n\n", "Subsystem", "Alert Count")
			return nil
		}),
		row("core ping taskprocessor", "<name>", "Measure how long a taskprocessor takes to answer", unknown("\nping failed: %s not found\n\n")),
		row("core reset taskprocessor", "<name>", "Begin the figures of a taskprocessor anew", unknown("\nReset failed: %s not found\n\n")),
		row("core reset taskprocessors", "", "Begin the figures of all taskprocessors anew", func(r *command.ConsoleRequest) error {
			fmt.Fprint(r.Out, "\nResetting stats for all taskprocessors\n\n")
			return nil
		}),
	}
}
