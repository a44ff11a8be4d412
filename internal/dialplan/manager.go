package dialplan

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// Actions returns the manager's actions on the plan.
func (e *Engine) Actions() []command.Action {
	row := func(name, synopsis string) command.Row {
		return command.Row{Name: name, Synopsis: synopsis, Module: "pbx_config"}
	}
	return []command.Action{
		{Row: row("ShowDialPlan", "List contexts and extensions"), Privilege: command.ConfigClass | command.Reporting, Run: e.actShow},
		{Row: row("DialplanExtensionAdd", "Add a priority to an extension"), Privilege: command.System, Run: e.actAdd},
		{Row: row("DialplanExtensionRemove", "Remove an extension, or a priority of it"), Privilege: command.System, Run: e.actRemove},
	}
}

// errPriority is the reference's text for what is no priority.
const errPriority = command.Refusal("The priority specified was invalid.")

// priorityNumber reads a priority: a number, also with a label behind it, which
// the reference does not look at, or "hint".
func priorityNumber(text string) (int, error) {
	if text == "hint" {
		return HintPriority, nil
	}
	number, _, _ := strings.Cut(text, "(")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || n < 1 {
		return 0, errPriority
	}
	return n, nil
}

func (e *Engine) actAdd(_ context.Context, r *command.ActionRequest) error {
	in, exten, priority := r.Get("Context"), r.Get("Extension"), r.Get("Priority")
	p := Priority{Application: r.Get("Application"), Data: r.Get("ApplicationData"), Registrar: ConfigRegistrar}
	if in == "" || exten == "" || priority == "" || p.Application == "" {
		return command.Refusal("Context, Extension, Priority, and Application must be defined for DialplanExtensionAdd.")
	}
	var err error
	if p.Number, err = priorityNumber(priority); err != nil {
		return err
	}
	t := Target{Context: in}
	t.Exten, t.CallerID, t.MatchCaller = cutCaller(exten)
	err = e.Edit(func(d *Editor) error {
		d.AddContext(in, ConfigRegistrar)
		_, err := d.AddPriority(t, p, config.True(r.Get("Replace")))
		return err
	})
	switch {
	case errors.Is(err, ErrExists):
		return command.Refusal("That extension and priority already exist at that context")
	case err != nil:
		return err
	}
	r.Reply("Success", "Added requested extension")
	return nil
}

func (e *Engine) actRemove(_ context.Context, r *command.ActionRequest) error {
	in, exten, priority := r.Get("Context"), r.Get("Extension"), r.Get("Priority")
	if in == "" || exten == "" {
		return command.Refusal("Context and Extension must be provided for DialplanExtensionRemove")
	}
	number, message := 0, "Removed the requested extension"
	if priority != "" {
		var err error
		if number, err = priorityNumber(priority); err != nil {
			return err
		}
		message = "Removed the requested priority from the extension"
	}
	t := Target{Context: in}
	t.Exten, t.CallerID, t.MatchCaller = cutCaller(exten)
	if err := e.Edit(func(d *Editor) error { return d.RemovePriority(t, number, "") }); err != nil {
		return command.Refusal("Failed to remove requested extension")
	}
	r.Reply("Success", message)
	return nil
}

// A listing gathers what of a plan a manager's client asks for.
type listing struct {
	plan                         *Plan
	exten                        string // "": all
	items                        [][]command.Field
	extens, priorities, contexts int
	seen                         map[*Context]bool
}

func (e *Engine) actShow(_ context.Context, r *command.ActionRequest) error {
	in, exten := r.Get("Context"), r.Get("Extension")
	l := &listing{plan: e.Plan(), exten: undashed(exten)}
	found := false
	for i := len(l.plan.order) - 1; i >= 0; i-- {
		if c := l.plan.order[i]; in == "" || c.Name == in {
			found = true
			l.seen = map[*Context]bool{}
			l.context(c, false)
		}
	}
	switch {
	case in != "" && !found:
		return command.Refusal("Did not find context " + in)
	case exten != "" && l.extens == 0 && in != "":
		return command.Refusal("Did not find extension " + exten + "@" + in)
	case exten != "" && l.extens == 0:
		return command.Refusal("Did not find extension " + exten + " in any context")
	}
	r.ListStart("DialPlan list will follow")
	for _, fields := range l.items {
		r.Event("ListDialplan", fields...)
	}
	number := func(key string, n int) command.Field { return command.Field{Key: key, Value: strconv.Itoa(n)} }
	r.ListEnd("ShowDialPlanComplete", len(l.items), number("ListExtensions", l.extens), number("ListPriorities", l.priorities), number("ListContexts", l.contexts))
	return nil
}

func (l *listing) item(c *Context, registrar string, fields ...command.Field) {
	fields = append([]command.Field{{Key: "Context", Value: c.Name}}, fields...)
	l.items = append(l.items, append(fields, command.Field{Key: "Registrar", Value: registrar}))
}

// context lists a context. Where one extension is asked for it goes into the
// contexts that are included, else it names them.
func (l *listing) context(c *Context, included bool) {
	if l.seen[c] {
		return
	}
	l.seen[c] = true
	l.contexts++
	for _, e := range c.extensions {
		if l.exten == "" || e.name.matches(l.exten) {
			l.extension(c, e)
		}
	}
	for _, i := range c.Includes {
		if l.exten == "" {
			l.item(c, i.Registrar, command.Field{Key: "IncludeContext", Value: i.Text})
		} else if to := l.plan.contexts[i.Name]; to != nil {
			l.context(to, true)
		}
	}
	for _, i := range c.IgnorePatterns {
		begins, _ := newName("_" + i.Pattern + ".")
		if l.exten == "" || begins.matches(l.exten) {
			l.item(c, i.Registrar, command.Field{Key: "IgnorePattern", Value: i.Pattern})
		}
	}
	if !included {
		for _, s := range c.Switches {
			l.item(c, s.Registrar, command.Field{Key: "Switch", Value: s.Name + "/" + s.Data})
		}
	}
}

func (l *listing) extension(c *Context, e *Extension) {
	l.extens++
	for _, p := range e.Priorities {
		l.priorities++
		fields := []command.Field{{Key: "Extension", Value: e.Name}}
		if p.Label != "" {
			fields = append(fields, command.Field{Key: "ExtensionLabel", Value: p.Label})
		}
		if p.Number == HintPriority {
			fields = append(fields, command.Field{Key: "Priority", Value: "hint"}, command.Field{Key: "Application", Value: p.Application})
		} else {
			fields = append(fields, command.Field{Key: "Priority", Value: strconv.Itoa(p.Number)}, command.Field{Key: "Application", Value: p.Application},
				command.Field{Key: "AppData", Value: p.Data})
		}
		l.item(c, p.Registrar, fields...)
	}
}
