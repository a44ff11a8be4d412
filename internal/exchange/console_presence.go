package exchange

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/state"
)

// presenceCommands are the console commands about presences.
func (x *Exchange) presenceCommands() []command.Console {
	out := func(f func(r *command.ConsoleRequest) error) func(context.Context, *command.ConsoleRequest) error {
		return func(_ context.Context, r *command.ConsoleRequest) error { return f(r) }
	}
	return []command.Console{
		{Row: command.Row{Name: "presencestate list", Syntax: "presencestate list", Synopsis: "List the presences that were set", Module: "func_presencestate"},
			Run: out(x.listPresences)},
		{Row: command.Row{Name: "presencestate change", Syntax: "presencestate change <entity> <state>[,<subtype>[,message[,options]]]",
			Synopsis: "Set a presence", Module: "func_presencestate",
			Description: "The entity is CustomPresence:NAME. The states are not_set, unavailable, available, away, xa, chat and dnd. What has spaces stands in quotes."},
			Run: out(x.changePresence)},
	}
}

func (x *Exchange) listPresences(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	rule := strings.Repeat("-", 69)
	fmt.Fprintf(r.Out, "\n%s\n--- Custom Presence States %s\n%s\n---\n", rule, strings.Repeat("-", 42), rule)
	list := x.database.List(presenceFamily, "")
	if len(list) == 0 {
		fmt.Fprintln(r.Out, "No custom presence states defined")
		return nil
	}
	for _, e := range list {
		parts := append(strings.SplitN(e.Value, ",", 4), "", "", "")
		fmt.Fprintf(r.Out, "--- Name: 'CustomPresence:%s'\n    --- State: '%s'\n    --- Subtype: '%s'\n    --- Message: '%s'\n    --- Base64 Encoded: '%s'\n---\n",
			strings.TrimPrefix(e.Key, "/"+presenceFamily+"/"), strings.ToLower(parts[0]), parts[1], parts[2],
			map[bool]string{true: "Yes", false: "No"}[strings.Contains(parts[3], "e")])
	}
	fmt.Fprintf(r.Out, "%s\n%s\n\n", rule, rule)
	return nil
}

func (x *Exchange) changePresence(r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	name, custom := strings.CutPrefix(r.Args[0], state.PresenceProvider)
	p, valid := state.ParsePresence(r.Args[1])
	switch {
	case !custom:
		return command.Refusal("The presencestate command can only be used to set 'CustomPresence:' presence state!")
	case name == "" || !valid:
		return &command.UsageError{}
	}
	fmt.Fprintf(r.Out, "Changing %s to %s\n", name, p.Status)
	x.presences.Set(name, r.Args[1])
	return nil
}
