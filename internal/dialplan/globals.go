package dialplan

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/event"
)

// globals are the global variables.
type globals struct {
	bus    *event.Bus
	mu     sync.RWMutex // a leaf
	values map[string]global
	count  uint64
}

// A global is a value and when it was set, counted.
type global struct {
	value string
	set   uint64
}

func (g *globals) get(name string) (string, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	v, ok := g.values[name]
	return v.value, ok
}

func (g *globals) set(name, value string) {
	g.mu.Lock()
	if g.values == nil {
		g.values = map[string]global{}
	}
	g.count++
	g.values[name] = global{value, g.count}
	g.mu.Unlock()
	if g.bus.Wants(event.KindVarSet) {
		g.bus.Publish(&event.VarSet{Name: name, Value: value})
	}
}

func (g *globals) drop(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.values, name)
}

func (g *globals) clear() {
	g.mu.Lock()
	g.values = nil
	g.mu.Unlock()
}

// Global returns a global variable.
func (e *Engine) Global(name string) (string, bool) { return e.globals.get(name) }

// SetGlobal sets a global variable and tells it.
func (e *Engine) SetGlobal(name, value string) {
	e.globals.set(strings.TrimLeft(name, "_"), value)
}

// DropGlobal takes a global variable away.
func (e *Engine) DropGlobal(name string) { e.globals.drop(name) }

// Globals returns the global variables, the last set first.
func (e *Engine) Globals() []event.Variable {
	g := &e.globals
	g.mu.RLock()
	defer g.mu.RUnlock()
	list := make([]event.Variable, 0, len(g.values))
	for name, v := range g.values {
		list = append(list, event.Variable{Name: name, Value: v.value})
	}
	slices.SortFunc(list, func(a, b event.Variable) int { return cmp.Compare(g.values[b.Name].set, g.values[a.Name].set) })
	return list
}

// textCache keeps the compiled forms of texts that stand in no plan: arguments
// of EVAL, of Exec, of AGI commands. When it is full it starts over.
type textCache struct {
	templates sync.Map // text to *Template
	count     atomic.Int64
}

const (
	cachedTexts      = 1024
	cachedTextLength = 4096
)

func (t *textCache) compile(text string) *Template {
	if known, ok := t.templates.Load(text); ok {
		return known.(*Template) //nolint:forcetypeassert // nothing else is stored
	}
	compiled := Compile(text)
	if len(text) > cachedTextLength {
		return compiled
	}
	if t.count.Add(1) > cachedTexts {
		t.templates.Clear()
		t.count.Store(1)
	}
	t.templates.Store(text, compiled)
	return compiled
}
