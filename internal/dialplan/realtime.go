package dialplan

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"
)

// realtimeSwitch is the switch whose extensions lie in a database.
const realtimeSwitch = "Realtime"

// A Realtime knows extensions that lie outside of the plan: those of a context that is
// called so there, in a family, which an extension of this name may be, or if begun is
// true one that begins so. Patterns are among them unless they are not wanted. It may
// be called concurrently.
type Realtime func(family, context, exten string, begun, patterns bool) *Context

// outsideOf asks for what a Realtime switch of a context says, "[context@][family][/options]".
// The option p does without patterns.
func (q *query) outsideOf(s *Switch, c *Context, begun bool) *Context {
	if s.Name != realtimeSwitch || q.plan.realtime == nil || q.priority == HintPriority { // a switch has no hints
		return nil
	}
	data, ok := q.dataOf(s, c)
	if !ok {
		return nil
	}
	place, options, _ := strings.Cut(data, "/")
	within, family, named := strings.Cut(place, "@")
	if !named {
		within, family = "", place
		if place != "" && q.plan.contexts[place] != nil { // a context alone
			within, family = place, ""
		}
	}
	if within == "" {
		within = c.Name
	}
	if family == "" {
		family = "extensions"
	}
	return q.plan.realtime(family, within, q.exten, begun, !strings.Contains(options, "p"))
}

// inside is the lookup of the same in another context.
func (q *query) inside() query {
	return query{plan: q.plan, exten: q.exten, caller: q.caller, leg: q.leg, priority: q.priority, label: q.label, engine: q.engine, of: q.of, loops: maxLoops}
}

// outside looks for an extension behind a Realtime switch. The leg stays in the context
// of the switch.
func (q *query) outside(s *Switch, c *Context) *Extension {
	in := q.outsideOf(s, c, false)
	if in == nil {
		return nil
	}
	sub := q.inside()
	e, _ := sub.find(in)
	return e
}

func (q *query) outlookOutside(s *Switch, c *Context) outlook {
	in := q.outsideOf(s, c, true)
	if in == nil {
		return nothing
	}
	sub := q.inside()
	return sub.more(in)
}

// A RealtimeStep is a row of a database: a priority of an extension.
type RealtimeStep struct{ Exten, Priority, Application, Data string }

// RealtimeContext makes a context of rows. Those whose priority is no number are left out.
func RealtimeContext(name string, steps []RealtimeStep) *Context {
	p, err := Empty().Edit(func(d *Editor) error {
		d.AddContext(name, realtimeSwitch)
		for _, s := range steps {
			n, err := strconv.Atoi(strings.TrimSpace(s.Priority))
			if err != nil || n < 1 {
				continue
			}
			_, _ = d.AddPriority(Target{Context: name, Exten: s.Exten},
				Priority{Number: n, Application: s.Application, Data: s.Data, Registrar: realtimeSwitch}, true) // a flaw is the database's own
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return p.Context(name)
}

// RealtimeRows asks for the rows of extensions whose names are equal to a text, begin
// with it (begun), or are patterns.
type RealtimeRows func(ctx context.Context, family, within, exten string, begun, patterns bool) ([]RealtimeStep, error)

const (
	realtimeKeep = time.Second // how long what a database has said counts
	realtimeMost = 4096        // answers that are kept
	realtimeWait = 5 * time.Second
)

// NewRealtime is a Realtime that keeps answers for a second, as every step of a call
// asks. A database that does not answer has no extensions, of which failed is told.
func NewRealtime(ask RealtimeRows, failed func(family string, err error)) Realtime {
	type key struct {
		family, within, exten string
		begun, patterns       bool
	}
	type answer struct {
		in *Context
		at time.Time
	}
	var mu sync.Mutex // not held while the database is asked
	kept := map[key]answer{}
	return func(family, within, exten string, begun, patterns bool) *Context {
		k := key{family, within, exten, begun, patterns}
		mu.Lock()
		known, ok := kept[k]
		mu.Unlock()
		if ok && time.Since(known.at) < realtimeKeep {
			return known.in
		}
		ctx, cancel := context.WithTimeout(context.Background(), realtimeWait)
		defer cancel()
		steps, err := ask(ctx, family, within, exten, begun, patterns)
		if err != nil {
			failed(family, err)
		}
		var in *Context
		if len(steps) > 0 {
			in = RealtimeContext(within, steps)
		}
		mu.Lock()
		if len(kept) >= realtimeMost {
			clear(kept)
		}
		kept[k] = answer{in, time.Now()}
		mu.Unlock()
		return in
	}
}
