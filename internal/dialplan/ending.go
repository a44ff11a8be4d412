package dialplan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// The reasons for which the extension e runs.
const (
	reasonInvalid  = "INVALID"
	reasonResponse = "RESPONSETIMEOUT"
	reasonAbsolute = "ABSOLUTETIMEOUT"
)

// has reports whether the present context has an extension.
func (x *execution) has(exten string) bool {
	return x.engine.ExistsFor(x.leg, channel.Location{Context: x.at.Context, Exten: exten, Priority: 1})
}

func (x *execution) send(exten string) {
	x.at = channel.Location{Context: x.at.Context, Exten: exten, Priority: 1}
}

// exhausted decides what happens where there is no next priority.
func (x *execution) exhausted() bool {
	if !x.has(x.at.Exten) {
		return x.invalid(x.at.Exten)
	}
	if x.engine.Plan().Settings.AutoFallThrough {
		x.end = x.at
		x.fallThrough()
		return false
	}
	return x.collect("", x.flow.responseTimeout)
}

// fallThrough ends a call that has run out of priorities, as the status of the
// last Dial suggests.
func (x *execution) fallThrough() {
	status, ok := x.leg.Variable("DIALSTATUS")
	if !ok || status == "" {
		status = "UNKNOWN"
	}
	if log := x.engine.log; log.Enabled(x.ctx, logging.Verbose) {
		logging.CallVerbosef(log, x.leg.CallNumber(), 3, "Auto fallthrough, channel '%s' status is '%s'", x.leg.Name(), status)
	}
	tell := ""
	switch status {
	case "BUSY":
		tell = "Busy"
	case "CONGESTION", "CHANUNAVAIL":
		tell = "Congestion"
	}
	if a, ok := x.engine.Application(tell); ok {
		x.leg.SetLocation(x.at)       // where there is nothing more
		_ = a.Run(x.ctx, x.leg, "10") // it ends with the call, one way or the other
	}
}

// invalid goes to i, or e, with what was dialled or jumped to in vain.
func (x *execution) invalid(exten string) bool {
	switch {
	case x.has("i"):
		x.leg.SetVariable("INVALID_EXTEN", exten)
		x.send("i")
		return true
	case x.has("e"):
		x.raise(reasonInvalid)
		return true
	}
	x.end = x.at
	x.engine.log.Warn("sent to an extension that does not exist, and there is no i or e", "channel", x.leg.Name(),
		"context", x.at.Context, "extension", exten, "priority", x.at.Priority)
	return false
}

// late goes to t, or e, when nothing was dialled in time.
func (x *execution) late() bool {
	switch {
	case x.has("t"):
		x.send("t")
		return true
	case x.has("e"):
		x.raise(reasonResponse)
		return true
	}
	x.engine.log.Warn("nothing was dialled in time, and there is no t or e", "channel", x.leg.Name(), "context", x.at.Context)
	return false
}

// absolute goes to T, or e, when the time of the call is up.
func (x *execution) absolute() bool {
	switch {
	case x.has("T"):
		x.send("T")
		return true
	case x.has("e"):
		x.raise(reasonAbsolute)
		return true
	}
	return false
}

func (x *execution) raise(reason string) {
	x.flow.exception = &exception{reason: reason, at: x.at}
	x.send("e")
}

// Raise makes the dialplan of c go on at the extension e of its context, which
// finds the reason in EXCEPTION(). Where there is no e, that is an extension that
// does not exist.
func (e *Engine) Raise(c *channel.Channel, reason string) {
	at := c.Location()
	flowOf(c).exception = &exception{reason: reason, at: at}
	e.Jump(c, channel.Location{Context: at.Context, Exten: "e", Priority: 1})
}

// hangupExtension runs h of the context in which the call ended.
func (x *execution) hangupExtension() {
	if !x.has("h") || x.leg.Yielded() {
		return
	}
	f := x.flow
	f.jumped, f.pressed = false, f.pressed[:0]
	x.leg.Change(ending)
	h := &execution{engine: x.engine, leg: x.leg, flow: f, at: x.at, final: true}
	h.renew(x.leg.CallContext())
	h.send("h")
	f.run = h
	if h.priorities() != exhausted {
		return
	}
	// The leg ends behind its last priority, as one sees once the handlers are through.
	if len(f.handlers) == 0 {
		x.leg.SetLocation(h.at)
	}
	f.last = h.at
}

