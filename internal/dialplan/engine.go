package dialplan

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Application and Function are the rows that an engine runs.
type (
	Application = command.Application[*channel.Channel]
	Function    = command.Function[*channel.Channel]
)

// Config is what an engine is made of.
type Config struct {
	Channels *channel.Registry
	Logger   *slog.Logger
	// Builtin gives the variables that belong to the exchange, no channel:
	// SYSTEMNAME, ENTITYID, ASTETCDIR … It may be nil.
	Builtin func(name string) (string, bool)
	// Plan is what is run at first; nil is an empty one.
	Plan *Plan
	// Realtime is asked by switches of that name; nil is nobody.
	Realtime Realtime
}

// An Engine runs a dialplan. All its methods may be called concurrently; those
// that take a channel and move it (Goto, Gosub, Return …) are its owner's.
type Engine struct {
	channels *channel.Registry
	log      *slog.Logger
	builtin  func(string) (string, bool)
	realtime Realtime
	plan     atomic.Pointer[Plan]
	editing  sync.Mutex // orders changes of the plan
	changed  atomic.Pointer[func(*Plan, bool)]

	// LiveDangerously lets clients from outside use every function: the option of asterisk.conf.
	LiveDangerously atomic.Bool

	tables  atomic.Pointer[tables]
	globals globals
	texts   textCache
}

// tables are the applications, by name in lower case, and the functions.
type tables struct {
	applications map[string]*Application
	functions    map[string]*Function
}

// NewEngine returns an engine with the applications and functions of this
// package and no others.
func NewEngine(g Config) *Engine {
	e := &Engine{channels: g.Channels, log: g.Logger, builtin: g.Builtin, realtime: g.Realtime}
	if e.log == nil {
		e.log = slog.Default()
	}
	if e.builtin == nil {
		e.builtin = func(string) (string, bool) { return "", false }
	}
	if g.Plan == nil {
		g.Plan = Empty()
	}
	g.Plan.realtime = g.Realtime
	e.plan.Store(g.Plan)
	e.globals.bus = e.channels.Bus
	t := &tables{applications: map[string]*Application{}, functions: map[string]*Function{}}
	for _, a := range slices.Concat(e.ownApplications(), e.macros()) {
		t.applications[strings.ToLower(a.Name)] = &a
	}
	for _, f := range e.ownFunctions() {
		t.functions[f.Name] = &f
	}
	e.tables.Store(t)
	return e
}

// AddApplication makes an application known; a later one of a name replaces an earlier.
func (e *Engine) AddApplication(a Application) {
	e.change(func(t *tables) { t.applications[strings.ToLower(a.Name)] = &a })
}

// RemoveApplication forgets an application.
func (e *Engine) RemoveApplication(name string) {
	e.change(func(t *tables) { delete(t.applications, strings.ToLower(name)) })
}

// AddFunction makes a function known; a later one of a name replaces an earlier.
func (e *Engine) AddFunction(f Function) { e.change(func(t *tables) { t.functions[f.Name] = &f }) }

// RemoveFunction forgets a function.
func (e *Engine) RemoveFunction(name string) {
	e.change(func(t *tables) { delete(t.functions, name) })
}

func (e *Engine) change(f func(*tables)) {
	e.editing.Lock()
	defer e.editing.Unlock()
	old := e.tables.Load()
	t := &tables{applications: maps.Clone(old.applications), functions: maps.Clone(old.functions)}
	f(t)
	e.tables.Store(t)
}

// Application returns an application by name, whose case does not matter.
func (e *Engine) Application(name string) (*Application, bool) {
	a, ok := e.tables.Load().applications[strings.ToLower(name)]
	return a, ok
}

// Function returns a function by name, whose case matters.
func (e *Engine) Function(name string) (*Function, bool) {
	f, ok := e.tables.Load().functions[name]
	return f, ok
}

// Applications returns all applications, by name.
func (e *Engine) Applications() []*Application {
	return sorted(e.tables.Load().applications, func(a *Application) string { return a.Name })
}

// Functions returns all functions, by name.
func (e *Engine) Functions() []*Function {
	return sorted(e.tables.Load().functions, func(f *Function) string { return f.Name })
}

