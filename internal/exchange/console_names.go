package exchange

import (
	"context"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/sip"
)

// nameCommands are the console commands about names of hosts that were looked up. No
// thread keeps them fresh, as Asterisk's DNS manager does: an answer is remembered for a
// while, and who needs the name afterwards asks again.
func (x *Exchange) nameCommands() []command.Console {
	row := func(name, arguments, synopsis, description string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: name + arguments, Synopsis: synopsis, Description: description},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	return []command.Console{
		row("dnsmgr status", "", "Count the names of hosts that are remembered", "", x.showNames),
		row("dnsmgr refresh", " [pattern]", "Have names of hosts looked up anew", "The pattern is a regular expression that chooses names.\nWithout one it is all.", x.refreshNames),
		row("dnsmgr reload", "", "Does nothing: dnsmgr.conf is not read", "", func(r *command.ConsoleRequest) error {
			if len(r.Args) > 0 {
				return &command.UsageError{}
			}
			return nil
		}),
	}
}

func (x *Exchange) showNames(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	n := 0
	if names, ok := x.names.(sip.Forgetful); ok {
		n = names.Remembered()
	}
	fmt.Fprintf(r.Out, "DNS Manager: disabled\nRefresh Interval: %d seconds\nNumber of entries: %d\n", int(sip.AnswerLife.Seconds()), n)
	return nil
}

func (x *Exchange) refreshNames(r *command.ConsoleRequest) error {
	chosen := func(string) bool { return true }
	switch len(r.Args) {
	case 0:
	case 1:
		re, err := dialplan.CompileRegular(r.Args[0], true)
		if err != nil {
			return err
		}
		chosen = re.MatchString
	default:
		return &command.UsageError{}
	}
	if names, ok := x.names.(sip.Forgetful); ok {
		names.Forget(chosen)
	}
	return nil
}
