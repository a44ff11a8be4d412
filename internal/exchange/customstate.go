package exchange

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/internal/store"
)

// customFamily is where AstDB keeps the states of devices that only users know, as
// on the reference: a night switch is tomorrow what it is tonight.
const customFamily = "CustomDevstate"

// keepCustom keeps such a state.
func (x *Exchange) keepCustom(name, state string) {
	var err error
	if state == "" {
		_, err = x.database.Del(customFamily, name)
	} else {
		err = x.database.Put(customFamily, name, state)
	}
	if err != nil {
		x.log.Warn("a device's state is not kept", "device", "Custom:"+name, "error", err)
	}
}

// restoreCustom brings back what was kept, now or, if the database is slow, later.
func (x *Exchange) restoreCustom() {
	if x.database.Fresh() {
		return
	}
	if inTime(x.database.Ready) == nil {
		x.bringBackCustom()
		return
	}
	x.log.Warn("the database is slow: states of custom devices come back when it has been read")
	x.workers.Go(func() {
		if x.database.Ready(x.background) == nil {
			x.bringBackCustom()
		}
	})
}

// bringBackCustom restores the states of the database. What is no state is that of
// a device that is none.
func (x *Exchange) bringBackCustom() {
	x.database.Walk(customFamily, func(e store.Entry) bool {
		to, ok := state.Valid(e.Value)
		if !ok {
			to = state.Invalid
		}
		x.board.Restore(e.Key[len("/"+customFamily+"/"):], to)
		return true
	})
	x.restoreMailboxes()
	x.database.Walk(presenceFamily, func(e store.Entry) bool {
		x.presences.Restore(e.Key[len("/"+presenceFamily+"/"):], e.Value)
		return true
	})
}

// customCommands are the console commands about these states.
func (x *Exchange) customCommands() []command.Console {
	out := func(f func(r *command.ConsoleRequest) error) func(context.Context, *command.ConsoleRequest) error {
		return func(_ context.Context, r *command.ConsoleRequest) error { return f(r) }
	}
	return []command.Console{
		{Row: command.Row{Name: "devstate list", Syntax: "devstate list", Synopsis: "List the states of custom devices", Module: "func_devstate"}, Run: out(x.listCustom)},
		{Row: command.Row{Name: "devstate change", Syntax: "devstate change <device> <state>", Synopsis: "Set the state of a custom device", Module: "func_devstate",
			Description: "The device is Custom:NAME. The states are " + strings.Join(state.All(), ", ") + "."},
			Run: out(x.changeCustom), Complete: x.customWords},
	}
}

func (x *Exchange) listCustom(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	rule := strings.Repeat("-", 69)
	fmt.Fprintf(r.Out, "\n%s\n--- Custom Device States %s\n%s\n---\n", rule, strings.Repeat("-", 44), rule)
	for _, e := range x.database.List(customFamily, "") {
		fmt.Fprintf(r.Out, "--- Name: 'Custom:%s'  State: '%s'\n---\n", strings.TrimPrefix(e.Key, "/"+customFamily+"/"), e.Value)
	}
	fmt.Fprintf(r.Out, "%s\n%s\n\n", rule, rule)
	return nil
}

func (x *Exchange) changeCustom(r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	name, ok := state.CustomName(r.Args[0])
	to, valid := state.Valid(r.Args[1])
	switch {
	case !ok:
		return command.Refusal("The devstate command can only be used to set 'Custom:' device state!")
	case name == "" || !valid:
		return &command.UsageError{}
	}
	fmt.Fprintf(r.Out, "Changing %s to %s\n", name, r.Args[1])
	x.board.SetCustom(r.Args[0], to)
	return nil
}

// customWords are the devices that have a state, and then the states.
func (x *Exchange) customWords(args []string, _ string) []string {
	switch len(args) {
	case 0:
		var list []string
		for _, e := range x.database.List(customFamily, "") {
			list = append(list, "Custom:"+strings.TrimPrefix(e.Key, "/"+customFamily+"/"))
		}
		return list
	case 1:
		return state.All()
	}
	return nil
}
