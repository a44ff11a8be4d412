package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/state"
)

// coreCommands are the console commands about the exchange itself.
func (x *Exchange) coreCommands() []command.Console {
	row := func(name, synopsis string) command.Row {
		syntax, more, _ := strings.Cut(syntaxes[name], "\n")
		return command.Row{Name: name, Synopsis: synopsis, Syntax: strings.TrimSpace(name + " " + syntax), Description: more}
	}
	usage := func(name, synopsis, syntax, description string) command.Row {
		return command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Description: description}
	}
	out := func(f func(r *command.ConsoleRequest) error) func(context.Context, *command.ConsoleRequest) error {
		return func(_ context.Context, r *command.ConsoleRequest) error { return f(r) }
	}
	return []command.Console{
		{Row: row("core show version", "Show the version"), Run: out(x.showVersion)},
		{Row: row("core show uptime", "Show how long the exchange runs"), Run: out(x.showUptime)},
		{Row: row("core show settings", "Show settings"), Run: out(x.showSettings)},
		{Row: row("core waitfullybooted", "Wait until the exchange is ready"), Run: x.waitBooted},
		{Row: row("core stop now", "Stop the exchange at once"), Run: x.stopCommand(false)},
		{Row: row("core stop gracefully", "Stop the exchange when the calls of now are over"), Run: x.stopCommand(false)},
		{Row: row("core stop when convenient", "Stop the exchange when it has no calls"), Run: x.convenient(false)},
		{Row: row("core restart now", "Start the exchange anew at once"), Run: x.stopCommand(true)},
		{Row: row("core restart gracefully", "Start the exchange anew when the calls of now are over"), Run: x.stopCommand(true)},
		{Row: row("core restart when convenient", "Start the exchange anew when it has no calls"), Run: x.convenient(true)},
		{Row: row("core abort shutdown", "Take back a stop that waits for calls"), Run: out(func(r *command.ConsoleRequest) error {
			x.Abort()
			return nil
		})},
		{Row: row("core reload", "Read the configuration again"), Run: out(x.reloadAll)},
		{Row: usage("core set verbose", "Set how much the console shows", "core set verbose [atleast] <level> [silent]\ncore set verbose off",
			"0 and off show the least. With atleast the level is only raised,\nwith silent nothing is printed."), Run: out(x.setVerbose)},
		{Row: usage("core set debug", "Set how much is logged for debugging", "core set debug [atleast] <level> [module]\ncore set debug off",
			"0 and off log nothing. With a module, a part of the program or a\nsource file, the level is that of this module alone."), Run: out(x.setDebug)},
		{Row: row("core show applications", "List the applications"), Run: out(x.showApplications)},
		{Row: row("core show application", "Describe applications"), Run: out(x.showApplication), Complete: x.applicationNames},
		{Row: row("core show functions", "List the functions"), Run: out(x.showFunctions)},
		{Row: row("core show function", "Describe a function"), Run: out(x.showFunction), Complete: x.functionNames},
		{Row: row("core show hints", "List the hints"), Run: out(x.showHints)},
		{Row: row("core show hint", "List the hints of extensions that begin so"), Run: out(x.showHint), Complete: x.hintNames},
		{Row: row("core show help", "List the commands, or describe some"), Run: out(x.showHelp), Complete: x.helpWords},
		{Row: row("module show", "List the modules"), Run: out(x.showModules), Complete: x.modulesLike},
		{Row: row("module reload", "Read the configuration of a module again"), Run: out(x.reloadModule), Complete: x.moduleNames},
		{Row: row("module load", "Load a module"), Complete: x.moduleNames, Run: out(func(r *command.ConsoleRequest) error {
			if len(r.Args) != 1 {
				return &command.UsageError{}
			}
			if x.loadModule(r.Args[0]) != nil {
				return command.Refusal("Unable to load module " + r.Args[0])
			}
			fmt.Fprintf(r.Out, "Loaded %s\n", r.Args[0])
			return nil
		})},
		{Row: row("module unload", "Unload modules"), Complete: x.moduleNames, Run: out(func(r *command.ConsoleRequest) error {
			if len(r.Args) < 1 {
				return &command.UsageError{}
			}
			for _, name := range r.Args {
				if x.unloadModule(name) != nil {
					return command.Refusal("Unable to unload resource " + name)
				}
				fmt.Fprintf(r.Out, "Unloaded %s\n", name)
			}
			return nil
		})},
		{Row: row("module refresh", "Unload a module and load it again"), Complete: x.moduleNames, Run: out(func(r *command.ConsoleRequest) error {
			if len(r.Args) < 1 || len(r.Args) > 2 || len(r.Args) == 2 && r.Args[1] != "recursively" {
				return &command.UsageError{}
			}
			if x.unloadModule(r.Args[0]) != nil || x.loadModule(r.Args[0]) != nil {
				return command.Refusal("Unable to unload resource " + r.Args[0])
			}
			fmt.Fprintf(r.Out, "Unloaded and loaded %s\n", r.Args[0])
			return nil
		})},
	}
}

