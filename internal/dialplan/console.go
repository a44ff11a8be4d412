package dialplan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Console is what the console's commands need beside the engine.
type Console struct {
	// Dir is the folder of extensions.conf.
	Dir string
	// Reload reads extensions.conf again.
	Reload func() error
}

type console struct {
	Console
	*Engine
	evaluations atomic.Uint64
}

// Commands returns the rows of the console's "dialplan …" commands. Their texts
// are those of Asterisk 22.
func (e *Engine) Commands(g Console) []command.Console {
	c := &console{Console: g, Engine: e}
	row := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis, Module: "pbx_config"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	show := row("dialplan show", "[[exten@]context]", "Show the dialplan", c.show)
	show.Complete = c.places
	index := row("dialplan debug", "[context]", "Show by what extensions are found", c.debug)
	index.Complete = c.places
	return []command.Console{
		show, index,
		row("dialplan show globals", "", "Show the global variables", c.showGlobals),
		row("dialplan show chanvar", "<channel>", "Show the variables of a channel", c.showVariables),
		row("dialplan set global", "<name> <value>", "Set a global variable", c.setGlobal),
		row("dialplan set chanvar", "<channel> <varname> <value>", "Set a variable of a channel", c.setVariable),
		row("dialplan set extenpatternmatchnew true", "", "Match in the new way; the result is the same", c.setMatching(true)),
		row("dialplan set extenpatternmatchnew false", "", "Match in the old way; the result is the same", c.setMatching(false)),
		row("dialplan add extension", "<exten>,<priority>,<app> into <context> [replace]", "Add a priority to an extension", c.addExtension),
		row("dialplan add include", "<context> into <context>", "Include a context in another", c.addInclude),
		row("dialplan add ignorepat", "<pattern> into <context>", "Add an ignore pattern", c.addIgnorePattern),
		row("dialplan remove extension", "exten[/cid]@context [priority]", "Remove an extension, or a priority of it", c.removeExtension),
		row("dialplan remove include", "<context> from <context>", "Remove an include", c.removeInclude),
		row("dialplan remove ignorepat", "<pattern> from <context>", "Remove an ignore pattern", c.removeIgnorePattern),
		row("dialplan remove context", "<context>", "Remove a context", c.removeContext),
		row("dialplan save", "[/path/to/extension/file]", "Write the dialplan to extensions.conf", c.save),
		row("dialplan reload", "", "Read extensions.conf again", c.reload),
		{Row: command.Row{Name: "core show hanguphandlers", Syntax: "core show hanguphandlers <channel>", Synopsis: "Show the hang-up handlers of a leg"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return c.showHandlers(r) }},
		{Row: command.Row{Name: "core show hanguphandlers all", Syntax: "core show hanguphandlers all", Synopsis: "Show the hang-up handlers of all legs"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return c.showAllHandlers(r) }},
		row("dialplan eval function", "<name(args)>", "Evaluate a function", c.eval),
	}
}

// failed is an error whose text is the answer of the console.
func failed(format string, args ...any) error { return fmt.Errorf(format, args...) }

// places are the contexts, behind "exten@" if that is typed.
func (c *console) places(args []string, word string) []string {
	if len(args) > 0 {
		return nil
	}
	exten, _, ok := strings.Cut(word, "@")
	var list []string
	for _, context := range c.Plan().Contexts() {
		name := context.Name
		if ok {
			name = exten + "@" + name
		}
		list = append(list, name)
	}
	return list
}

func (c *console) show(r *command.ConsoleRequest) error {
	if len(r.Args) > 1 {
		return &command.UsageError{}
	}
	var out strings.Builder
	if !c.Plan().Show(&out, command.Arg(r.Args, 0)) {
		return command.Refusal(strings.TrimSuffix(out.String(), "\n"))
	}
	_, err := io.WriteString(r.Out, out.String())
	return err
}

func (c *console) debug(r *command.ConsoleRequest) error {
	if len(r.Args) > 1 {
		return &command.UsageError{}
	}
	if !c.Plan().ShowIndex(r.Out, command.Arg(r.Args, 0)) {
		return command.Refusal("")
	}
	return nil
}

