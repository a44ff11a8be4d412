package exchange

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/facts"
	"github.com/octothorpe/octothorpe/internal/manager"
)

// managerCommands are the console commands about AMI and HTTP.
func (x *Exchange) managerCommands() []command.Console {
	row := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	about := row("manager show command", "<actionname> [<actionname> ...]", "Describe actions", x.managerAction)
	about.Complete = x.actionNames
	user := row("manager show user", "<user>", "Describe an account of AMI", x.managerUser)
	user.Complete = x.managerUserNames
	debug := row("manager set debug", "[on|off]", "Show whether events are numbered, or have them numbered", x.managerDebug)
	debug.Complete = func([]string, string) []string { return []string{"on", "off"} }
	return []command.Console{
		row("manager show connected", "", "List the clients", x.managerConnected),
		row("manager show commands", "", "List the actions", x.managerActions),
		about,
		row("manager show users", "", "List the accounts", x.managerUsers),
		user,
		row("manager show settings", "", "Show the settings of AMI", x.managerSettings),
		row("manager reload", "", "Read manager.conf again", func(*command.ConsoleRequest) error { return x.reread("manager") }),
		debug,
		row("manager kick session", "<file descriptor>", "Disconnect a client", x.managerKick),
		row("manager show eventq", "", "List the events that clients have not read", x.managerBacklog),
		row("http show status", "", "Show what HTTP serves", x.showHTTP),
	}
}

func (x *Exchange) managerConnected(r *command.ConsoleRequest) error {
	const format = "  %-15.15s  %-55.55s  %-10.10s  %-10.10s  %-8.8s  %-8.8s  %-10.10s  %-10.10s\n"
	fmt.Fprintf(r.Out, format, "Username", "IP Address", "Start", "Elapsed", "FileDes", "HttpCnt", "ReadPerms", "WritePerms")
	list := x.manager.Sessions()
	for _, s := range list {
		fmt.Fprintf(r.Out, format, s.User, s.Address.Addr().Unmap(), fmt.Sprint(s.Began.Unix()), fmt.Sprint(int(sinceSeconds(s.Began))),
			strconv.Itoa(s.Descriptor), strconv.Itoa(s.Requests), permissions(s.Read), permissions(s.Write))
	}
	fmt.Fprintf(r.Out, "%d users connected.\n", len(list))
	return nil
}

// permissions is the number that the reference has for classes: its own for all.
func permissions(c command.Class) string {
	const all = 1<<31 - 1
	if c == manager.AllClasses {
		return strconv.Itoa(all)
	}
	return fmt.Sprintf("%010d", c)
}

func (x *Exchange) managerActions(r *command.ConsoleRequest) error {
	const screen = 80 // columns, of which what the longest name leaves is for the rest
	list := x.manager.Actions()
	wide := len("Action")
	for _, a := range list {
		wide = max(wide, len(a.Name))
	}
	line := func(name, synopsis string) {
		fmt.Fprintf(r.Out, "  %-*s  %.*s\n", wide, name, max(screen-wide-4, 8), synopsis)
	}
	line("Action", "Synopsis")
	line("------", "--------")
	for _, a := range list {
		line(a.Name, a.Synopsis)
	}
	return nil
}

func (x *Exchange) managerAction(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return &command.UsageError{}
	}
	known := false
	for _, a := range x.manager.Actions() {
		if !slices.ContainsFunc(r.Args, func(name string) bool { return strings.EqualFold(a.Name, name) }) {
			continue
		}
		about := a.Row
		if about.Syntax == "" {
			about.Syntax = actionSyntax(about.Name)
		}
		describe(r.Out, "Manager Command", about)
		fmt.Fprintf(r.Out, "[Privilege]\n%s\n", manager.ClassList(a.Privilege))
		known = true
	}
	if known {
		fmt.Fprintln(r.Out)
	}
	return nil
}

// actionSyntax is the lines of an action; those in brackets may be left out.
func actionSyntax(name string) string {
	var b strings.Builder
	b.WriteString("Action: " + name)
	keys := []facts.Key{{Name: "ActionID"}}
	for _, known := range facts.Actions() {
		if known.Name == name {
			keys = known.Keys
		}
	}
	for _, key := range keys {
		if key.Required {
			fmt.Fprintf(&b, "\n%s: <value>", key.Name)
		} else {
			fmt.Fprintf(&b, "\n[%s:] <value>", key.Name)
		}
	}
	return b.String()
}

func (x *Exchange) managerUsers(r *command.ConsoleRequest) error {
	names := x.manager.Settings().Names
	fmt.Fprintf(r.Out, "\nusername\n--------\n")
	for _, name := range names {
		fmt.Fprintln(r.Out, name)
	}
	fmt.Fprintf(r.Out, "-------------------\n%d manager users configured.\n", len(names))
	return nil
}

func (x *Exchange) managerUserNames([]string, string) []string { return x.manager.Settings().Names }

// managerSessions counts the sessions of an account, if there is one.
func (x *Exchange) managerSessions(account string) (n int, ok bool) {
	ok = slices.ContainsFunc(x.manager.Settings().Names, func(name string) bool { return strings.EqualFold(name, account) })
	for _, s := range x.manager.Sessions() {
		if strings.EqualFold(s.User, account) {
			n++
		}
	}
	return n, ok
}

