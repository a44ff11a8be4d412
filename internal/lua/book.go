package lua

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// File is the name of the dialplan in Lua, Registrar who makes its contexts, and Switch
// what they have that leads to it.
const (
	File      = "extensions.lua"
	Registrar = "pbx_lua"
	Switch    = "Lua"
)

// A Book is one version of the file.
type Book struct {
	house    *House
	code     *lua.FunctionProto
	contexts []string
	behind   *dialplan.Plan
	hints    []hint
}

type hint struct{ context, exten, devices string }

// Read compiles a file and runs it once, to see what is in it. It ends with ctx: the file
// may have a loop without an end.
func (h *House) Read(ctx context.Context, path string) (*Book, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the administrator's
	if err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(strings.NewReader(string(text)), File)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b := &Book{house: h}
	if b.code, err = lua.Compile(chunk, `[string "`+File+`"]`); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	l := newState()
	defer l.Close()
	watch(ctx, l)
	if err := b.run(l); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := b.look(l); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// run runs the file in a new state.
func (b *Book) run(l *lua.LState) error {
	l.Push(l.NewFunctionFromProto(b.code))
	return l.PCall(0, 0, nil)
}

var errNoTable = errors.New("there is no table extensions")

// look takes down what the tables of the file have.
func (b *Book) look(l *lua.LState) error {
	extensions, ok := l.GetGlobal("extensions").(*lua.LTable)
	if !ok {
		return errNoTable
	}
	plan, err := dialplan.Empty().Edit(func(d *dialplan.Editor) error {
		each(extensions, func(name string, value lua.LValue) {
			if in, ok := value.(*lua.LTable); ok {
				b.contexts = append(b.contexts, name)
				d.AddContext(name, Registrar)
				b.context(d, name, in)
			}
		})
		return nil
	})
	if err != nil {
		return err
	}
	b.behind = plan
	if hints, ok := l.GetGlobal("hints").(*lua.LTable); ok {
		each(hints, func(in string, value lua.LValue) {
			list, ok := value.(*lua.LTable)
			if !ok {
				return
			}
			each(list, func(exten string, devices lua.LValue) {
				b.hints = append(b.hints, hint{in, exten, devices.String()})
			})
		})
	}
	return nil
}

// context adds the extensions of a table, and the contexts that it includes.
func (b *Book) context(d *dialplan.Editor, name string, in *lua.LTable) {
	each(in, func(exten string, value lua.LValue) {
		if list, ok := value.(*lua.LTable); ok && exten == "include" {
			for i := 1; i <= list.Len(); i++ {
				_, _ = d.AddInclude(name, dialplan.Include{Text: list.RawGetInt(i).String(), Registrar: Registrar}) // twice is once
			}
			return
		}
		// Also where it is no function: to call it fails, when somebody does.
		key := [2]string{name, exten}
		_, _ = d.AddPriority(dialplan.Target{Context: name, Exten: exten}, dialplan.Priority{Number: 1, Registrar: Registrar,
			Run: func(ctx context.Context, c *channel.Channel) error { return b.call(ctx, c, key) }}, false)
	})
}

// each goes through a table in the order of its keys, numbers as they are written.
func each(t *lua.LTable, f func(key string, value lua.LValue)) {
	type pair struct {
		key   string
		value lua.LValue
	}
	var list []pair
	t.ForEach(func(key, value lua.LValue) { list = append(list, pair{key.String(), value}) })
	slices.SortFunc(list, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	for _, p := range list {
		f(p.key, p.value)
	}
}

// Install puts the book in the plan, in the place of the one before; nil takes that away.
func (b *Book) Install(d *dialplan.Editor) {
	d.RemoveRegistrar(Registrar)
	d.SetBehind(Switch, nil)
	if b == nil {
		return
	}
	d.SetBehind(Switch, b.behind)
	for _, name := range b.contexts {
		d.AddContext(name, Registrar)
		_ = d.AddSwitch(name, dialplan.Switch{Name: Switch, Registrar: Registrar}) // one that is there is as good
	}
	for _, h := range b.hints {
		d.AddContext(h.context, Registrar)
		_, _ = d.AddPriority(dialplan.Target{Context: h.context, Exten: h.exten},
			dialplan.Priority{Number: dialplan.HintPriority, Application: h.devices, Registrar: Registrar}, false)
	}
}
