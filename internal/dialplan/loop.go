package dialplan

import (
	"context"
	"errors"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Loops are a matter of the plan alone: While and EndWhile of one extension
// belong together by counting, and no state is kept of turns.

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
	if Truth(data) {
		return nil
	}
	f, x, at := e.loop(c)
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
	f, x, at := e.loop(c)
	begin := x.loopBegin(at.Priority)
	if begin == 0 {
		return e.fail(c, "EndWhile", errNoLoop)
	}
	at.Priority = begin
	f.jumped, f.next = true, at
	return nil
}

func (e *Engine) runExitWhile(_ context.Context, c *channel.Channel, _ string) error {
	f, x, at := e.loop(c)
	if x.loopBegin(at.Priority) == 0 {
		return e.fail(c, "ExitWhile", errNoLoop)
	}
	return e.leave(c, f, x, at, "ExitWhile")
}

func (e *Engine) runContinueWhile(ctx context.Context, c *channel.Channel, data string) error {
	return e.runEndWhile(ctx, c, data)
}