func (c *console) showGlobals(r *command.ConsoleRequest) error {
	list := c.Globals()
	for _, v := range list {
		fmt.Fprintf(r.Out, "   %s=%s\n", v.Name, v.Value)
	}
	fmt.Fprintf(r.Out, "\n    -- %d variable(s)\n", len(list))
	return nil
}

func (c *console) channel(name string) (*channel.Channel, error) {
	if leg := c.channels.Find(name); leg != nil {
		return leg, nil
	}
	return nil, failed("Channel '%s' not found", name)
}

func (c *console) showVariables(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	leg, err := c.channel(r.Args[0])
	if err != nil {
		return err
	}
	for _, v := range leg.Variables() {
		fmt.Fprintf(r.Out, "%s=%s\n", v.Name, v.Value)
	}
	return nil
}

const handlerColumns = "%-30s %s\n"

func (c *console) showHandlers(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	leg := c.channels.Find(r.Args[0])
	if leg == nil {
		return command.Refusal("Channel does not exist.")
	}
	fmt.Fprintf(r.Out, handlerColumns, "Channel", "Handler")
	c.printHandlers(r.Out, leg)
	return nil
}

func (c *console) showAllHandlers(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	fmt.Fprintf(r.Out, handlerColumns, "Channel", "Handler")
	for _, leg := range c.channels.All() {
		c.printHandlers(r.Out, leg)
	}
	return nil
}

func (c *console) printHandlers(out io.Writer, leg *channel.Channel) {
	name := leg.Name()
	for _, handler := range c.HangupHandlers(leg) {
		fmt.Fprintf(out, handlerColumns, name, handler)
		name = "" // of the first only
	}
}

func (c *console) setGlobal(r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	c.SetGlobal(r.Args[0], r.Args[1])
	fmt.Fprintf(r.Out, "\n    -- Global variable '%s' set to '%s'\n", r.Args[0], r.Args[1])
	return nil
}

func (c *console) setVariable(r *command.ConsoleRequest) error {
	if len(r.Args) != 3 {
		return &command.UsageError{}
	}
	leg, err := c.channel(r.Args[0])
	if err != nil {
		return err
	}
	if err := c.Assign(leg.CallContext(), leg, r.Args[1], r.Args[2]); err != nil {
		return err
	}
	fmt.Fprintf(r.Out, "\n    -- Channel variable '%s' set to '%s' for '%s'\n", r.Args[1], r.Args[2], leg.Name())
	return nil
}

func (c *console) setMatching(wanted bool) func(*command.ConsoleRequest) error {
	return func(r *command.ConsoleRequest) error {
		if len(r.Args) > 0 {
			return &command.UsageError{}
		}
		verb, word := "Still", map[bool]string{true: "NEW", false: "OLD"}[wanted]
		if c.Plan().Settings.NewMatching != wanted {
			verb = "Switched to"
		}
		if err := c.Edit(func(d *Editor) error { d.Settings().NewMatching = wanted; return nil }); err != nil {
			return err
		}
		fmt.Fprintf(r.Out, "\n    -- %s using the %s pattern match algorithm for extension names in the dialplan.\n", verb, word)
		return nil
	}
}

// into checks for "X into Y" or "X from Y".
func into(r *command.ConsoleRequest, word string, most int) (what, context string, err error) {
	if len(r.Args) < 3 || len(r.Args) > most || r.Args[1] != word {
		return "", "", &command.UsageError{}
	}
	return r.Args[0], r.Args[2], nil
}

