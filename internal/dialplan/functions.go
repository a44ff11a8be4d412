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

// ownFunctions are the functions that tell and set what the executor keeps on a
// channel.
func (e *Engine) ownFunctions() []Function {
	row := func(name, module, synopsis, args string) command.Row {
		return command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: name + "(" + args + ")"}
	}
	return []Function{
		{Row: row("LOCAL", "app_stack", "A variable of the present Gosub", "varname"), Read: e.readLocal, Write: e.writeLocal},
		{Row: row("LOCAL_PEEK", "app_stack", "A variable as a Gosub further down sees it", "n,varname"), Read: e.readLocalPeek},
		{Row: row("STACK_PEEK", "app_stack", "Where a Gosub was called", "n,which[,suppress]"), Read: e.readStackPeek},
		{Row: row("EVAL_EXTEN", "func_evalexten", "The arguments of a priority, expanded", "[[context,]extension,]priority"), Read: e.readEvalExten},
		{Row: row("EVAL_SUB", "func_evalexten", "What a Gosub returns", "[[context,]extension,]priority[(args)]"), Read: e.readEvalSub},
		{Row: row("EXCEPTION", "pbx_config", "Why the extension e runs", "reason|context|exten|priority"), Read: readException},
		{Row: row("TIMEOUT", "func_timeout", "The timeouts of a call", "absolute|digit|response"), Read: readTimeout, Write: writeTimeout},
	}
}

var errNoChannel = errors.New("it needs a channel")

func (e *Engine) readLocal(_ context.Context, c *channel.Channel, name string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	v, _ := e.Local(c, name)
	return v, nil
}

func (e *Engine) writeLocal(_ context.Context, c *channel.Channel, name, value string) error {
	if c == nil {
		return errNoChannel
	}
	e.SetLocal(c, strings.TrimSpace(name), value)
	return nil
}

func (e *Engine) readLocalPeek(_ context.Context, c *channel.Channel, args string) (string, error) {
	depth, name, _ := strings.Cut(args, ",")
	n, err := strconv.Atoi(strings.TrimSpace(depth))
	if c == nil || err != nil || n < 0 {
		return "", fmt.Errorf("LOCAL_PEEK(%s): it needs a channel and a depth of 0 or more", args)
	}
	v, _ := e.PeekLocal(c, n, name)
	return v, nil
}

func (e *Engine) readStackPeek(_ context.Context, c *channel.Channel, args string) (string, error) {
	list := command.SplitArgs(args, 3)
	n, err := strconv.Atoi(strings.TrimSpace(command.Arg(list, 0)))
	if c == nil || err != nil || n < 1 {
		return "", fmt.Errorf("STACK_PEEK(%s): it needs a channel and a depth of 1 or more", args)
	}
	at, ok := e.PeekStack(c, n)
	if !ok {
		if Truth(command.Arg(list, 2)) {
			return "", nil
		}
		return "", fmt.Errorf("STACK_PEEK(%s): there are not so many Gosubs", args)
	}
	switch which := command.Arg(list, 1); {
	case strings.HasPrefix(which, "l"):
		return fmt.Sprintf("%s,%s,%d", at.Context, at.Exten, at.Priority), nil
	case strings.HasPrefix(which, "c"):
		return at.Context, nil
	case strings.HasPrefix(which, "e"):
		return at.Exten, nil
	case strings.HasPrefix(which, "p"):
		return strconv.Itoa(at.Priority), nil
	}
	return "", fmt.Errorf("STACK_PEEK(%s): the second argument is l, c, e or p", args)
}

func (e *Engine) readEvalExten(ctx context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	l, err := e.Resolve(c, args)
	if err != nil {
		return "", err
	}
	_, p := e.Plan().Find(l.Context, l.Exten, l.Priority, c.Snapshot().Caller.Number.Text)
	if p == nil {
		return "", fmt.Errorf("EVAL_EXTEN(%s): nothing is there", args)
	}
	at := c.Location()
	c.SetLocation(l) // what is there sees itself as where the call is
	defer c.SetLocation(at)
	return e.Expand(ctx, c, p.template.Source()), nil
}

func (e *Engine) readEvalSub(ctx context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	if err := e.Subroutine(ctx, c, args); err != nil {
		return "", err
	}
	v, _ := c.Variable("GOSUB_RETVAL")
	return v, nil
}

func readException(_ context.Context, c *channel.Channel, item string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	x := flowOf(c).exception
	if x == nil {
		return "", errors.New("EXCEPTION(): nothing was raised")
	}
	switch strings.ToLower(item) {
	case "reason":
		return x.reason, nil
	case "context":
		return x.at.Context, nil
	case "exten":
		return x.at.Exten, nil
	case "priority":
		return strconv.Itoa(x.at.Priority), nil
	}
	return "", fmt.Errorf("EXCEPTION(%s): no such item", item)
}

func readTimeout(_ context.Context, c *channel.Channel, item string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	f := flowOf(c)
	var d time.Duration
	switch strings.ToLower(item) {
	case "absolute":
		at := f.absoluteAt()
		if at.IsZero() {
			return "0", nil
		}
		d = time.Until(at)
	case "digit":
		d = f.digitTimeout
	case "response":
		d = f.responseTimeout
	default:
		return "", fmt.Errorf("TIMEOUT(%s): it is absolute, digit or response", item)
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64), nil
}

func writeTimeout(_ context.Context, c *channel.Channel, item, value string) error {
	if c == nil {
		return errNoChannel
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || seconds < 0 {
		seconds = 0
	}
	d, f := time.Duration(seconds*float64(time.Second)), flowOf(c)
	switch strings.ToLower(item) {
	case "absolute":
		f.setAbsolute(c, d)
	case "digit":
		f.digitTimeout = d
	case "response":
		f.responseTimeout = d
	default:
		return fmt.Errorf("TIMEOUT(%s): it is absolute, digit or response", item)
	}
	return nil
}
