package lua

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// open puts the objects of a call into its state.
func (s *session) open() {
	l := s.state
	s.object("app", map[string]lua.LGFunction{"__index": s.application})
	s.object("channel", map[string]lua.LGFunction{"__index": s.variable, "__newindex": s.assign})
	for name, f := range map[string]lua.LGFunction{
		"autoservice_start": func(*lua.LState) int { s.served = true; return 0 },
		"autoservice_stop":  func(*lua.LState) int { s.served = false; return 0 },
		"autoservice_status": func(l *lua.LState) int {
			l.Push(lua.LBool(s.served))
			return 1
		},
		"check_hangup": func(l *lua.LState) int {
			l.Push(lua.LBool(s.c.HungUp()))
			return 1
		},
	} {
		l.SetGlobal(name, l.NewFunction(f))
	}
}

// object makes a global table that answers by functions.
func (s *session) object(name string, how map[string]lua.LGFunction) {
	meta := s.state.NewTable()
	for event, f := range how {
		meta.RawSetString(event, s.state.NewFunction(f))
	}
	t := s.state.NewTable()
	t.Metatable = meta
	s.state.SetGlobal(name, t)
}

// application is app.NAME: a function that runs it.
func (s *session) application(l *lua.LState) int {
	name := l.CheckString(2)
	l.Push(l.NewFunction(func(l *lua.LState) int {
		s.execute(l, name, join(l, 1))
		return 0
	}))
	return 1
}

// execute runs an application, and ends the Lua code where the dialplan goes elsewhere.
func (s *session) execute(l *lua.LState, name, data string) {
	plan := s.book.house.Dialplan
	known, ok := plan.Known(name)
	if !ok {
		l.RaiseError("application '%s' not found", name)
	}
	if s.told != s.at { // further applications of the extension are shown, and not told
		s.c.Step(s.at, known, data)
		s.told = s.at
	}
	if err := plan.Execute(s.ctx, s.c, name, data); err != nil {
		s.unwind(l, err)
	}
	if s.ctx.Err() != nil || plan.Unwinds(s.c, s.at) {
		s.told = channel.Location{}
		s.unwind(l, errUnwound)
	}
}

// unwind ends the function of the extension.
func (s *session) unwind(l *lua.LState, why error) {
	s.unwound = why
	l.Error(lua.LString(why.Error()), 0)
}

// join makes the arguments of an application or function of those from n on.
func join(l *lua.LState, n int) string {
	list := make([]string, 0, 8)
	for ; n <= l.GetTop(); n++ {
		switch v := l.Get(n).(type) {
		case lua.LString, lua.LNumber:
			list = append(list, v.String())
		case *lua.LNilType:
			list = append(list, "")
		default:
			l.ArgError(n, "string expected, got "+v.Type().String())
		}
	}
	return strings.Join(list, ",")
}

// variable is channel.NAME: an object that reads and sets a variable, or with
// arguments a function.
func (s *session) variable(l *lua.LState) int {
	name := l.CheckString(2)
	t := s.accessor(l, name)
	meta := l.NewTable()
	meta.RawSetString("__call", l.NewFunction(func(l *lua.LState) int {
		l.Push(s.accessor(l, name+"("+join(l, 2)+")"))
		return 1
	}))
	t.Metatable = meta
	l.Push(t)
	return 1
}

// accessor has the methods of a variable.
func (s *session) accessor(l *lua.LState, name string) *lua.LTable {
	t := l.NewTable()
	t.RawSetString("name", lua.LString(name))
	t.RawSetString("get", l.NewFunction(func(l *lua.LState) int {
		value, ok := s.read(name)
		if !ok {
			l.Push(lua.LNil)
		} else {
			l.Push(lua.LString(value))
		}
		return 1
	}))
	t.RawSetString("set", l.NewFunction(func(l *lua.LState) int {
		s.write(l, name, l.CheckString(2))
		return 0
	}))
	return t
}

// assign is channel.NAME = value.
func (s *session) assign(l *lua.LState) int {
	s.write(l, l.CheckString(2), l.CheckString(3))
	return 0
}

func (s *session) read(name string) (string, bool) {
	plan := s.book.house.Dialplan
	if !strings.HasSuffix(name, ")") {
		return plan.Variable(s.c, name)
	}
	value, err := plan.Read(s.ctx, s.c, name)
	if err != nil {
		s.book.house.Logger.Warn("a function was not read", "channel", s.c.Name(), "function", name, "error", err)
	}
	return value, err == nil
}

func (s *session) write(l *lua.LState, name, value string) {
	if name == "" {
		l.RaiseError("%s", errNameless.Error())
	}
	if err := s.book.house.Dialplan.Assign(s.ctx, s.c, name, value); err != nil {
		s.book.house.Logger.Warn("a variable was not set", "channel", s.c.Name(), "variable", name, "error", err)
	}
}

var errNameless = errors.New("a variable needs a name")