func (c *console) addExtension(r *command.ConsoleRequest) error {
	what, context, err := into(r, "into", 4)
	replace := len(r.Args) == 4
	if err != nil || replace && r.Args[3] != "replace" {
		return &command.UsageError{}
	}
	name, rest := cutExten(what)
	field, application, ok := strings.Cut(rest, ",")
	if !ok || name == "" {
		return &command.UsageError{}
	}
	t := Target{Context: context}
	t.Exten, t.CallerID, t.MatchCaller = cutCaller(name)
	p := Priority{Registrar: ConfigRegistrar}
	number, label, _ := strings.Cut(field, "(")
	p.Label = strings.TrimSuffix(label, ")")
	if number == "hint" {
		p.Number = HintPriority
	} else if p.Number, err = strconv.Atoi(number); err != nil || p.Number < 1 {
		fmt.Fprintf(r.Out, "'%s' is not a valid priority\n", field)
		return &command.UsageError{}
	}
	if open, comma := strings.IndexByte(application, '('), strings.IndexByte(application, ','); comma >= 0 && (open < 0 || comma < open) {
		p.Application, p.Data = application[:comma], application[comma+1:]
	} else if open >= 0 {
		p.Application, p.Data = application[:open], strings.TrimSuffix(application[open+1:], ")")
	} else {
		p.Application = application
	}
	shown := fmt.Sprintf("'%s,%s,%s(%s)'", t.Exten, field, p.Application, p.Data)
	err = c.Edit(func(d *Editor) error {
		if d.AddContext(context, ConfigRegistrar) {
			fmt.Fprintf(r.Out, "Context '%s' did not exist prior to add extension - the context will be created.\n", context)
		}
		_, err := d.AddPriority(t, p, replace)
		return err
	})
	switch {
	case errors.Is(err, ErrExists):
		return failed("Extension %s@%s with priority %s already exists", t.Exten, context, field)
	case err != nil:
		return err
	case replace:
		fmt.Fprintf(r.Out, "Extension %s@%s (%s) replace by %s\n", t.Exten, context, field, shown)
	default:
		fmt.Fprintf(r.Out, "Extension %s added into '%s' context\n", shown, context)
	}
	return nil
}

func (c *console) addInclude(r *command.ConsoleRequest) error {
	what, context, err := into(r, "into", 3)
	if err != nil {
		return err
	}
	err = c.Edit(func(d *Editor) error {
		if d.AddContext(context, ConfigRegistrar) {
			fmt.Fprintf(r.Out, "Context '%s' did not exist prior to add include - the context will be created.\n", context)
		}
		_, err := d.AddInclude(context, Include{Text: what, Registrar: ConfigRegistrar})
		return err
	})
	if errors.Is(err, ErrExists) {
		return failed("Context '%s' already included in '%s' context", what, context)
	} else if err != nil {
		return err
	}
	fmt.Fprintf(r.Out, "Context '%s' included in '%s' context\n", what, context)
	return nil
}

func (c *console) addIgnorePattern(r *command.ConsoleRequest) error {
	what, context, err := into(r, "into", 3)
	if err != nil {
		return err
	}
	err = c.Edit(func(d *Editor) error { return d.AddIgnorePattern(context, what, ConfigRegistrar) })
	if errors.Is(err, ErrExists) {
		return failed("Ignore pattern '%s' already included in '%s' context", what, context)
	} else if err != nil {
		return failed("Failed to add ignore pattern '%s' into '%s' context", what, context)
	}
	fmt.Fprintf(r.Out, "Ignore pattern '%s' added into '%s' context\n", what, context)
	return nil
}

func (c *console) removeExtension(r *command.ConsoleRequest) error {
	if len(r.Args) < 1 || len(r.Args) > 2 {
		return &command.UsageError{}
	}
	name, context, ok := strings.Cut(r.Args[0], "@")
	if !ok || name == "" || context == "" {
		return failed("Missing extension or context name in third argument '%s'", r.Args[0])
	}
	t, number := Target{Context: context}, 0
	t.Exten, t.CallerID, t.MatchCaller = cutCaller(name)
	if text := command.Arg(r.Args, 1); text == "hint" {
		number = HintPriority
	} else if text != "" {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil || n < 0:
			return failed("Invalid priority '%s'", text)
		case n == 0:
			return failed("If you want to remove whole extension, please omit priority argument")
		}
		number = n
	}
	if err := c.Edit(func(d *Editor) error { return d.RemovePriority(t, number, "") }); err != nil {
		return failed("Failed to remove extension %s@%s", t.Exten, context)
	}
	if number == 0 {
		fmt.Fprintf(r.Out, "Whole extension %s@%s removed\n", t.Exten, context)
	} else {
		fmt.Fprintf(r.Out, "Extension %s@%s with priority %d removed\n", t.Exten, context, number)
	}
	return nil
}

