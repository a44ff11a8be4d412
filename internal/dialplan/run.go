package dialplan

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// execution carries one channel through the plan.
type execution struct {
	engine *Engine
	leg    *channel.Channel
	flow   *flow
	env    environment
	ctx    context.Context //nolint:containedctx // renewed after each interruption
	at     channel.Location
	end    channel.Location // where the leg is seen to end, if that is no step that it did
	ran    bool             // it did a step

	// The extension of the last step, in which the next is looked for first.
	plan  *Plan
	found *Extension
	known channel.Location
	// best says that nothing that matches better could have the next priority.
	best bool

	inner bool // a subroutine: it ends with the Return of the frame at floor
	floor int
	final bool // the h extension: the leg is hung up already
}

// outcome is why the priorities of an extension came to an end.
type outcome uint8

const (
	exhausted outcome = iota // there is no next one
	dialled                  // a key was pressed that may begin an extension
	returned                 // the subroutine is through
	over                     // the call, or the subroutine, can't go on
)

// Start runs the dialplan on c at its location on a goroutine of its own, which
// owns c and ends it. The channels' registry waits for it.
func (e *Engine) Start(c *channel.Channel) {
	e.channels.Go(c.Name(), func() { e.Run(c) })
}

// Run is Start on the present goroutine. It returns when c has ended.
func (e *Engine) Run(c *channel.Channel) {
	c.SetRunsDialplan(true)
	f := flowOf(c)
	x := &execution{engine: e, leg: c, flow: f, at: c.Location()}
	x.renew(c.Context())
	f.run, f.jumped = x, false
	x.begin()
	x.call()
	c.EndDialplan(0, x.ran)
	f.setAbsolute(c, 0)
	if x.end.Exten != "" {
		c.SetLocation(x.end)
	}
	x.hangupExtension()
	f.run = nil
	c.SetApplication("", "")
	c.SetRunsDialplan(false)
	c.End()
}

// Pass runs the dialplan on c at its location and leaves the leg as it is then, for
// an owner that has more than one run for it.
func (e *Engine) Pass(c *channel.Channel) {
	c.SetRunsDialplan(true)
	defer c.SetRunsDialplan(false)
	f := flowOf(c)
	x := &execution{engine: e, leg: c, flow: f, at: c.Location()}
	x.renew(c.Context())
	f.run, f.jumped = x, false
	x.begin()
	x.call()
	f.setAbsolute(c, 0)
	f.run = nil
}

func (x *execution) renew(ctx context.Context) {
	x.ctx = ctx
	x.env = environment{engine: x.engine, leg: x.leg, ctx: ctx}
}

// begin finds somewhere to begin: where the leg was sent, else the extension s,
// else the context default.
func (x *execution) begin() {
	if x.at.Priority < 1 {
		x.at.Priority = 1
	}
	if x.engine.ExistsFor(x.leg, x.at) {
		return
	}
	for _, l := range []channel.Location{{Context: x.at.Context, Exten: "s", Priority: 1}, {Context: "default", Exten: "s", Priority: 1}} {
		if x.engine.ExistsFor(x.leg, l) {
			x.engine.log.Info("the extension does not exist, falling back to s", "channel", x.leg.Name(),
				"context", x.at.Context, "extension", x.at.Exten, "to", l.Context)
			x.at = l
			return
		}
	}
}

// call runs until the leg hangs up or the plan has nothing more for it.
func (x *execution) call() {
	for {
		switch x.priorities() {
		case over, returned:
			return
		case dialled:
			digits := string(x.flow.pressed)
			x.flow.pressed = x.flow.pressed[:0]
			if !x.collect(digits, x.flow.digitTimeout) {
				return
			}
		case exhausted:
			if !x.exhausted() {
				return
			}
		}
	}
}

// priorities runs one after the other.
func (x *execution) priorities() outcome {
	for {
		if x.ctx.Err() != nil && !x.interrupted(false) {
			return over
		}
		p := x.locate()
		if p == nil {
			return exhausted
		}
		err := x.step(p)
		switch {
		case x.inner && len(x.flow.frames) <= x.floor:
			return returned
		case x.ctx.Err() != nil || err != nil && x.leg.Interrupted():
			if !x.interrupted(true) {
				x.tellEnd()
				return over
			}
		case err != nil:
			x.engine.log.Debug("the application ended the call", "channel", x.leg.Name(), "application", p.Application, "reason", err)
			x.tellEnd()
			return over
		case len(x.flow.pressed) > 0 && !x.flow.jumped && !x.final:
			return dialled
		default:
			x.advance()
		}
	}
}

// advance goes to the next priority, or where the application wants to.
func (x *execution) advance() {
	if x.flow.jumped {
		x.flow.jumped = false
		x.at = x.flow.next
		return
	}
	if l := x.leg.Location(); l != x.at { // the application moved the leg itself
		x.at = l
		return
	}
	x.at.Priority++
}

