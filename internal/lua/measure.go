package lua

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// About how many bytes things of Lua take.
const (
	tableBytes    = 200
	entryBytes    = 100
	functionBytes = 150
	valueBytes    = 16
	shortString   = 32 // up to here strings are counted wherever they stand
)

// A measuring is one walk through all that a state holds.
type measuring struct {
	seen    map[any]struct{}
	pending []lua.LValue
	size    int
}

// measure returns about how many bytes a state takes. It stops where that is too much.
func measure(l *lua.LState) int {
	m := &measuring{seen: map[any]struct{}{}}
	m.pending = append(m.pending, l.G.Registry, l.G.Global, l)
	for t := l.G.CurrentThread; t != nil; t = t.Parent {
		m.pending = append(m.pending, t)
	}
	for len(m.pending) > 0 && m.size <= mostMemory {
		v := m.pending[len(m.pending)-1]
		m.pending = m.pending[:len(m.pending)-1]
		m.value(v)
	}
	return m.size
}

// fresh reports whether something is met for the first time.
func (m *measuring) fresh(thing any) bool {
	if _, ok := m.seen[thing]; ok {
		return false
	}
	m.seen[thing] = struct{}{}
	return true
}

// add puts something by that is to be looked at.
func (m *measuring) add(v lua.LValue) {
	switch v := v.(type) {
	case lua.LString:
		m.value(v)
	case *lua.LTable, *lua.LFunction, *lua.LUserData, *lua.LState:
		m.pending = append(m.pending, v)
	}
}

func (m *measuring) value(v lua.LValue) {
	switch v := v.(type) {
	case lua.LString:
		if len(v) <= shortString || m.fresh(unsafe.StringData(string(v))) {
			m.size += len(v)
		}
	case *lua.LTable:
		if m.fresh(v) {
			m.table(v)
		}
	case *lua.LFunction:
		if m.fresh(v) {
			m.function(v)
		}
	case *lua.LUserData:
		if m.fresh(v) {
			m.add(v.Env)
			m.add(v.Metatable)
		}
	case *lua.LState:
		if m.fresh(v) {
			m.stack(v)
		}
	}
}

func (m *measuring) table(t *lua.LTable) {
	array := t.Len()
	m.size += tableBytes + array*valueBytes
	m.add(t.Metatable)
	t.ForEach(func(key, value lua.LValue) {
		if n, ok := key.(lua.LNumber); !ok || n < 1 || int(n) > array {
			m.size += entryBytes
			m.add(key)
		}
		m.add(value)
	})
}

func (m *measuring) function(f *lua.LFunction) {
	m.size += functionBytes + len(f.Upvalues)*valueBytes
	m.add(f.Env)
	for _, u := range f.Upvalues {
		m.add(u.Value())
	}
}

// stack looks at the variables of the functions that run in a thread.
func (m *measuring) stack(l *lua.LState) {
	m.size += tableBytes
	m.add(l.Env)
	for level := range mostCalls { // with tail calls there may be more of them
		frame, ok := l.GetStack(level)
		if !ok || m.size > mostMemory {
			return
		}
		for n := 1; ; n++ {
			name, v := l.GetLocal(frame, n)
			if name == "" {
				break
			}
			m.size += valueBytes
			m.add(v)
		}
		if f, err := l.GetInfo("f", frame, lua.LNil); err == nil {
			m.add(f)
		}
	}
}