// showVersion prints a line of the reference's form, which scripts take apart.
func (x *Exchange) showVersion(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	fmt.Fprintf(r.Out, "Asterisk %s built by octothorpe @ octothorpe on a %s running %s on %s\n", x.options.Version, runtime.GOARCH,
		strings.ToUpper(runtime.GOOS[:1])+runtime.GOOS[1:], x.began.UTC().Format("2006-01-02 15:04:05 MST"))
	return nil
}

func (x *Exchange) showUptime(r *command.ConsoleRequest) error {
	_, up, reloaded := x.uptime()
	if len(r.Args) == 1 && r.Args[0] == "seconds" {
		fmt.Fprintf(r.Out, "System uptime: %d\nLast reload: %d\n", up/time.Second, reloaded/time.Second)
		return nil
	}
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	fmt.Fprintf(r.Out, "System uptime: %s\nLast reload: %s\n", spoken(up), spoken(reloaded))
	return nil
}

// syntaxes are the arguments of the commands of coreCommands, and what there is to say of them.
var syntaxes = map[string]string{
	"core show uptime":       "[seconds]\nWith seconds the times are whole numbers of seconds.",
	"core show applications": "[{like|describing} <text>]\nThose whose name has the text in it, or whose description has.",
	"core show application":  "<application> [<application> ...]",
	"core show functions":    "[like <text>]",
	"core show function":     "<function>",
	"core show hint":         "<exten>",
	"core show help":         "[command words]\nThe usage of the command, or a list of those that begin so.",
	"module show":            "[like <text>]",
	"module reload":          "[module ...]\nThe files of these modules, or of all, are read again.",
	"module load":            "<module name>\nLoads a module that is nothing but applications and functions of the dialplan. The others are loaded at the start, as modules.conf says.",
	"module unload":          "<module name> [<module name> ...]\nUnloads modules that are nothing but applications and functions of the dialplan, and that no leg runs.",
	"module refresh":         "<module name> [recursively]\nUnloads a module and loads it again.",
	"core stop gracefully":   "\nNo new calls are taken. core abort shutdown takes it back.",
	"core waitfullybooted":   "\nThe command ends when all of the configuration is in force.",
}

