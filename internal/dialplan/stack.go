package dialplan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// frame is one Gosub that has not returned.
type frame struct {
	back   channel.Location // where Return goes
	args   int
	locals []string // variables that were pushed for it, arguments included
	bottom bool     // Subroutine waits for it
}

// maxFrames bounds Gosubs inside Gosubs; a dialplan that calls itself for ever
// ends its call, not the exchange. The reference has no limit but its memory.
// maxSubroutines bounds those for whose end an application waits, each of which
// takes a piece of the stack.
const (
	maxFrames      = 16_384
	maxSubroutines = 128
)

// The errors of the Gosub stack.
var (
	ErrNoGosub = errors.New("no Gosub to return from")
	ErrTooDeep = errors.New("too many Gosubs inside each other")
)

// Gosub makes the dialplan go on at "[[context,]exten,]priority[(arg,…)]", and
// after what is there has called Return, behind where it was.
func (e *Engine) Gosub(c *channel.Channel, place string) error {
	place, args := splitCall(place)
	l, err := e.Resolve(c, place)
	if err != nil {
		return fmt.Errorf("gosub: %w", err)
	}
	if !e.ExistsFor(c, l) {
		at := c.Location()
		return fmt.Errorf("gosub: nothing at %s,%s,%d, called at %s,%s,%d", l.Context, l.Exten, l.Priority, at.Context, at.Exten, at.Priority)
	}
	back := c.Location()
	back.Priority++
	if err := e.push(c, frame{back: back}, args); err != nil {
		return err
	}
	e.Jump(c, l)
	return nil
}

// splitCall parts "place(arg,…)". The arguments keep quotes and backslashes.
func splitCall(text string) (place string, args []string) {
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return text, nil
	}
	inner := text[open+1:]
	if shut := strings.LastIndexByte(inner, ')'); shut >= 0 {
		inner = inner[:shut]
	}
	return text[:open], splitRaw(inner)
}

// splitRaw splits at commas outside of quotes, parentheses and brackets, and
// takes nothing away.
func splitRaw(text string) []string {
	if text == "" {
		return nil
	}
	var list []string
	depth, brackets, quoted, start := 0, 0, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '[':
			brackets++
		case c == ']' && brackets > 0:
			brackets--
		case c == ',' && depth == 0 && brackets == 0:
			list = append(list, text[start:i])
			start = i + 1
		}
	}
	return append(list, text[start:])
}

// push begins a frame: ARGC and ARG1 …, which hide those of the frame below.
func (e *Engine) push(c *channel.Channel, fr frame, args []string) error {
	f := flowOf(c)
	if len(f.frames) >= maxFrames || fr.bottom && f.waiting >= maxSubroutines {
		return ErrTooDeep
	}
	hidden := 0
	if len(f.frames) > 0 {
		hidden = f.frames[len(f.frames)-1].args
	}
	fr.args = len(args)
	for i := range max(len(args), hidden) {
		value := ""
		if i < len(args) {
			value = args[i]
		}
		fr.push(c, "ARG"+strconv.Itoa(i+1), value)
	}
	fr.push(c, "ARGC", strconv.Itoa(len(args)))
	if f.frames = append(f.frames, fr); len(f.frames) == 1 {
		c.Change(func(s *event.Channel) { s.Gosub = true })
	}
	return nil
}

func (fr *frame) push(c *channel.Channel, name, value string) {
	c.PushVariable(name, value)
	fr.locals = append(fr.locals, name)
}

// pop ends the newest frame.
func (f *flow) pop(c *channel.Channel) (frame, bool) {
	if len(f.frames) == 0 {
		return frame{}, false
	}
	fr := f.frames[len(f.frames)-1]
	if f.frames = f.frames[:len(f.frames)-1]; len(f.frames) == 0 {
		c.Change(func(s *event.Channel) { s.Gosub = false })
	}
	for i := len(fr.locals) - 1; i >= 0; i-- {
		c.PopVariable(fr.locals[i])
	}
	return fr, true
}

// Return ends the newest Gosub, with a value for GOSUB_RETVAL.
func (e *Engine) Return(c *channel.Channel, value string) error {
	f := flowOf(c)
	fr, ok := f.pop(c)
	if !ok {
		return ErrNoGosub
	}
	c.SetVariable("GOSUB_RETVAL", value)
	if !fr.bottom { // Subroutine sees that its frame is gone
		e.Jump(c, fr.back)
	}
	return nil
}

