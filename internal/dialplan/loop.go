package dialplan

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Where a loop begins and ends is a matter of the plan alone: While and EndWhile
// of one extension belong together by counting. What is kept of a loop that a
// call is in only serves the variables in which others can see it.

// turning is a loop that a call has entered.
type turning struct {
	at     channel.Location // of its While
	number int              // how many loops were active when it was entered
	active bool             // WHILE_number is set
	ending bool             // END_WHILE_number is set
}

func (t *turning) label() string {
	return t.at.Context + "_" + t.at.Exten + "_" + strconv.Itoa(t.at.Priority)
}
func (t *turning) begin() string { return "WHILE_" + strconv.Itoa(t.number) }
func (t *turning) end() string   { return "END_WHILE_" + strconv.Itoa(t.number) }

func (f *flow) turning(at channel.Location) *turning {
	for i := len(f.loops) - 1; i >= 0; i-- {
		if f.loops[i].at == at {
			return &f.loops[i]
		}
	}
	return nil
}

// enter notes that a call has come to the While at a place. It is quick where
// the call is in the loop already.
func (f *flow) enter(c *channel.Channel, at channel.Location, stays bool) *turning {
	t := f.turning(at)
	if t == nil {
		f.loops = append(f.loops, turning{at: at, number: f.freeNumber()})
		t = &f.loops[len(f.loops)-1]
		c.SetVariable(t.label(), strconv.Itoa(t.number))
	}
	if stays && !t.active {
		t.active = true
		c.SetVariable(t.begin(), t.at.Context+","+t.at.Exten+","+strconv.Itoa(t.at.Priority))
	}
	return t
}

// freeNumber is the lowest that no active loop has.
func (f *flow) freeNumber() int {
	n := 0
	for i := 0; i < len(f.loops); i++ {
		if f.loops[i].active && f.loops[i].number == n {
			n, i = n+1, -1
		}
	}
	return n
}

// forget ends a loop whose condition no longer holds.
func (f *flow) forget(c *channel.Channel, t *turning) {
	if t.active {
		c.SetVariable(t.begin(), "")
	}
	c.SetVariable(t.label(), "")
	if t.ending {
		c.SetVariable(t.end(), "")
	}
	at := t.at
	f.loops = slices.DeleteFunc(f.loops, func(other turning) bool { return other.at == at })
}

// loopEnd returns the priority of the EndWhile of the loop in which number
// stands (of the While itself, if it is one), 0 if there is none.
func (e *Extension) loopEnd(number int) int {
	depth := 0
	for _, p := range e.Priorities {
		if p.Number <= number {
			continue
		}
		switch {
		case strings.EqualFold(p.Application, "While"):
			depth++
		case strings.EqualFold(p.Application, "EndWhile"):
			if depth == 0 {
				return p.Number
			}
			depth--
		}
	}
	return 0
}

// loopBegin returns the priority of the While of the loop in which number stands.
func (e *Extension) loopBegin(number int) int {
	depth := 0
	for i := len(e.Priorities) - 1; i >= 0; i-- {
		p := e.Priorities[i]
		if p.Number >= number {
			continue
		}
		switch {
		case strings.EqualFold(p.Application, "EndWhile"):
			depth++
		case strings.EqualFold(p.Application, "While"):
			if depth == 0 {
				return p.Number
			}
			depth--
		}
	}
	return 0
}

var errNoLoop = errors.New("there is no loop here")

// loop returns the extension that c runs, and where.
func (e *Engine) loop(c *channel.Channel) (*flow, *Extension, channel.Location) {
	f := flowOf(c)
	if f.run == nil || f.run.found == nil {
		return f, &Extension{}, c.Location()
	}
	return f, f.run.found, f.run.at
}

func (e *Engine) runWhile(_ context.Context, c *channel.Channel, data string) error {
	f, x, at := e.loop(c)
	t := f.enter(c, at, Truth(data))
	if Truth(data) {
		return nil
	}
	f.forget(c, t)
	return e.leave(c, f, x, at, "While")
}

// leave goes behind the end of the loop.
func (e *Engine) leave(c *channel.Channel, f *flow, x *Extension, at channel.Location, application string) error {
	end := x.loopEnd(at.Priority)
	if end == 0 {
		return e.fail(c, application, errNoLoop)
	}
	at.Priority = end + 1
	f.jumped, f.next = true, at
	return nil
}

func (e *Engine) runEndWhile(_ context.Context, c *channel.Channel, _ string) error {
	f, t, err := e.turn(c, "EndWhile")
	if t != nil && !t.ending {
		t.ending = true
		c.SetVariable(t.end(), t.at.Context+","+t.at.Exten+","+strconv.Itoa(f.run.at.Priority+1))
	}
	return err
}

func (e *Engine) runContinueWhile(_ context.Context, c *channel.Channel, _ string) error {
	_, _, err := e.turn(c, "ContinueWhile")
	return err
}

// turn goes back to the While of the loop in which c is.
func (e *Engine) turn(c *channel.Channel, application string) (*flow, *turning, error) {
	f, x, at := e.loop(c)
	begin := x.loopBegin(at.Priority)
	if begin == 0 {
		_ = e.fail(c, application, errNoLoop) // no more than a line of the log: the call goes on
		return f, nil, nil
	}
	at.Priority = begin
	f.jumped, f.next = true, at
	return f, f.turning(at), nil
}

func (e *Engine) runExitWhile(_ context.Context, c *channel.Channel, _ string) error {
	f, x, at := e.loop(c)
	begin := x.loopBegin(at.Priority)
	if begin == 0 {
		_ = e.fail(c, "ExitWhile", errNoLoop) // as in turn
		return nil
	}
	while := at
	while.Priority = begin
	if t := f.turning(while); t != nil && t.active {
		t.active = false
		c.SetVariable(t.begin(), "")
	}
	return e.leave(c, f, x, at, "ExitWhile")
}
