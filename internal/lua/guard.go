package lua

import (
	"context"
	"fmt"
	"runtime/metrics"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// What a call's state may take. Asterisk bounds recursion alone, at about the same depth.
const (
	mostMemory = 64 << 20 // bytes of tables and strings
	mostCalls  = 20_000   // of functions within each other
	mostValues = 1 << 20  // of all functions that run
)

var errTooBig = fmt.Errorf("the state of the call is larger than %d MB", mostMemory>>20)

// newState returns a state with its bounds.
func newState() *lua.LState {
	l := lua.NewState(lua.Options{CallStackSize: mostCalls, RegistrySize: 1024, RegistryMaxSize: mostValues, RegistryGrowStep: 1 << 13, MinimizeStackMemory: true})
	limitLibraries(l)
	return l
}

// A guard is the context of Lua code that runs: it ends with the leg, and when the state
// has become too large. The machine asks for Done before each instruction, so the state
// is looked at from within: neither a clock nor anybody else is needed.
type guard struct {
	context.Context //nolint:containedctx // it is one
	state           *lua.LState
	instructions    uint
	looked          time.Time
	allocated       uint64 // by the program when the state was measured last
	spare           uint64 // that it may allocate before the state can be too large
	exceeded        bool
}

// watch gives a state the context of what runs in it.
func watch(ctx context.Context, l *lua.LState) *guard {
	g := &guard{Context: ctx, state: l}
	l.SetContext(g)
	return g
}

var ended = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// Done is closed when the code is to end, else nil: coroutines leave nothing behind in the
// leg's context.
func (g *guard) Done() <-chan struct{} {
	select {
	case <-g.Context.Done():
		return ended
	default:
	}
	// What grows fast are strings that are joined: such an instruction takes long.
	if g.instructions++; g.instructions%4 == 0 && !g.exceeded {
		if now := time.Now(); now.Sub(g.looked) > time.Millisecond {
			g.looked = now
			g.exceeded = g.tooBig()
		}
	}
	if g.exceeded {
		return ended
	}
	return nil
}

func (g *guard) Err() error {
	if g.exceeded {
		return errTooBig
	}
	return g.Context.Err()
}

// leastSpare bounds how often a state is measured that is nearly too large.
const leastSpare = 4 << 20

// tooBig measures the state as soon as the program has allocated as much as it lacked.
func (g *guard) tooBig() bool {
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
	all := sample[0].Value.Uint64()
	if g.allocated == 0 { // what was there before
		g.allocated = all - leastSpare
	}
	if all-g.allocated < g.spare {
		return false
	}
	size := measure(g.state)
	g.allocated, g.spare = all, uint64(max(mostMemory-size, leastSpare))
	return size > mostMemory
}
