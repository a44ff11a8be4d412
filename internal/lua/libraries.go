package lua

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var (
	errLong = errors.New("resulting string too large")
	errExit = errors.New("os.exit would end the exchange, and does nothing here")
)

// limitLibraries gives functions that could take any room in one instruction a bound, and
// keeps from Lua what is the whole program's.
func limitLibraries(l *lua.LState) {
	before(l, "string", "rep", func(l *lua.LState) error {
		return bounded(float64(len(l.CheckString(1))) * float64(l.CheckNumber(2)))
	})
	before(l, "string", "format", func(l *lua.LState) error {
		size := 0
		for n := 1; n <= l.GetTop(); n++ {
			size += length(l.Get(n))
		}
		return bounded(float64(size))
	})
	before(l, "string", "gsub", boundReplacement)
	before(l, "table", "concat", func(l *lua.LState) error {
		list := l.CheckTable(1)
		size := float64(len(l.OptString(2, ""))) * float64(list.Len())
		list.ForEach(func(_, v lua.LValue) { size += float64(length(v)) })
		return bounded(size)
	})
	before(l, "os", "exit", func(*lua.LState) error { return errExit })
	after(l, "coroutine", "create", func(l *lua.LState, made lua.LValue) { guarded(l, made) })
	after(l, "coroutine", "wrap", func(l *lua.LState, made lua.LValue) { guarded(l, made.(*lua.LFunction).Upvalues[0].Value()) })
	l.SetGlobal("collectgarbage", l.NewFunction(func(l *lua.LState) int {
		kilobytes := 0 // the program's garbage is not collected for one call
		if l.OptString(1, "collect") == "count" {
			kilobytes = measure(l) >> 10
		}
		l.Push(lua.LNumber(kilobytes))
		return 1
	}))
}

// before has a function of a library fail where check does.
func before(l *lua.LState, library, name string, check func(*lua.LState) error) {
	in := l.GetGlobal(library).(*lua.LTable)
	run := in.RawGetString(name).(*lua.LFunction).GFunction
	in.RawSetString(name, l.NewFunction(func(l *lua.LState) int {
		if err := check(l); err != nil {
			l.RaiseError("%s", err.Error())
		}
		return run(l)
	}))
}

// after has something done with what a function of a library returns.
func after(l *lua.LState, library, name string, finish func(l *lua.LState, made lua.LValue)) {
	in := l.GetGlobal(library).(*lua.LTable)
	run := in.RawGetString(name).(*lua.LFunction).GFunction
	in.RawSetString(name, l.NewFunction(func(l *lua.LState) int {
		count := run(l)
		finish(l, l.Get(-1))
		return count
	}))
}

// guarded gives a coroutine the guard of who makes it.
func guarded(l *lua.LState, made lua.LValue) { made.(*lua.LState).SetContext(l.Context()) }

func bounded(size float64) error {
	if size > mostMemory {
		return errLong
	}
	return nil
}

func length(v lua.LValue) int {
	if s, ok := v.(lua.LString); ok {
		return len(s)
	}
	return valueBytes
}

// boundReplacement bounds what comes of gsub. Matches don't overlap: all that a capture
// gives is at most the text.
func boundReplacement(l *lua.LState) error {
	with, ok := l.Get(3).(lua.LString)
	if !ok {
		return nil // what a table or function gives is there already
	}
	text := float64(len(l.CheckString(1)))
	return bounded((text+1)*float64(len(with)) + text*float64(1+strings.Count(string(with), "%")))
}
