package exchange

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/command"
)

// What the console says of applications, functions and its own commands, from
// their rows.

func (x *Exchange) showApplications(r *command.ConsoleRequest) error {
	chosen, some := chooser(r.Args)
	word := "Registered"
	if some {
		word = "Matching"
	}
	fmt.Fprintf(r.Out, "    -= %s Asterisk Applications =-\n", word)
	n := 0
	for _, a := range x.engine.Applications() {
		if chosen(a.Row) {
			fmt.Fprintf(r.Out, "  %20s: %s\n", a.Name, a.Synopsis)
			n++
		}
	}
	fmt.Fprintf(r.Out, "    -= %d Applications %s =-\n", n, word)
	return nil
}

// chooser reads "like TEXT", of a name, and "describing WORD…", one of which a row
// is to have. As on the reference all else chooses all; some is false then.
func chooser(args []string) (chosen func(command.Row) bool, some bool) {
	has := func(text, part string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(part)) }
	switch {
	case len(args) == 2 && args[0] == "like":
		return func(r command.Row) bool { return has(r.Name, args[1]) }, true
	case len(args) > 1 && args[0] == "describing":
		return func(r command.Row) bool {
			text := r.Name + " " + r.Synopsis + " " + r.Description
			return slices.ContainsFunc(args[1:], func(word string) bool { return has(text, word) })
		}, true
	}
	return func(command.Row) bool { return true }, false
}

func (x *Exchange) showApplication(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return &command.UsageError{}
	}
	found := false
	for _, a := range x.engine.Applications() {
		for _, name := range r.Args {
			if strings.EqualFold(a.Name, name) {
				found = true
				describe(r.Out, "Application", a.Row)
				fmt.Fprintln(r.Out)
			}
		}
	}
	if !found {
		return command.Refusal("Your application(s) is (are) not registered")
	}
	return nil
}

func describe(out io.Writer, kind string, row command.Row) {
	fmt.Fprintf(out, "\n  -= Info about %s '%s' =- \n\n[Synopsis]\n%s\n\n", kind, row.Name, row.Synopsis)
	if row.Description != "" {
		fmt.Fprintf(out, "[Description]\n%s\n\n", row.Description)
	}
	fmt.Fprintf(out, "[Provided By]\n%s\n\n", cmp.Or(row.Module, builtin))
	if row.Partial != "" {
		fmt.Fprintf(out, "[Not yet]\n%s\n\n", row.Partial)
	}
	fmt.Fprintf(out, "[Syntax]\n%s\n\n", row.Syntax)
}

func (x *Exchange) showFunctions(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 && (len(r.Args) != 2 || r.Args[0] != "like") {
		return &command.UsageError{}
	}
	chosen, some := chooser(r.Args)
	title, matching := "Installed", ""
	if some {
		title, matching = "Matching", "matching "
	}
	fmt.Fprintf(r.Out, "%s Custom Functions:\n%s\n", title, strings.Repeat("-", 80))
	n := 0
	for _, f := range x.engine.Functions() {
		if chosen(f.Row) {
			fmt.Fprintf(r.Out, "%-20.20s  %-35.35s  %s\n", f.Name, f.Syntax, f.Synopsis)
			n++
		}
	}
	fmt.Fprintf(r.Out, "%d %scustom functions installed.\n", n, matching)
	return nil
}

func (x *Exchange) showFunction(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return &command.UsageError{}
	}
	for _, f := range x.engine.Functions() {
		if strings.EqualFold(f.Name, r.Args[0]) {
			describe(r.Out, "Function", f.Row)
			fmt.Fprintln(r.Out)
			return nil
		}
	}
	return command.Refusal("No function by that name registered.")
}

func (x *Exchange) showHelp(r *command.ConsoleRequest) error {
	prefix := strings.Join(r.Args, " ")
	var list []*command.Console
	for _, c := range x.console.Commands() {
		if strings.EqualFold(c.Name, prefix) {
			fmt.Fprintln(r.Out, cli.Usage(c))
			return nil
		}
		if len(c.Name) >= len(prefix) && strings.EqualFold(c.Name[:len(prefix)], prefix) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		if c := x.console.Find(r.Args); c != nil { // with arguments behind it
			fmt.Fprintln(r.Out, cli.Usage(c))
		} else {
			fmt.Fprintf(r.Out, "No such command '%s'.\n", prefix)
		}
		return nil
	}
	for _, c := range list {
		fmt.Fprintf(r.Out, "%-30s -- %s\n", c.Name, c.Synopsis)
	}
	return nil
}
