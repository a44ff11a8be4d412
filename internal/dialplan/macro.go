package dialplan

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// maxMacros is how many macros may run inside each other, unless the variable
// MACRO_RECURSION says otherwise.
const maxMacros = 7

// errMacroExit ends a macro; outside of one it ends the call, as any error does.
var errMacroExit = errors.New("MacroExit")

// macroVariables tell a macro from where it was called. They are as before after it.
var macroVariables = [...]string{"MACRO_CONTEXT", "MACRO_EXTEN", "MACRO_PRIORITY", "MACRO_OFFSET"}

// macros are the applications of Asterisk 16's macros, which Gosub has replaced.
func (e *Engine) macros() []Application {
	locks := &macroLocks{}
	return []Application{
		{Row: appRow("Macro", "app_macro", "Run the extension s of the context macro-name", "Macro(name[,arg1[,…]])"), Run: e.runMacro},
		{Row: appRow("MacroExclusive", "app_macro", "Macro, for one call at a time", "MacroExclusive(name[,arg1[,…]])"),
			Run: func(ctx context.Context, c *channel.Channel, data string) error {
				return e.runExclusive(ctx, c, data, locks)
			}},
		{Row: appRow("MacroExit", "app_macro", "Come back from a macro", "MacroExit()"),
			Run: func(context.Context, *channel.Channel, string) error { return errMacroExit }},
		{Row: appRow("MacroIf", "app_macro", "Run a macro if a condition holds", "MacroIf(expr?macroiftrue[,arg1…][:macroiffalse[,arg1…]])"), Run: e.runMacroIf},
	}
}

func (e *Engine) runMacro(ctx context.Context, c *channel.Channel, data string) error {
	args := splitRaw(data)
	if len(args) == 0 || args[0] == "" {
		return e.fail(c, "Macro", errors.New("it needs the name of a macro"))
	}
	place := "macro-" + strings.TrimSpace(args[0])
	switch plan := e.Plan(); {
	case plan.Context(place) == nil:
		at := c.Location()
		e.log.Warn(fmt.Sprintf("No such context '%s' for macro '%s'. Was called by %s@%s", place, args[0], at.Exten, at.Context), "channel", c.Name())
		return nil
	case !e.ExistsFor(c, channel.Location{Context: place, Exten: "s", Priority: 1}):
		e.log.Warn(fmt.Sprintf("Context '%s' for macro '%s' lacks 's' extension, priority 1", place, args[0]), "channel", c.Name())
		return nil
	}
	most := maxMacros
	if n, err := strconv.Atoi(valueOf(c, "MACRO_RECURSION")); err == nil {
		most = min(n, maxSubroutines)
	}
	depth, _ := strconv.Atoi(valueOf(c, "MACRO_DEPTH"))
	if depth >= most {
		e.log.Error("Macro(): possible infinite loop detected. Returning early.", "channel", c.Name())
		return nil
	}
	return e.macro(ctx, c, place, args[1:], depth)
}

// macro runs a macro in the place of the application that wants it.
func (e *Engine) macro(ctx context.Context, c *channel.Channel, place string, args []string, depth int) error {
	before := c.Snapshot()
	restore := keepVariables(c, len(args))
	for i, name := range macroVariables {
		c.SetVariable(name, [...]string{before.Context, before.Exten, strconv.Itoa(before.Priority), ""}[i])
	}
	for i, arg := range args {
		c.SetVariable("ARG"+strconv.Itoa(i+1), arg)
	}
	c.SetVariable("MACRO_DEPTH", strconv.Itoa(depth+1))

	f := flowOf(c)
	outer, jumped, next := f.run, f.jumped, f.next
	x := &execution{engine: e, leg: c, flow: f, at: channel.Location{Context: place, Exten: "s", Priority: 1}, ctx: ctx, inner: true, floor: -1}
	x.env = environment{engine: e, leg: c, ctx: ctx}
	f.run, f.jumped = x, false
	away, err := x.macro(place)
	f.run, f.jumped, f.next = outer, jumped, next

	offset, _ := strconv.Atoi(valueOf(c, "MACRO_OFFSET"))
	restore()
	c.SetVariable("MACRO_DEPTH", strconv.Itoa(depth))
	at := channel.Location{Context: before.Context, Exten: before.Exten, Priority: before.Priority}
	c.SetLocation(at)
	c.SetApplication(before.Application, before.Data)
	switch {
	case err != nil:
		return err
	case away:
		e.Jump(c, x.at)
	case offset > 0 && e.ExistsFor(c, channel.Location{Context: at.Context, Exten: at.Exten, Priority: at.Priority + offset + 1}):
		at.Priority += offset + 1
		e.Jump(c, at)
	}
	return nil
}

