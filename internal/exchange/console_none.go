package exchange

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// noneCommands are the console commands that ask after what there is none of here. They
// answer as the reference does where it has none either.
func noneCommands() []command.Console {
	row := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: name + arguments, Synopsis: synopsis},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	says := func(text string) func(*command.ConsoleRequest) error {
		return func(r *command.ConsoleRequest) error {
			if len(r.Args) > 0 {
				return &command.UsageError{}
			}
			_, err := fmt.Fprint(r.Out, text)
			return err
		}
	}
	const image = "%10s %10s %50s %10s\n"
	return []command.Console{
		{Row: command.Row{Name: "!", Syntax: "!<command>", Synopsis: "Run a command of the shell", Description: "It runs where the console is: what is typed behind the ! does not get here."},
			Run: func(context.Context, *command.ConsoleRequest) error { return nil }},
		row("core show image formats", "", "List the formats of images, of which there are none", says(fmt.Sprintf(image+image+"\n0 image formats registered.\n",
			"Name", "Extensions", "Description", "Format", "----", "----------", "-----------", "------"))),
		row("core show profile", "", "Show counters of the program, of which there are none", says("profile values (0, allocated 0)\n-------------------\n"+
			fmt.Sprintf("%6s   %8s  %10s %12s %12s  %s\n", "ID", "Scale", "Events", "Value", "Average", "Name"))),
		row("core clear profile", "", "Begin the counters of the program anew", func(*command.ConsoleRequest) error { return nil }),
		row("cc report status", "", "List the calls that wait to be completed, of which there are none", says("")),
		row("cc cancel", " {all|core <core ID>}", "Give up calls that wait to be completed, of which there are none", cancelCompletion),
		row("ael set debug {read|tokens|contexts|off}", "", "Does nothing, as in Asterisk 22", says("")),
	}
}

// cancelCompletion is "cc cancel all" and "cc cancel core <number>".
func cancelCompletion(r *command.ConsoleRequest) error {
	what, rest := strings.ToLower(command.Arg(r.Args, 0)), r.Args[min(1, len(r.Args)):]
	_, err := strconv.ParseUint(command.Arg(rest, 0), 10, 32)
	if what == "all" && len(rest) == 0 || what == "core" && len(rest) == 1 && err == nil {
		return nil
	}
	return &command.UsageError{}
}
