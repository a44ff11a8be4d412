package dialplan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Resolve reads "[[context,]exten,]priority", relative to where c is. The
// priority is a number, +n or -n, or a label.
func (e *Engine) Resolve(c *channel.Channel, place string) (channel.Location, error) {
	l := c.Location()
	parts := strings.SplitN(place, ",", 3)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if len(parts) == 3 {
		if parts[0] != "" {
			l.Context = parts[0]
		}
		parts = parts[1:]
	}
	if len(parts) == 2 {
		if parts[0] != "" {
			l.Exten = parts[0]
		}
		parts = parts[1:]
	}
	n, err := e.resolvePriority(c, l, parts[0])
	if err != nil {
		return l, err
	}
	l.Priority = n
	return l, nil
}

func (e *Engine) resolvePriority(c *channel.Channel, l channel.Location, text string) (int, error) {
	text, _, _ = strings.Cut(text, ",") // as in "default,s,1,(argument)"
	if n, err := strconv.Atoi(text); err == nil {
		if text[0] == '+' || text[0] == '-' {
			n += l.Priority
		}
		if n < 1 {
			return 0, fmt.Errorf("priority %q: it must be greater than 0", text)
		}
		return n, nil
	}
	plan := e.Plan()
	q := query{plan: plan, exten: undashed(l.Exten), leg: c, label: text, engine: e, of: c}
	if context := plan.Context(l.Context); context != nil && text != "" {
		if x, _ := q.find(context); x != nil {
			return x.labelled(text).Number, nil
		}
	}
	return 0, fmt.Errorf("no label %q in extension %s of context %s", text, l.Exten, l.Context)
}

// Goto makes the dialplan of c go on at "[[context,]exten,]priority". Whether
// there is something is seen when it gets there.
func (e *Engine) Goto(c *channel.Channel, place string) error {
	l, err := e.Resolve(c, place)
	if err != nil {
		return err
	}
	e.Jump(c, l)
	return nil
}

// Jump makes the dialplan of c go on at a location. It is the owner's, from
// within an application; others use the channel's Interrupt.
func (e *Engine) Jump(c *channel.Channel, l channel.Location) {
	f := flowOf(c)
	f.jumped, f.next = true, l
	if f.run == nil {
		c.SetLocation(l)
	}
}

// ExistsFor reports whether there is something at a place for the caller of c.
func (e *Engine) ExistsFor(c *channel.Channel, l channel.Location) bool {
	plan := e.Plan()
	context := plan.Context(l.Context)
	if context == nil {
		return false
	}
	q := query{plan: plan, exten: undashed(l.Exten), leg: c, priority: l.Priority, engine: e, of: c}
	found, _ := q.find(context)
	return found != nil
}