// Pop forgets the newest Gosub; the dialplan goes on where it is.
func (e *Engine) Pop(c *channel.Channel) error {
	f := flowOf(c)
	if len(f.frames) > 0 && f.frames[len(f.frames)-1].bottom {
		return ErrNoGosub // somebody waits for this one
	}
	if _, ok := f.pop(c); !ok {
		return ErrNoGosub
	}
	return nil
}

// SetLocal sets a variable that vanishes when the newest Gosub returns, and
// hides one of its name until then. Without a Gosub it does nothing.
func (e *Engine) SetLocal(c *channel.Channel, name, value string) {
	f := flowOf(c)
	if len(f.frames) == 0 {
		return
	}
	fr := &f.frames[len(f.frames)-1]
	for _, known := range fr.locals {
		if known == name {
			c.SetVariable(name, value)
			c.TellVariable("LOCAL("+name+")", value) // both, as on the reference
			return
		}
	}
	fr.push(c, name, value)
}

// Local returns a variable of the newest Gosub; one that is not local to it is none.
func (e *Engine) Local(c *channel.Channel, name string) (string, bool) {
	f := flowOf(c)
	if len(f.frames) == 0 || !slices.Contains(f.frames[len(f.frames)-1].locals, name) {
		return "", false
	}
	return c.Variable(name)
}

// PeekLocal returns a variable as the nth Gosub below the newest sees it. It
// looks at those that are local to a Gosub, or with n 0 at any.
func (e *Engine) PeekLocal(c *channel.Channel, n int, name string) (string, bool) {
	f := flowOf(c)
	hidden := 0
	for i := len(f.frames) - 1; i >= 0 && i > len(f.frames)-1-n; i-- {
		for _, local := range f.frames[i].locals {
			if local == name {
				hidden++
			}
		}
	}
	for _, v := range c.Variables() { // the newest first
		if v.Name == name {
			if hidden == 0 {
				return v.Value, true
			}
			hidden--
		}
	}
	return "", false
}

// PeekStack returns where the nth Gosub, from 1, was called.
func (e *Engine) PeekStack(c *channel.Channel, n int) (channel.Location, bool) {
	f := flowOf(c)
	if n < 1 || n > len(f.frames) {
		return channel.Location{}, false
	}
	l := f.frames[len(f.frames)-n].back
	l.Priority--
	return l, true
}

// Subroutine runs "[[context,]exten,]priority[(arg,…)]" on c like Gosub, and
// returns when it has returned; its value is then in GOSUB_RETVAL. The channel is
// back where it was. The error tells that it ended otherwise: by hang-up, a
// redirect (which is not taken), or by running out of priorities.
func (e *Engine) Subroutine(ctx context.Context, c *channel.Channel, place string) error {
	before := c.Snapshot()
	err := e.subroutine(ctx, c, place)
	c.SetLocation(channel.Location{Context: before.Context, Exten: before.Exten, Priority: before.Priority})
	c.SetApplication(before.Application, before.Data)
	return err
}

// subroutine is Subroutine that leaves the channel where it has come to.
func (e *Engine) subroutine(ctx context.Context, c *channel.Channel, place string) error {
	text, args := splitCall(place)
	l, err := e.Resolve(c, text)
	if err != nil {
		return fmt.Errorf("subroutine: %w", err)
	}
	if !e.ExistsFor(c, l) {
		return fmt.Errorf("subroutine: nothing at %s,%s,%d", l.Context, l.Exten, l.Priority)
	}
	f := flowOf(c)
	depth := len(f.frames)
	if err := e.push(c, frame{bottom: true}, args); err != nil {
		return err
	}
	outer, jumped, next := f.run, f.jumped, f.next
	x := &execution{engine: e, leg: c, flow: f, at: l, ctx: ctx, floor: depth, inner: true}
	x.env = environment{engine: e, leg: c, ctx: ctx}
	f.run, f.jumped = x, false
	f.waiting++
	c.Change(func(s *event.Channel) { s.Subroutine = true })
	defer c.Change(func(s *event.Channel) { s.Subroutine = outer != nil && outer.inner })
	err = x.subroutine()
	f.waiting--
	f.run, f.jumped, f.next = outer, jumped, next
	if len(f.frames) > depth {
		for len(f.frames) > depth {
			f.pop(c)
		}
		c.SetVariable("GOSUB_RETVAL", "") // whoever did not return, returned nothing
	}
	return err
}
