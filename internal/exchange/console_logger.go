package exchange

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// loggerCommands are the console commands about the log.
func (x *Exchange) loggerCommands() []command.Console {
	row := func(name, arguments, synopsis, description string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis, Description: description},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	set := row("logger set level {DEBUG|TRACE|NOTICE|WARNING|ERROR|VERBOSE|DTMF} {on|off}", "", "Show a level on this console, or hide it", "", x.setLogLevel)
	remove := row("logger remove channel", "<name>", "Remove a log file that was added while running", "", x.removeLogChannel)
	remove.Complete = func([]string, string) []string { return x.dynamicLogs() }
	return []command.Console{
		row("logger show channels", "", "List where the log goes", "", x.showLogChannels),
		row("logger show levels", "", "List the levels of the log", "", showLogLevels),
		row("logger add channel", "<name> <levels>", "Add a log file", "The file is there until it is removed or the exchange ends.\n"+
			"<levels> are as in logger.conf: verbose,warning,error, with\n[json], [plain] or [default] before them.", x.addLogChannel),
		remove, set,
		row("logger filter changroup", "<group> {on|off}", "Log what the calls of a group do, and others no more", "Calls are put into groups by Set(LOG_GROUP()=<group>). While there is a group\nnothing else of the levels VERBOSE and DEBUG is logged.", x.filterGroup),
		row("logger filter show", "", "List the groups of calls that are logged", "", x.showFilters),
		row("logger filter reset", "", "Log what all calls do", "", x.resetFilters),
		row("logger rotate", "", "Begin new log files", "", func(*command.ConsoleRequest) error { return x.rotateLogs() }),
		row("logger reload", "[<alternate-conf>]", "Read logger.conf again", "", func(*command.ConsoleRequest) error { return x.reread("logger") }),
		row("logger mute", "", "Stop or resume the log on this console", "", muteLog),
	}
}

func (x *Exchange) showLogChannels(r *command.ConsoleRequest) error {
	const format = "%-35.35s %-8.8s %-10.10s %-9.9s %s\n"
	fmt.Fprintf(r.Out, "Logger queue limit: %d\n\n", x.logs.QueueLimit())
	fmt.Fprintf(r.Out, format, "Channel", "Type", "Formatter", "Status", "Configuration")
	fmt.Fprintf(r.Out, format, "-------", "----", "---------", "------", "-------------")
	for _, c := range x.logs.Channels() {
		fmt.Fprintf(r.Out, format, c.Name, c.Kind, c.Formatter, "Enabled", c.Configuration())
	}
	if c := x.consoleLog(); c != nil {
		fmt.Fprintf(r.Out, format, c.Name, c.Kind, c.Formatter, "Enabled", c.Configuration())
	}
	fmt.Fprintln(r.Out)
	return nil
}

// consoleLog is what of the log consoles show, nil where that is nothing.
func (x *Exchange) consoleLog() *logging.Channel {
	levels, _ := x.watching.shown()
	if levels == 0 {
		return nil
	}
	verbose, _, _ := logging.ParseLevels("verbose") // which a console always shows as far as it wants
	return &logging.Channel{Kind: "Console", Formatter: "default", Levels: levels | verbose}
}

// levelNumbers are those of Asterisk's levels, in the order of logging.LevelNames:
// levels that modules add come behind sixteen.
var levelNumbers = map[string]int{"DEBUG": 0, "TRACE": 1, "NOTICE": 2, "WARNING": 3, "ERROR": 4, "VERBOSE": 5, "DTMF": 6, "FAX": 17, "SECURITY": 19}

func showLogLevels(r *command.ConsoleRequest) error {
	fmt.Fprint(r.Out, "Level Name\n----- ----\n")
	for _, name := range logging.LevelNames() {
		fmt.Fprintf(r.Out, "%5d %s\n", levelNumbers[name], name)
	}
	fmt.Fprintln(r.Out)
	return nil
}