// locate finds the priority at x.at, nil if there is none.
func (x *execution) locate() *Priority {
	plan := x.engine.plan.Load()
	if x.best && x.plan == plan && x.known.Exten == x.at.Exten && x.known.Context == x.at.Context {
		if i := x.found.position(x.at.Priority); i >= 0 {
			return x.found.Priorities[i]
		}
	}
	c := plan.contexts[x.at.Context]
	if c == nil {
		return nil
	}
	q := query{plan: plan, exten: undashed(x.at.Exten), leg: x.leg, priority: x.at.Priority, engine: x.engine, of: x.leg}
	found, foreign := q.find(c)
	if q.looped { // from here on the leg is where the switch leads
		x.at.Context, x.at.Exten = q.to.Context, q.to.Exten
	}
	x.plan, x.found, x.known = plan, found, x.at
	// What is included may be there at certain times only.
	x.best = found != nil && !foreign && !q.passed && !found.MatchCaller
	if found == nil {
		return nil
	}
	return found.at(x.at.Priority)
}

// maxData is how many bytes the arguments of an application may have once
// everything is put in; the rest is cut off, as the reference does.
const maxData = 8191

// step runs one priority.
func (x *execution) step(p *Priority) error {
	if p.Run != nil {
		x.leg.SetLocation(x.at)
		return p.Run(x.ctx, x.leg)
	}
	// The place is known before the arguments are made, which may ask for it.
	if !p.template.Static() {
		x.leg.SetLocation(x.at)
	}
	data := p.template.Expand(&x.env)
	if len(data) > maxData {
		data = data[:maxData]
	}
	a := x.engine.applicationOf(p)
	if a == nil {
		return x.unknown(p)
	}
	x.ran = true
	x.leg.Step(x.at, a.Name, data)
	if logging.Shows(x.engine.log, 3) {
		x.tellStep(a.Name, data)
	}
	return a.Run(x.ctx, x.leg, data)
}

// unknown and tellStep are apart from step, which is on the stack of every call for as long as it
// lasts and so should be small there.

func (x *execution) unknown(p *Priority) error {
	said := []any{"application", p.Application, "channel", x.leg.Name(), "context", x.at.Context, "extension", x.at.Exten, "priority", x.at.Priority}
	if instead := facts.Instead(p.Application); instead != "" {
		said = append(said, "instead", instead)
	}
	x.engine.log.Warn("no such application", said...)
	return &UnknownError{p.Application}
}

func (x *execution) tellStep(application, data string) {
	x.engine.log.LogAttrs(x.ctx, logging.Verbose, fmt.Sprintf("Executing [%s@%s:%d] %s(\"%s\", \"%s\") in new stack",
		x.at.Exten, x.at.Context, x.at.Priority, application, x.leg.Name(), data), logging.Verbosity(3), logging.CallNumber(x.leg.CallNumber()))
}

// tellEnd says which priority was the last of a call that ended there.
func (x *execution) tellEnd() {
	logging.CallVerbosef(x.engine.log, x.leg.CallNumber(), 2, "Spawn extension (%s, %s, %d) exited non-zero on '%s'",
		x.at.Context, x.at.Exten, x.at.Priority, x.leg.Name())
}

// cachedApplication is the row that a priority ran last.
type cachedApplication struct {
	tables *tables
	row    *Application
}

// applicationOf looks the application of a priority up, once for each change of the tables.
func (e *Engine) applicationOf(p *Priority) *Application {
	t := e.tables.Load()
	if c := p.row.Load(); c != nil && c.tables == t {
		return c.row
	}
	row, ok := e.Application(p.Application)
	if !ok {
		return nil
	}
	p.row.Store(&cachedApplication{t, row})
	return row
}

type cachedRow = atomic.Pointer[cachedApplication]

// interrupted does what others want of the leg, and reports whether the plan
// goes on. ran says that a priority was being run, behind which it then goes on.
func (x *execution) interrupted(ran bool) bool {
	if x.inner || x.final {
		return false
	}
	moved := false
	for {
		i, ok := x.leg.TakeInterrupt()
		if !ok {
			break
		}
		x.renew(x.leg.Context())
		switch {
		case i.Errand == nil:
		case x.leg.HungUp():
			i.Drop()
		default:
			i.Errand(x.ctx, x.leg)
		}
		if i.Location != nil {
			x.at, moved = *i.Location, true
		}
	}
	if x.leg.HungUp() || x.leg.CallContext().Err() != nil {
		return false
	}
	x.renew(x.leg.Context())
	if x.flow.absolute.expired.Swap(false) {
		x.flow.jumped = false
		return x.absolute()
	}
	if moved {
		x.flow.jumped = false
		x.flow.pressed = x.flow.pressed[:0]
	} else if ran {
		x.advance()
	}
	return true
}

// subroutine runs until the frame that Subroutine pushed returns.
func (x *execution) subroutine() error {
	switch x.priorities() {
	case returned:
		return nil
	case over:
		if x.ctx.Err() != nil {
			return fmt.Errorf("subroutine: %w", context.Cause(x.ctx))
		}
		return fmt.Errorf("subroutine: ended at %s,%s,%d", x.at.Context, x.at.Exten, x.at.Priority)
	}
	return fmt.Errorf("subroutine: no Return before the end of %s,%s", x.at.Context, x.at.Exten)
}
