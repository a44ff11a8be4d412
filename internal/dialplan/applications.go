package dialplan

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// ownApplications are the applications that move a channel through its plan.
func (e *Engine) ownApplications() []Application {
	return []Application{
		{Row: appRow("Goto", "pbx_config", "Go on elsewhere in the dialplan", "Goto([[context,]extension,]priority)"), Run: e.runGoto},
		{Row: appRow("GotoIf", "pbx_config", "Go on elsewhere if a condition holds", "GotoIf(condition?[labeliftrue]:[labeliffalse])"), Run: e.runGotoIf},
		{Row: appRow("GotoIfTime", "pbx_config", "Go on elsewhere at certain times", "GotoIfTime(times,weekdays,mdays,months[,timezone]?[labeliftrue]:[labeliffalse])"), Run: e.runGotoIfTime},
		{Row: appRow("ExecIfTime", "pbx_config", "Run an application at certain times", "ExecIfTime(times,weekdays,mdays,months[,timezone]?appname[(appargs)])"), Run: e.runExecIfTime},
		{Row: appRow("Gosub", "app_stack", "Go on elsewhere, and come back with Return", "Gosub([[context,]exten,]priority[(arg1[,...][,argN])])"), Run: e.runGosub},
		{Row: appRow("GosubIf", "app_stack", "Gosub if a condition holds", "GosubIf(condition?[labeliftrue[(args)]]:[labeliffalse[(args)]])"), Run: e.runGosubIf},
		{Row: appRow("Return", "app_stack", "Come back from a Gosub", "Return([value])"), Run: e.runReturn},
		{Row: appRow("StackPop", "app_stack", "Forget from where the Gosub was called", "StackPop()"), Run: e.runStackPop},
		{Row: appRow("While", "app_while", "Begin a loop", "While(expr)"), Run: e.runWhile},
		{Row: appRow("EndWhile", "app_while", "End a loop", "EndWhile()"), Run: e.runEndWhile},
		{Row: appRow("ExitWhile", "app_while", "Leave a loop", "ExitWhile()"), Run: e.runExitWhile},
		{Row: appRow("ContinueWhile", "app_while", "Begin the next turn of a loop", "ContinueWhile()"), Run: e.runContinueWhile},
		{Row: partial(appRow("WaitExten", "pbx_config", "Wait for an extension to be dialled", "WaitExten([seconds[,options]])"), "option d, music of option m"), Run: e.runWaitExten},
		{Row: appRow("RaiseException", "pbx_config", "Go on at the extension e", "RaiseException(reason)"), Run: e.runRaise},
	}
}

func appRow(name, module, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: syntax}
}

func partial(r command.Row, missing string) command.Row {
	r.Partial = missing
	return r
}

// Truth is how conditions are read: empty and 0 are false, other numbers true,
// and so is any other text.
func Truth(text string) bool {
	text = strings.TrimSpace(text)
	if text == "" {
		return false
	}
	end := 0
	if text[0] == '-' || text[0] == '+' {
		end = 1
	}
	first := end
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return end == first || strings.Trim(text[first:end], "0") != ""
}

// branches parts "condition?yes:no". A colon inside parentheses, quotes or
// brackets belongs to the branch.
func branches(text string) (condition, yes, no string, ok bool) {
	condition, rest, ok := strings.Cut(text, "?")
	depth, quoted := 0, false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ':' && depth <= 0:
			return condition, strings.TrimSpace(rest[:i]), strings.TrimSpace(rest[i+1:]), ok
		}
	}
	return condition, strings.TrimSpace(rest), "", ok
}

var errNoPlace = errors.New("it needs a place to go to")

func (e *Engine) fail(c *channel.Channel, application string, err error) error {
	err = fmt.Errorf("%s: %w", application, err)
	e.log.Warn("an application can't go on", "channel", c.Name(), "error", err)
	return err
}