func (c *console) removeInclude(r *command.ConsoleRequest) error {
	what, context, err := into(r, "from", 3)
	if err != nil {
		return err
	}
	if err := c.Edit(func(d *Editor) error { return d.RemoveInclude(context, what) }); err != nil {
		return failed("Failed to remove '%s' include from '%s' context", what, context)
	}
	fmt.Fprintf(r.Out, "We are not including '%s' into '%s' now\n", what, context)
	return nil
}

func (c *console) removeIgnorePattern(r *command.ConsoleRequest) error {
	what, context, err := into(r, "from", 3)
	if err != nil {
		return err
	}
	err = c.Edit(func(d *Editor) error { return d.RemoveIgnorePattern(context, what) })
	if errors.Is(err, ErrNoContext) {
		return failed("Failed to remove ignore pattern '%s' from '%s' context", what, context)
	} else if err != nil {
		return failed("There is no existence of '%s' ignore pattern in '%s' context", what, context)
	}
	fmt.Fprintf(r.Out, "Ignore pattern '%s' removed from '%s' context\n", what, context)
	return nil
}

func (c *console) removeContext(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	if err := c.Edit(func(d *Editor) error { return d.RemoveContext(r.Args[0]) }); err != nil {
		fmt.Fprintf(r.Out, "There is no such context as '%s'\n", r.Args[0])
		return nil
	}
	fmt.Fprintf(r.Out, "Removed context '%s'\n", r.Args[0])
	return nil
}

func (c *console) save(r *command.ConsoleRequest) error {
	if len(r.Args) > 1 {
		return &command.UsageError{}
	}
	p := c.Plan()
	if !p.Settings.Static || p.Settings.WriteProtect {
		return failed("I can't save dialplan now, see '%s' example file.", "extensions.conf")
	}
	path := filepath.Join(c.Dir, "extensions.conf")
	if given := command.Arg(r.Args, 0); strings.HasSuffix(given, ".conf") {
		path = given
	} else if given != "" {
		path = filepath.Join(given, "extensions.conf")
	}
	if err := saveTo(p, path); err != nil {
		c.log.Error("the dialplan was not saved", "error", err)
		return failed("Failed to create file '%s'", path)
	}
	fmt.Fprintf(r.Out, "Dialplan successfully saved into '%s'\n", path)
	return nil
}

// saveTo writes beside the file first, so that a full disk spoils nothing.
func saveTo(p *Plan, path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".extensions-*.conf")
	if err != nil {
		return fmt.Errorf("save the dialplan: %w", err)
	}
	err = p.Save(f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o640)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is of no use
		return fmt.Errorf("save the dialplan: %w", err)
	}
	return nil
}

func (c *console) reload(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	if c.Console.Reload != nil {
		if err := c.Console.Reload(); err != nil {
			return err
		}
	}
	fmt.Fprintln(r.Out, "Dialplan reloaded.")
	return nil
}

func (c *console) eval(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	text := r.Args[0]
	if !strings.Contains(text, "(") {
		text += "()"
	}
	leg, err := c.channels.New(channel.Config{Name: fmt.Sprintf("CLIEval/%d", c.evaluations.Add(1)), Technology: "CLIEval", Leg: channel.Nowhere{},
		Context: "default", Exten: "s"})
	if err != nil {
		return err
	}
	defer leg.End()
	v, err := c.Read(leg.Context(), leg, text)
	if err != nil {
		fmt.Fprintf(r.Out, "Return Value: Failure (-1)\nResult: \n")
		return nil
	}
	fmt.Fprintf(r.Out, "Return Value: Success (0)\nResult: %s\n", v)
	return nil
}
