package exchange

import (
	"context"
	"fmt"
	"io"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// The files that shape the console.
const (
	startupFile     = "cli.conf"
	aliasFile       = "cli_aliases.conf"
	permissionsFile = "cli_permissions.conf"
)

// The moments at which cli.conf runs commands.
const (
	preInit   = "pre-init"
	preModule = "pre-module"
	whenReady = "fully-booted"
)

// readStartup reads cli.conf: the commands, by the moment at which they run.
func readStartup(f *config.File) (map[string][]string, []config.Diagnostic) {
	r := config.NewReader(nil)
	strayed(r, f, "startup_commands")
	commands := map[string][]string{}
	for _, e := range f.Section("startup_commands").Lines() {
		when := strings.ToLower(e.Value)
		switch {
		case config.True(when):
			when = whenReady
		case when == preInit, when == preModule, when == whenReady:
		case config.False(when):
			continue
		default:
			r.Report(config.Warning, e, "known are yes, pre-init, pre-module and fully-booted", "%s: %q is no moment at which a command can run", e.Key, e.Value)
			continue
		}
		commands[when] = append(commands[when], e.Key)
	}
	return commands, r.Diagnostics()
}

// startup runs the commands of cli.conf for a moment. What they print goes to the
// terminal, if there is one.
func (x *Exchange) startup(moment string) {
	if moment == preInit {
		if f := x.optional(startupFile); f != nil {
			var problems []config.Diagnostic
			x.startups, problems = readStartup(f)
			x.report(problems)
		}
	}
	out := x.options.Console
	if out == nil {
		out = io.Discard
	}
	for _, line := range x.startups[moment] {
		if err := x.console.Execute(x.background, line, out, nil); err != nil {
			x.log.Warn("a command of cli.conf failed", "command", line, "error", err)
		}
	}
}

// readAliases reads cli_aliases.conf: the aliases of the templates that [general]
// names. Of two for one name the first counts.
func readAliases(f *config.File) ([]cli.Alias, []config.Diagnostic) {
	r := config.NewReader(nil)
	var list []cli.Alias
	for _, e := range f.Section("general").Lines() {
		if !strings.EqualFold(e.Key, "template") {
			r.Report(config.Warning, e, "", "%s is no option of [general]", e.Key)
			continue
		}
		section := f.Section(e.Value)
		if section == nil {
			r.Report(config.Warning, e, "", "there is no section %s", e.Value)
			continue
		}
		for _, a := range section.Lines() {
			if !slices.ContainsFunc(list, func(b cli.Alias) bool { return strings.EqualFold(a.Key, b.Name) }) {
				list = append(list, cli.Alias{Name: a.Key, Command: a.Value})
			}
		}
	}
	return list, r.Diagnostics()
}

// usualAliases are in force where there is no cli_aliases.conf: those that Asterisk's
// sample of the file has.
var usualAliases = []cli.Alias{{Name: "hangup request", Command: "channel request hangup"}, {Name: "originate", Command: "channel originate"},
	{Name: "help", Command: "core show help"}, {Name: "reload", Command: "module reload"}}

// loadAliases puts cli_aliases.conf in force.
func (x *Exchange) loadAliases() error {
	if !x.modules.wants("res_clialiases") {
		x.setAliases(nil)
		return nil
	}
	f, err := x.load(aliasFile)
	switch {
	case isMissing(err):
		x.setAliases(usualAliases)
		return nil
	case err != nil:
		return err
	}
	list, problems := readAliases(f)
	x.report(problems)
	x.setAliases(list)
	return nil
}

func (x *Exchange) setAliases(list []cli.Alias) { x.aliases.Store(new(x.console.SetAliases(list))) }

// aliasBucket is the place of an alias in the reference's table, whose order its
// list has.
func aliasBucket(name string) int {
	h := int32(5381)
	for _, c := range []byte(strings.ToLower(name)) {
		h = h*33 ^ int32(c)
	}
	return int(max(h, -h)) % 53
}

func (x *Exchange) showAliases(r *command.ConsoleRequest) error {
	const line = "%-50.50s %-50.50s\n"
	fmt.Fprintf(r.Out, line, "Alias Command", "Real Command")
	list := x.aliases.Load()
	if list == nil {
		return nil
	}
	sorted := slices.Clone(*list)
	slices.SortStableFunc(sorted, func(a, b cli.Alias) int { return aliasBucket(a.Name) - aliasBucket(b.Name) })
	for _, a := range sorted {
		fmt.Fprintf(r.Out, line, a.Name, a.Command)
	}
	return nil
}

// readPermissions reads cli_permissions.conf. Names are those of this machine.
func readPermissions(f *config.File) (*cli.Permissions, []config.Diagnostic) {
	r := config.NewReader(nil)
	p := &cli.Permissions{Default: true}
	for _, s := range f.Sections() {
		if s.Template {
			continue
		}
		if strings.EqualFold(s.Name, "general") {
			if e, ok := s.Entry("default_perm"); ok {
				p.Default = !strings.EqualFold(e.Value, "deny")
			}
			continue
		}
		subject := cli.Subject{Name: strings.TrimPrefix(s.Name, "@"), Group: strings.HasPrefix(s.Name, "@")}
		id, ok := machineID(subject.Name, subject.Group)
		if !ok {
			r.Report(config.Warning, config.Entry{File: s.File, Line: s.Line}, "", "Unknown %s '%s'", kindOf(subject.Group), subject.Name)
			continue
		}
		subject.ID = id
		for _, e := range s.Lines() {
			switch strings.ToLower(e.Key) {
			case "permit", "deny":
				subject.Lines = append(subject.Lines, cli.NewLine(strings.EqualFold(e.Key, "permit"), e.Value))
			default:
				r.Report(config.Warning, e, "known are permit and deny", "unknown option %s", e.Key)
			}
		}
		p.Subjects = append(p.Subjects, subject)
	}
	return p, r.Diagnostics()
}

func kindOf(group bool) string {
	if group {
		return "group"
	}
	return "user"
}

// machineID is the number of a user or group of this machine.
func machineID(name string, group bool) (uint32, bool) {
	text := ""
	if group {
		g, err := user.LookupGroup(name)
		if err != nil {
			return 0, false
		}
		text = g.Gid
	} else {
		u, err := user.Lookup(name)
		if err != nil {
			return 0, false
		}
		text = u.Uid
	}
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil
}

// loadPermissions puts cli_permissions.conf in force; without one everybody who
// reaches the control socket may do everything. One that can't be read leaves what
// is in force.
func (x *Exchange) loadPermissions() error {
	f, err := x.load(permissionsFile)
	switch {
	case isMissing(err):
		x.socket.Permit(nil)
		return nil
	case err != nil:
		return err
	}
	p, problems := readPermissions(f)
	x.socket.Permit(p)
	x.report(problems)
	return nil
}

func (x *Exchange) showPermissions(r *command.ConsoleRequest) error {
	p := x.socket.Permissions()
	if p == nil {
		return nil
	}
	for _, s := range p.Subjects {
		fmt.Fprintf(r.Out, "%s: %s [%cid=%d]\nPermissions:\n", kindOf(s.Group), s.Name, kindOf(s.Group)[0], s.ID)
		for _, l := range s.Lines {
			word := "deny"
			if l.Permit {
				word = "permit"
			}
			fmt.Fprintf(r.Out, "\t%s -> %s\n", word, l.Text)
		}
		fmt.Fprintln(r.Out)
	}
	return nil
}

// checkPermissions tells what a user, @group or user@group may do.
func (x *Exchange) checkPermissions(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return &command.UsageError{}
	}
	name, group, both := strings.Cut(r.Args[0], "@")
	var uid, gid *uint32
	who := "User '" + name + "'"
	if name != "" {
		id, ok := machineID(name, false)
		if !ok {
			return command.Refusal("Unknown user '" + name + "'")
		}
		uid = &id
	}
	if both {
		id, ok := machineID(group, true)
		if !ok {
			return command.Refusal("Unknown group '" + group + "'")
		}
		gid = &id
		if name == "" {
			who = "Group '" + group + "'"
		}
	}
	p := x.socket.Permissions()
	if len(r.Args) > 1 {
		line := strings.Join(r.Args[1:], " ")
		verdict := "is"
		if !p.Allows(uid, gid, line) {
			verdict = "is not"
		}
		fmt.Fprintf(r.Out, "%s %s allowed to run command: '%s'\n", who, verdict, line)
		return nil
	}
	n := 0
	for _, c := range x.console.Commands() {
		if p.Allows(uid, gid, c.Name) {
			fmt.Fprintf(r.Out, "%30.30s %s\n", c.Name, c.Synopsis)
			n++
		}
	}
	if n == 0 {
		fmt.Fprintln(r.Out, "You are not allowed to run any command on Asterisk")
	}
	return nil
}

// checkPermissionsFile finds what is wrong with cli_permissions.conf on any machine:
// its users may live on another.
func checkPermissionsFile(f *config.File) []config.Diagnostic {
	_, problems := readPermissions(f)
	return slices.DeleteFunc(problems, func(d config.Diagnostic) bool { return strings.HasPrefix(d.Problem, "Unknown ") })
}

// fileCommands are the console commands about these files.
func (x *Exchange) fileCommands() []command.Console {
	row := func(name, arguments, synopsis, module string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis, Module: module},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	return []command.Console{
		row("cli show aliases", "", "List other names of commands", "res_clialiases", x.showAliases),
		row("cli show permissions", "", "Show who may run which commands", "", x.showPermissions),
		row("cli reload permissions", "", "Read cli_permissions.conf again", "", func(*command.ConsoleRequest) error { return x.loadPermissions() }),
		row("cli check permissions", "{<username>|@<groupname>|<username>@<groupname>} [<command>]", "Tell what a user or group may run", "", x.checkPermissions),
	}
}