func (e *Engine) runGoto(_ context.Context, c *channel.Channel, data string) error {
	if data == "" {
		return e.fail(c, "Goto", errNoPlace)
	}
	if err := e.Goto(c, data); err != nil {
		return e.fail(c, "Goto", err)
	}
	return nil
}

func (e *Engine) runGotoIf(_ context.Context, c *channel.Channel, data string) error {
	condition, yes, no, _ := branches(data)
	return e.branch(c, "GotoIf", Truth(condition), yes, no, e.Goto)
}

// branch goes to one of two places, either of which may be empty.
func (e *Engine) branch(c *channel.Channel, application string, condition bool, yes, no string, move func(*channel.Channel, string) error) error {
	place := no
	if condition {
		place = yes
	}
	if place == "" {
		return nil
	}
	if err := move(c, place); err != nil {
		return e.fail(c, application, err)
	}
	return nil
}

// now is the time by which GotoIfTime goes: that of TESTTIME(), in seconds since 1970, if it is set.
func now(c *channel.Channel) time.Time {
	text, _ := c.Variable("TESTTIME")
	whole, _, _ := strings.Cut(text, ".")
	if seconds, err := strconv.ParseInt(whole, 10, 64); err == nil {
		return time.Unix(seconds, 0)
	}
	return time.Now()
}

func (e *Engine) inTimes(c *channel.Channel, spec string, at time.Time) bool {
	t, err := ParseTimes(spec)
	if err != nil {
		e.log.Warn("times can't be read", "channel", c.Name(), "times", spec, "error", err)
	}
	return t.Contains(at)
}

func (e *Engine) runGotoIfTime(_ context.Context, c *channel.Channel, data string) error {
	spec, yes, no, ok := branches(data)
	if !ok {
		return e.fail(c, "GotoIfTime", errNoPlace)
	}
	return e.branch(c, "GotoIfTime", e.inTimes(c, spec, now(c)), yes, no, e.Goto)
}

func (e *Engine) runExecIfTime(ctx context.Context, c *channel.Channel, data string) error {
	spec, what, ok := strings.Cut(data, "?")
	if !ok {
		return e.fail(c, "ExecIfTime", errors.New("it needs times and an application"))
	}
	if !e.inTimes(c, spec, time.Now()) {
		return nil
	}
	name, args, _ := strings.Cut(what, "(")
	return e.Execute(ctx, c, strings.TrimSpace(name), strings.TrimSuffix(args, ")"))
}

func (e *Engine) runGosub(_ context.Context, c *channel.Channel, data string) error {
	if data == "" {
		return e.fail(c, "Gosub", errNoPlace)
	}
	if err := e.Gosub(c, data); err != nil {
		return e.fail(c, "Gosub", err)
	}
	return nil
}

func (e *Engine) runGosubIf(_ context.Context, c *channel.Channel, data string) error {
	condition, yes, no, _ := branches(data)
	return e.branch(c, "GosubIf", Truth(condition), yes, no, e.Gosub)
}

func (e *Engine) runReturn(_ context.Context, c *channel.Channel, data string) error {
	if err := e.Return(c, data); err != nil {
		return e.fail(c, "Return", err)
	}
	return nil
}

func (e *Engine) runStackPop(_ context.Context, c *channel.Channel, _ string) error {
	if err := e.Pop(c); err != nil {
		e.log.Warn("StackPop", "channel", c.Name(), "error", err)
	}
	return nil
}

func (e *Engine) runWaitExten(ctx context.Context, c *channel.Channel, data string) error {
	d := time.Duration(0)
	if text := command.Arg(command.SplitArgs(data, 2), 0); strings.TrimSpace(text) != "" {
		seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || seconds < 0 {
			e.log.Warn("WaitExten was given an invalid time", "channel", c.Name(), "time", text)
		} else {
			d = time.Duration(seconds * float64(time.Second))
		}
	}
	return e.WaitExten(ctx, c, d)
}

func (e *Engine) runRaise(_ context.Context, c *channel.Channel, data string) error {
	e.Raise(c, data)
	return nil
}