// logFile is the path of a log file by its name.
func (x *Exchange) logFile(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(x.dirs.Log, name)
}

func (x *Exchange) addLogChannel(r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	path := x.logFile(r.Args[0])
	for _, c := range x.logs.Channels() {
		if c.Name == path {
			fmt.Fprintf(r.Out, "Logger channel '%s' already exists\n", r.Args[0])
			return nil
		}
	}
	s, problems := logging.Load(nil, []logging.Line{{Key: r.Args[0], Value: r.Args[1]}}, x.dirs.Log)
	if len(problems) > 0 {
		return command.Refusal(problems[0].What)
	}
	for _, f := range s.Files {
		if err := x.logs.Add(f, true); err != nil {
			return err
		}
	}
	x.watchSecurity()
	return nil
}

func (x *Exchange) dynamicLogs() []string {
	var list []string
	for _, c := range x.logs.Channels() {
		if c.Dynamic {
			name := c.Name
			if short, ok := strings.CutPrefix(name, x.dirs.Log+string(filepath.Separator)); ok {
				name = short
			}
			list = append(list, name)
		}
	}
	return list
}

func (x *Exchange) removeLogChannel(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	for _, name := range x.dynamicLogs() {
		if x.logFile(name) == x.logFile(r.Args[0]) && x.logs.Remove(x.logFile(name)) {
			fmt.Fprintf(r.Out, "Removed dynamic logger channel '%s'\n", r.Args[0])
			x.watchSecurity()
			return nil
		}
	}
	fmt.Fprintf(r.Out, "Unable to find dynamic logger channel '%s'\n", r.Args[0])
	return nil
}

func (x *Exchange) setLogLevel(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	name, on := "", strings.EqualFold(r.Words[4], "on")
	for _, n := range logging.LevelNames()[:7] {
		if strings.HasPrefix(n, strings.ToUpper(r.Words[3])) { // words may be cut short
			name = n
			break
		}
	}
	if r.Remote != nil {
		r.Remote.SetLevel(name, on)
	} else {
		_, console := x.watching.shown()
		console.SetLevel(name, on)
	}
	fmt.Fprintf(r.Out, "Logger status for '%s' has been set to '%s'.\n", name, map[bool]string{true: "on", false: "off"}[on])
	return nil
}

// filterGroup takes every word but "on" for "off", as the reference does.
func (x *Exchange) filterGroup(r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	on := strings.EqualFold(r.Args[1], "on")
	x.logs.Filter(r.Args[0], on)
	fmt.Fprintf(r.Out, "Logging of channel group '%s' is now %s\n", r.Args[0], map[bool]string{true: "enabled", false: "disabled"}[on])
	return nil
}

func (x *Exchange) showFilters(r *command.ConsoleRequest) error {
	list := x.logs.Filters()
	if len(list) == 0 {
		fmt.Fprintln(r.Out, "No filtering currently active")
		return nil
	}
	for i, group := range list {
		fmt.Fprintf(r.Out, "%3d %-32s\n", i+1, group)
	}
	fmt.Fprintf(r.Out, "%d channel group%s currently enabled\n", len(list), plural(len(list)))
	return nil
}

func (x *Exchange) resetFilters(r *command.ConsoleRequest) error {
	n := x.logs.Unfilter()
	fmt.Fprintf(r.Out, "Log filtering has been reset (%d filter%s removed)\n", n, plural(n))
	return nil
}

func muteLog(r *command.ConsoleRequest) error {
	if r.Remote == nil {
		fmt.Fprintln(r.Out, "Couldn't find remote console.")
		return nil
	}
	mute := !r.Remote.Muted()
	switch command.Arg(r.Args, 0) {
	case "on":
		mute = true
	case "off":
		mute = false
	}
	r.Remote.Mute(mute)
	if mute {
		fmt.Fprintln(r.Out, "Console is muted.")
	} else {
		fmt.Fprintln(r.Out, "Console is not muted anymore.")
	}
	return nil
}