// spoken writes a duration as "1 day, 2 hours, 5 seconds".
func spoken(d time.Duration) string {
	s := int(d / time.Second)
	var parts []string
	for _, u := range []struct {
		seconds int
		name    string
	}{{365 * 86400, "year"}, {7 * 86400, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if n := s / u.seconds; n > 0 || u.seconds == 1 && len(parts) == 0 {
			parts = append(parts, fmt.Sprintf("%d %s%s", n, u.name, plural(n)))
		}
		s %= u.seconds
	}
	return strings.Join(parts, ", ")
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func (x *Exchange) waitBooted(ctx context.Context, r *command.ConsoleRequest) error {
	select {
	case <-x.booted:
		fmt.Fprintln(r.Out, "Asterisk has fully booted.")
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopCommand and convenient keep a console waiting until the exchange has ended, or
// somebody has taken it back: scripts go on when it is gone.

func (x *Exchange) stopCommand(restart bool) func(context.Context, *command.ConsoleRequest) error {
	return func(ctx context.Context, r *command.ConsoleRequest) error {
		if len(r.Args) > 0 {
			return &command.UsageError{}
		}
		how := Now
		if strings.HasPrefix("gracefully", strings.ToLower(r.Words[2])) {
			how = Gracefully
		}
		x.stay(ctx, r, x.Stop(how, restart))
		return nil
	}
}

func (x *Exchange) convenient(restart bool) func(context.Context, *command.ConsoleRequest) error {
	return func(ctx context.Context, r *command.ConsoleRequest) error {
		if len(r.Args) > 0 {
			return &command.UsageError{}
		}
		fmt.Fprintln(r.Out, "Waiting for inactivity to perform "+map[bool]string{true: "restart", false: "halt"}[restart])
		x.stay(ctx, r, x.Stop(WhenConvenient, restart))
		return nil
	}
}

// stay waits, on a console, until the exchange no longer stops or closes the console.
func (x *Exchange) stay(ctx context.Context, r *command.ConsoleRequest, done <-chan struct{}) {
	if r.Remote == nil {
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
		return
	}
	if x.background.Err() != nil {
		<-ctx.Done()
	}
}

// deepestLevel is how verbose anything is at most.
const deepestLevel = math.MaxInt32

// level reads "[atleast] <level>" or "off", and returns what follows.
func level(args []string) (n int, atleast bool, rest []string, ok bool) {
	if len(args) > 1 && args[0] == "atleast" {
		atleast, args = true, args[1:]
	}
	if len(args) == 0 {
		return 0, false, nil, false
	}
	if args[0] == "off" {
		return 0, atleast, args[1:], true
	}
	n, err := strconv.Atoi(args[0])
	return min(n, deepestLevel), atleast, args[1:], err == nil && n >= 0
}

func levelName(n int) string {
	if n == 0 {
		return "OFF"
	}
	return strconv.Itoa(n)
}

func (x *Exchange) setVerbose(r *command.ConsoleRequest) error {
	n, atleast, rest, ok := level(r.Args)
	silent := len(rest) == 1 && rest[0] == "silent"
	if !ok || len(rest) > 0 && !silent {
		return &command.UsageError{}
	}
	old := x.logs.Verbosity()
	if r.Remote != nil {
		old = r.Remote.Verbose()
	}
	if atleast {
		n = max(n, old)
	}
	if r.Remote != nil {
		r.Remote.SetVerbose(n)
	} else {
		x.logs.SetVerbose(n)
	}
	if !silent {
		fmt.Fprintf(r.Out, "Console verbose %s\n", changed(levelName(old), levelName(n)))
	}
	return nil
}

// A depth is how much is told, of all and of single modules: debug and trace.
type depth struct {
	word      string
	level     func() int
	set       func(int)
	module    func(name string) int
	setModule func(name string, n int)
}

// change carries out "core set debug" or "core set trace".
func (d depth) change(r *command.ConsoleRequest) error {
	n, atleast, rest, ok := level(r.Args)
	if !ok || len(rest) > 1 || len(rest) == 1 && slices.Contains(r.Args, "off") {
		return &command.UsageError{}
	}
	if len(rest) == 1 {
		d.changeModule(r, rest[0], n, atleast)
		return nil
	}
	old := d.level()
	if atleast {
		n = max(n, old)
	}
	d.set(n)
	fmt.Fprintf(r.Out, "Core %s %s\n", d.word, changed(levelName(old), levelName(n)))
	return nil
}

func (d depth) changeModule(r *command.ConsoleRequest, name string, n int, atleast bool) {
	module := strings.TrimSuffix(name, ".so")
	before := d.module(module)
	if atleast {
		n = max(n, before)
	}
	if n == before {
		fmt.Fprintf(r.Out, "Core %s is still %d for '%s'.\n", d.word, n, name)
		return
	}
	d.setModule(module, n)
	fmt.Fprintf(r.Out, "Core %s was %d and has been set to %d for '%s'.\n", d.word, before, n, name)
}

func (x *Exchange) setDebug(r *command.ConsoleRequest) error {
	return depth{"debug", x.logs.DebugLevel, x.logs.SetDebug, func(name string) int { return x.logs.ModuleDebug()[name] },
		func(name string, n int) { x.logs.SetModuleDebug(name, n) }}.change(r)
}

func changed(old, now string) string {
	if old == now {
		return "is still " + now + "."
	}
	return "was " + old + " and is now " + now + "."
}

func (x *Exchange) showHints(r *command.ConsoleRequest) error {
	hints := x.board.Hints()
	if len(hints) == 0 {
		fmt.Fprintln(r.Out, "There are no registered dialplan hints")
		return nil
	}
	fmt.Fprintf(r.Out, "\n    -= Registered Asterisk Dial Plan Hints =-\n")
	for _, h := range hints {
		x.writeHint(r.Out, h)
	}
	fmt.Fprintf(r.Out, "----------------\n- %d hints registered\n", len(hints))
	return nil
}

func (x *Exchange) showHint(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	n := 0
	for _, h := range x.board.Hints() {
		if strings.HasPrefix(h.Exten, r.Args[0]) {
			x.writeHint(r.Out, h)
			n++
		}
	}
	if n == 0 {
		fmt.Fprintf(r.Out, "No hints matching extension %s\n", r.Args[0])
		return nil
	}
	fmt.Fprintf(r.Out, "%d hint%s matching extension %s\n", n, plural(n), r.Args[0])
	return nil
}

func (x *Exchange) writeHint(out io.Writer, h state.HintState) {
	fmt.Fprintf(out, "%-30.30s: %-60.60s  State:%-15.15s Presence:%-15.15s Watchers %2d\n", h.Exten+"@"+h.Context, h.Devices, h.State.Text, x.presences.Shown(h.Devices).Status, x.watchers(h.Hint))
}

func (x *Exchange) showModules(r *command.ConsoleRequest) error {
	like := ""
	if len(r.Args) == 2 && r.Args[0] == "like" {
		like = r.Args[1]
	} else if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	x.modules.show(r.Out, like, x.moduleUses())
	return nil
}

func (x *Exchange) reloadModule(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return x.reloadAll(r)
	}
	for _, name := range r.Args {
		tellReload(r.Out, name, x.Reload(name))
	}
	return nil
}

// reloadAll is "core reload": what is wrong is in the log alone, as on the reference.
func (x *Exchange) reloadAll(*command.ConsoleRequest) error {
	_ = x.Reload("")
	return nil
}

// tellReload prints what became of the reload of a module.
func tellReload(out io.Writer, name string, err error) {
	switch {
	case err == nil:
		fmt.Fprintf(out, "Module '%s' reloaded successfully.\n", name)
	case errors.Is(err, errNoModule):
		fmt.Fprintf(out, "No such module '%s'\n", name)
	case errors.Is(err, errNoReload):
		fmt.Fprintf(out, "The module '%s' does not support reloads\n", name)
	default:
		fmt.Fprintf(out, "The module '%s' reported a reload failure\n", name)
	}
}