// ending notes that what a leg does from now on belongs to its end.
func ending(s *event.Channel) { s.Ending = true }

// Farewell runs the extension h of the context of a leg that is about to end and
// that no dialplan runs. It is the owner's.
func (e *Engine) Farewell(c *channel.Channel) {
	x := &execution{engine: e, leg: c, flow: flowOf(c), at: c.Location()}
	x.hangupExtension()
	x.flow.run = nil
}

// Hangup handlers are subroutines that run after h, the last pushed first. What
// CHANNEL(hangup_handler_push), _pop and _wipe are set to ends up here.

func (e *Engine) changeHandlers(c *channel.Channel, item, value string) (done bool, err error) {
	f := flowOf(c)
	value = strings.TrimSpace(value)
	switch strings.ToLower(item) {
	case "hangup_handler_push":
		if value == "" {
			return true, fmt.Errorf("CHANNEL(%s) needs a place", item)
		}
	case "hangup_handler_pop":
		if n := len(f.handlers); n > 0 {
			e.tellHandler(c, "HangupHandlerPop", f.handlers[n-1])
			f.handlers = f.handlers[:n-1]
		}
	case "hangup_handler_wipe":
		for n := len(f.handlers) - 1; n >= 0; n-- {
			e.tellHandler(c, "HangupHandlerPop", f.handlers[n])
		}
		f.handlers = nil
	default:
		return false, nil
	}
	defer f.showHandlers()
	if value == "" {
		return true, nil
	}
	value = completed(c.Location(), value)
	f.handlers = append(f.handlers, value)
	if !f.atEnd {
		f.atEnd = true
		c.AtEnd(func() { e.runHandlers(c) })
	}
	e.tellHandler(c, "HangupHandlerPush", value)
	return true, nil
}

// completed puts context and extension before a place that names only what follows
// them. Whether there is such a place is seen when the handler runs.
func completed(at channel.Location, handler string) string {
	place, args, called := strings.Cut(handler, "(")
	switch strings.Count(place, ",") {
	case 0:
		place = at.Context + "," + at.Exten + "," + place
	case 1:
		place = at.Context + "," + place
	}
	if called {
		place += "(" + args
	}
	return place
}

// showHandlers keeps what the console shows of the handlers.
func (f *flow) showHandlers() {
	list := slices.Clone(f.handlers)
	f.shown.Store(&list)
}

// HangupHandlers returns the hang-up handlers of a leg in the order in which they
// will run.
func (e *Engine) HangupHandlers(c *channel.Channel) []string {
	f, ok := c.Value(flowKey{}).(*flow)
	if !ok || f.shown.Load() == nil {
		return nil
	}
	list := slices.Clone(*f.shown.Load())
	slices.Reverse(list)
	return list
}

// runHandlers runs them. The leg stays where one of them ends, until all are through.
func (e *Engine) runHandlers(c *channel.Channel) {
	f, before := flowOf(c), c.Snapshot()
	c.Change(ending)
	for len(f.handlers) > 0 {
		last := f.handlers[len(f.handlers)-1]
		f.handlers = f.handlers[:len(f.handlers)-1]
		f.showHandlers()
		e.tellHandler(c, "HangupHandlerRun", last)
		if err := e.subroutine(c.CallContext(), c, last); err != nil {
			e.log.Warn("hangup handler", "channel", c.Name(), "handler", last, "error", err)
		}
	}
	end := f.last
	if end.Exten == "" {
		end = channel.Location{Context: before.Context, Exten: before.Exten, Priority: before.Priority}
	}
	c.SetLocation(end)
	c.SetApplication(before.Application, before.Data)
}

func (e *Engine) tellHandler(c *channel.Channel, name, handler string) {
	if bus := e.channels.Bus; bus.Wants(event.KindGeneric) {
		bus.Publish(&event.Generic{Name: name, Class: "dialplan", Channel: c.Snapshot(),
			Fields: []event.Variable{{Name: "Handler", Value: handler}}})
	}
}