func sorted[T any](rows map[string]*T, name func(*T) string) []*T {
	list := make([]*T, 0, len(rows))
	for _, row := range rows {
		list = append(list, row)
	}
	sort.Slice(list, func(i, j int) bool { return strings.ToLower(name(list[i])) < strings.ToLower(name(list[j])) })
	return list
}

// Plan returns the plan of now.
func (e *Engine) Plan() *Plan { return e.plan.Load() }

// OnChange has f called with each new plan, by whoever changes it and before
// others can; loaded tells that it comes of a file. It is the exchange's, which
// tells package state of the hints.
func (e *Engine) OnChange(f func(p *Plan, loaded bool)) { e.changed.Store(&f) }

// Edit changes the plan. Calls go on in the new one with their next step.
func (e *Engine) Edit(f func(*Editor) error) error {
	e.editing.Lock()
	defer e.editing.Unlock()
	p, err := e.plan.Load().Edit(f)
	if err != nil {
		return err
	}
	e.install(p, false)
	return nil
}

// Reload replaces what the registrar of extensions.conf made by a plan that was
// loaded; what others made stays. Global variables are set anew.
func (e *Engine) Reload(p *Plan) error {
	e.editing.Lock()
	defer e.editing.Unlock()
	p, err := p.Edit(func(d *Editor) error { d.Carry(e.plan.Load(), ConfigRegistrar); return nil })
	if err != nil {
		return fmt.Errorf("reload the dialplan: %w", err)
	}
	if p.Settings.ClearGlobals {
		e.globals.clear()
	}
	for _, g := range p.Globals {
		e.globals.set(g.Name, g.Value)
	}
	e.install(p, true)
	return nil
}

func (e *Engine) install(p *Plan, loaded bool) {
	p.realtime = e.realtime
	e.plan.Store(p)
	if f := e.changed.Load(); f != nil {
		(*f)(p, loaded)
	}
}

// Exists reports whether there is something at a place for a call from caller.
func (e *Engine) Exists(l channel.Location, caller string) bool {
	return e.Plan().Exists(l.Context, l.Exten, l.Priority, caller)
}

// CanMatch reports whether digits are an extension of a context, or the
// beginning of one.
func (e *Engine) CanMatch(context, digits, caller string) bool {
	return e.Plan().CanMatch(context, digits, 1, caller)
}

// MatchMore reports whether digits are the beginning of a longer extension.
func (e *Engine) MatchMore(context, digits, caller string) bool {
	return e.Plan().MatchMore(context, digits, 1, caller)
}

// Priority reads a priority that is a number or a label of an extension.
func (e *Engine) Priority(context, exten, text, caller string) (int, bool) {
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		return n, n > 0
	}
	return e.Plan().FindLabel(context, exten, text, caller)
}

// HasContext reports whether there is a context of the name.
func (e *Engine) HasContext(name string) bool { return e.Plan().Context(name) != nil }

// Hint returns the hint of an extension: its devices and its name.
func (e *Engine) Hint(exten, context string) (devices, name string, ok bool) {
	if h := e.Plan().Hint(context, exten); h != nil {
		return h.Application, h.Data, true
	}
	return "", "", false
}

// An UnknownError tells that nobody knows an application.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string { return fmt.Sprintf("no application %q", e.Name) }

// UnknownApplication returns the name.
func (e *UnknownError) UnknownApplication() string { return e.Name }

// maxExecutions bounds Exec(Exec(Exec(…))), which a variable may make endless.
const maxExecutions = 128

var errTooMany = errors.New("too many applications run each other")

// Execute runs one application on a channel, whose owner calls it. While it runs
// the channel shows it as what it does.
func (e *Engine) Execute(ctx context.Context, c *channel.Channel, application, data string) error {
	a, ok := e.Application(application)
	if !ok {
		return &UnknownError{application}
	}
	if ctx, ok = deeper(ctx, executions{}, maxExecutions); !ok {
		return e.fail(c, application, errTooMany)
	}
	before := c.Snapshot()
	c.SetApplication(a.Name, data)
	err := a.Run(ctx, c, data)
	c.SetApplication(before.Application, before.Data)
	return err
}