// macro runs the priorities of a macro until there is no next one, or until the
// leg is sent out of the macro's context: then away is true.
func (x *execution) macro(place string) (away bool, err error) {
	for {
		if x.ctx.Err() != nil {
			return false, context.Cause(x.ctx)
		}
		p := x.locate()
		if p == nil {
			return false, nil
		}
		err := x.step(p)
		switch {
		case errors.Is(err, errMacroExit):
			return false, nil
		case x.ctx.Err() != nil:
			return false, context.Cause(x.ctx)
		case err != nil:
			logging.CallVerbosef(x.engine.log, x.leg.CallNumber(), 2, "Spawn extension (%s, %s, %d) exited non-zero on '%s' in macro '%s'",
				x.at.Context, x.at.Exten, x.at.Priority, x.leg.Name(), strings.TrimPrefix(place, "macro-"))
			return false, err
		case len(x.flow.pressed) > 0 && !x.flow.jumped:
			return false, nil // the plan takes the key once the macro is over
		}
		x.advance()
		if x.at.Context != place {
			return true, nil
		}
	}
}

// keepVariables remembers what a macro of so many arguments hides, takes it
// away, and returns what puts it back.
func keepVariables(c *channel.Channel, args int) (restore func()) {
	names := macroVariables[:]
	for i := 1; ; i++ {
		name := "ARG" + strconv.Itoa(i)
		if _, ok := c.Variable(name); !ok && i > args {
			break
		}
		names = append(names[:len(names):len(names)], name)
	}
	type kept struct {
		value string
		ok    bool
	}
	before := make([]kept, len(names))
	for i, name := range names {
		before[i].value, before[i].ok = c.Variable(name)
		c.DropVariable(name)
	}
	return func() {
		for i, name := range names {
			if before[i].ok {
				c.SetVariable(name, before[i].value)
			} else {
				c.DropVariable(name)
			}
		}
	}
}

func valueOf(c *channel.Channel, name string) string {
	v, _ := c.Variable(name)
	return v
}

func (e *Engine) runMacroIf(ctx context.Context, c *channel.Channel, data string) error {
	condition, yes, no, ok := branches(data)
	if !ok {
		e.log.Warn("MacroIf: invalid syntax", "channel", c.Name(), "argument", data)
		return nil
	}
	name := no
	if Truth(condition) {
		name = yes
	}
	if name == "" {
		return nil
	}
	return e.runMacro(ctx, c, name)
}

// macroLocks are those of MacroExclusive, by the macro's name. A lock is a
// channel of one place, so that waiting for it ends with the leg.
type macroLocks struct {
	mu    sync.Mutex // a leaf
	locks map[string]chan struct{}
}

func (l *macroLocks) of(name string) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.locks == nil {
		l.locks = map[string]chan struct{}{}
	}
	if l.locks[name] == nil {
		l.locks[name] = make(chan struct{}, 1)
	}
	return l.locks[name]
}

func (e *Engine) runExclusive(ctx context.Context, c *channel.Channel, data string, locks *macroLocks) error {
	name, _, _ := strings.Cut(data, ",")
	if e.Plan().Context("macro-"+name) == nil { // names that are no macro's are not remembered
		return e.runMacro(ctx, c, data)
	}
	lock := locks.of(name)
	select {
	case lock <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-lock }()
	return e.runMacro(ctx, c, data)
}