func (x *Exchange) managerUser(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	a := x.manager.Settings().Accounts[r.Args[0]]
	if a == nil {
		fmt.Fprintf(r.Out, "There is no manager called %s\n", r.Args[0])
		return nil
	}
	secret := "<N/A>"
	if a.Secret != "" {
		secret = "<Set>"
	}
	fmt.Fprintf(r.Out, "\n          username: %s\n            secret: %s\n               ACL: %s\n         read perm: %s\n        write perm: %s\n"+
		"   displayconnects: %s\nallowmultiplelogin: %s\n         Variables: \n", a.Name, secret, yesNo(!a.ACL.Empty()),
		ownClasses(a.Read), ownClasses(a.Write), yesNo(a.DisplayConnects), yesNo(a.AllowMultiple))
	for i := len(a.SetVar) - 1; i >= 0; i-- {
		fmt.Fprintf(r.Out, "                 %s = %s\n", a.SetVar[i].Key, a.SetVar[i].Value)
	}
	a.ACL.Print(r.Out, 3)
	return nil
}

// ownClasses are the classes of an account: all of them end with "all", where those of
// an action always do.
func ownClasses(c command.Class) string {
	list := manager.ClassList(c)
	if c != manager.AllClasses {
		list = strings.TrimSuffix(list, ",all")
	}
	return list
}

func (x *Exchange) managerSettings(r *command.ConsoleRequest) error {
	s := x.manager.Settings()
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	line := func(name, value string) { fmt.Fprintf(r.Out, "  %-25.25s  %-15.55s\n", name+":", value) }
	long := func(yes bool) string { return map[bool]string{true: "Yes", false: "No"}[yes] }
	fmt.Fprint(r.Out, "\nGlobal Settings:\n----------------\n")
	line("Manager (AMI)", long(s.Enabled))
	if !s.Enabled {
		return nil
	}
	line("Web Manager (AMI/HTTP)", long(s.WebEnabled))
	line("TCP Bindaddress", s.Address)
	line("HTTP Timeout (seconds)", strconv.Itoa(int(s.HTTPTimeout.Seconds())))
	line("TLS Enable", long(s.TLS.Address != ""))
	line("TLS Bindaddress", orText(s.TLS.Address, "Disabled"))
	line("TLS Certfile", orText(s.TLS.Certificate, "asterisk.pem"))
	line("TLS Privatekey", s.TLS.Key)
	line("TLS Cipher", s.TLS.Cipher)
	line("Allow multiple login", long(s.AllowMultiple))
	line("Display connects", long(s.DisplayConnects))
	line("Timestamp events", long(s.TimestampEvents))
	last := func(name, value string) { fmt.Fprintf(r.Out, "  %-25.25s  %s\n", name+":", value) }
	last("Channel vars", strings.Join(s.ChannelVars, ","))
	var disabled []string
	for name := range s.Disabled {
		disabled = append(disabled, name)
	}
	sort.Strings(disabled)
	last("Disabled events", strings.Join(disabled, ", "))
	line("Debug", long(s.Debug))
	return nil
}

func (x *Exchange) managerDebug(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		fmt.Fprintf(r.Out, "manager debug is %s\n", map[bool]string{true: "on", false: "off"}[x.manager.Settings().Debug])
		return nil
	}
	if len(r.Args) > 1 || !strings.EqualFold(r.Args[0], "on") && !strings.EqualFold(r.Args[0], "off") {
		return &command.UsageError{}
	}
	x.manager.SetDebug(strings.EqualFold(r.Args[0], "on"))
	return nil
}

func (x *Exchange) showHTTP(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	g := x.http.Settings()
	fmt.Fprintf(r.Out, "HTTP Server Status:\nPrefix: %s\nServer: %s\n", g.Prefix, x.http.Name())
	if address, ok := x.http.Address(); ok {
		fmt.Fprintf(r.Out, "Server Enabled and Bound to %s\n\n", address)
	} else {
		fmt.Fprint(r.Out, "Server Disabled\n\n")
	}
	if secure, ok := x.http.SecureAddress(); ok {
		fmt.Fprintf(r.Out, "HTTPS Server Enabled and Bound to %s\n\n", secure)
	}
	fmt.Fprint(r.Out, "Enabled URI's:\n")
	for _, p := range x.http.Pages() {
		below := ""
		if p.Below {
			below = "/..."
		}
		fmt.Fprintf(r.Out, "%s%s%s => %s\n", g.Prefix, p.Path, below, p.About)
	}
	for _, up := range g.Uploads {
		fmt.Fprintf(r.Out, "%s%s => HTTP POST mapping\n", g.Prefix, up.From)
	}
	fmt.Fprint(r.Out, "\nEnabled Redirects:\n")
	for _, to := range g.Redirects {
		fmt.Fprintf(r.Out, "  %s => %s\n", to.From, to.To)
	}
	if len(g.Redirects) == 0 {
		fmt.Fprint(r.Out, "  None.\n")
	}
	fmt.Fprint(r.Out, "\nPath Restrictions:\n")
	if len(g.Limits) == 0 {
		fmt.Fprint(r.Out, "  None.\n")
	}
	for _, limit := range g.Limits {
		fmt.Fprintf(r.Out, "  Path: %s\n", limit.Path)
		limit.ACL.Print(r.Out, 7)
	}
	return nil
}
