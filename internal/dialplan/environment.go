package dialplan

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// environment is the Env of a channel, or with a nil one of the exchange.
type environment struct {
	engine *Engine
	leg    *channel.Channel
	ctx    context.Context //nolint:containedctx // it lives as long as one expansion or one run
}

// Variable looks at the built-in variables, then the channel's, then the global ones.
func (v *environment) Variable(name string) (string, bool) {
	if v.leg != nil {
		if value, ok := v.ofLeg(name); ok {
			return value, true
		}
		if value, ok := v.leg.Variable(name); ok {
			return value, true
		}
	} else if own, ok := v.ctx.Value(variables{}).(map[string]string); ok {
		if value, ok := own[name]; ok {
			return value, true
		}
	}
	if value, ok := v.engine.globals.get(name); ok {
		return value, true
	}
	if name == "EPOCH" {
		return strconv.FormatInt(time.Now().Unix(), 10), true
	}
	return v.engine.builtin(name)
}

// ofLeg gives the variables that are attributes of a channel.
func (v *environment) ofLeg(name string) (string, bool) {
	switch name {
	case "EXTEN":
		return v.leg.Location().Exten, true
	case "CONTEXT":
		return v.leg.Location().Context, true
	case "PRIORITY":
		return strconv.Itoa(v.leg.Location().Priority), true
	case "CHANNEL":
		return v.leg.Name(), true
	case "UNIQUEID":
		return v.leg.UniqueID(), true
	case "HANGUPCAUSE":
		return strconv.Itoa(v.leg.Snapshot().HangupCause), true
	case "CALLINGPRES":
		p := v.leg.Snapshot().Caller
		return strconv.Itoa(int(p.Number.Presentation)), true
	case "CALLINGTON":
		return strconv.Itoa(v.leg.Snapshot().Caller.Number.Plan), true
	case "CALLINGANI2", "CALLINGTNS":
		return "0", true
	case "HINT", "HINTNAME":
		at := v.leg.Location()
		devices, text, _ := v.engine.Hint(at.Exten, at.Context)
		if name == "HINTNAME" {
			return text, true
		}
		return devices, true
	}
	return "", false
}

var (
	errNotReadable = errors.New("the function can't be read")
	errNotWritable = errors.New("the function can't be written to")
	errOutside     = errors.New("the function is refused to clients from outside: live_dangerously is off")
)

type variables struct{}

// WithVariables gives texts that are expanded in a context without a channel variables of
// their own, which come before the global ones.
func WithVariables(ctx context.Context, own map[string]string) context.Context {
	return context.WithValue(ctx, variables{}, own)
}

type outside struct{}

// Outside marks a context as that of a client from outside, such as AMI's, whom
// Expand and Assign refuse the functions that are risky; see LiveDangerously.
func Outside(ctx context.Context) context.Context { return context.WithValue(ctx, outside{}, true) }

// refuses reports whether a function that is risky is refused to who asks in ctx.
func (e *Engine) refuses(ctx context.Context, risky bool) bool {
	return risky && ctx.Value(outside{}) != nil && !e.LiveDangerously.Load()
}

// Function reads a function.
func (v *environment) Function(name, args string) (string, error) {
	f, ok := v.engine.tables.Load().functions[name]
	if !ok {
		return "", fmt.Errorf("function %s is not registered", name)
	}
	if f.Read == nil {
		return "", fmt.Errorf("%s: %w", name, errNotReadable)
	}
	if v.engine.refuses(v.ctx, f.RiskyRead) {
		return "", fmt.Errorf("%s: %w", name, errOutside)
	}
	return f.Read(v.ctx, v.leg, args)
}

// Warn writes a line of the log.
func (v *environment) Warn(message string, attrs ...any) {
	if v.leg != nil {
		attrs = append(attrs, "channel", v.leg.Name())
	}
	v.engine.log.Warn(message, attrs...)
}

// Env returns what texts are expanded against: a channel, or only the exchange
// if c is nil.
func (e *Engine) Env(ctx context.Context, c *channel.Channel) Env {
	return &environment{engine: e, leg: c, ctx: ctx}
}

// Expand puts variables, functions and expressions into a text. c may be nil.
func (e *Engine) Expand(ctx context.Context, c *channel.Channel, text string) string {
	if strings.IndexByte(text, '$') < 0 {
		return text
	}
	v := &environment{engine: e, leg: c}
	var ok bool
	if v.ctx, ok = deeper(ctx, expansions{}, maxNesting); !ok {
		v.Warn("error in the extension's logic", "error", tooDeep)
		return ""
	}
	return e.texts.compile(text).Expand(v)
}

// What runs within something of its own kind: a text whose function expands a
// text, an application that runs an application.
type (
	expansions struct{}
	executions struct{}
)

// deeper counts how often a kind is nested, and reports false beyond most.
func deeper(ctx context.Context, kind any, most int) (context.Context, bool) {
	n, _ := ctx.Value(kind).(int)
	return context.WithValue(ctx, kind, n+1), n < most
}

// Variable returns a variable of a channel, which may be nil: a built-in one, its
// own or a global one.
func (e *Engine) Variable(c *channel.Channel, name string) (string, bool) {
	v := environment{engine: e, leg: c, ctx: context.Background()}
	return v.Variable(name)
}

// Read reads "NAME(args)", as AMI's Getvar does.
func (e *Engine) Read(ctx context.Context, c *channel.Channel, text string) (string, error) {
	name, args, ok := SplitFunction(text)
	if !ok {
		return "", fmt.Errorf("%q is no function", text)
	}
	v := environment{engine: e, leg: c, ctx: ctx}
	return v.Function(strings.TrimSpace(name), args)
}

// Write writes "NAME(args)".
func (e *Engine) Write(ctx context.Context, c *channel.Channel, text, value string) error {
	name, args, ok := SplitFunction(text)
	if !ok {
		return fmt.Errorf("%q is no function", text)
	}
	name = strings.TrimSpace(name)
	if name == "CHANNEL" && c != nil {
		if done, err := e.changeHandlers(c, args, value); done {
			return err
		}
	}
	f, ok := e.Function(name)
	if !ok {
		return fmt.Errorf("function %s is not registered", name)
	}
	if f.Write == nil {
		return fmt.Errorf("%s: %w", name, errNotWritable)
	}
	if e.refuses(ctx, f.RiskyWrite) {
		return fmt.Errorf("%s: %w", name, errOutside)
	}
	return f.Write(ctx, c, args, value)
}

// Assign sets a variable of a channel, or a global one if c is nil, or writes
// the function NAME(args). As in the reference a function that can't be written
// to is told in the log and hurts nobody.
func (e *Engine) Assign(ctx context.Context, c *channel.Channel, name, value string) error {
	if strings.IndexByte(name, '(') >= 0 {
		if err := e.Write(ctx, c, name, value); err != nil {
			(&environment{engine: e, leg: c}).Warn("a function was not written", "function", name, "error", err)
		}
		return nil
	}
	if c == nil {
		e.SetGlobal(name, value)
		return nil
	}
	c.SetVariable(name, value)
	return nil
}

// InTime reports whether now is within "times,weekdays,days,months[,timezone]".
func (e *Engine) InTime(spec string) (bool, error) {
	t, err := ParseTimes(spec)
	return t.Contains(time.Now()), err
}
