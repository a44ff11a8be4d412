package rest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// Commands are the console's commands about ARI.
func (s *Server) Commands() []command.Console {
	row := func(name, syntax, synopsis string, run func(w io.Writer, args []string) error) command.Console {
		n := strings.Count(syntax, "<")
		return command.Console{Row: command.Row{Name: name, Syntax: syntax, Synopsis: synopsis, Module: "res_ari"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) != n {
					return &command.UsageError{}
				}
				return run(r.Out, r.Args)
			}}
	}
	mkpasswd := row("ari mkpasswd", "ari mkpasswd <password>", "Make the lines of a password for ari.conf", showHash)
	mkpasswd.Description = "Others may see the password in the history of commands; mkpasswd of the shell asks for it."
	return []command.Console{
		row("ari show apps", "ari show apps", "List the applications that have clients", s.showApps),
		row("ari show app", "ari show app <application>", "Show what an application listens to", s.showApp),
		row("ari show users", "ari show users", "List the users of ari.conf", s.showUsers),
		row("ari show user", "ari show user <username>", "Show a user of ari.conf", s.showUser),
		row("ari show status", "ari show status", "Show the settings of ari.conf", s.showStatus),
		row("ari set debug", "ari set debug <application|all> <on|off>", "Show what an application asks and is told", s.setDebug),
		mkpasswd,
		row("ari show outbound-websockets", "ari show outbound-websockets", "List the WebSockets that ari.conf has opened", s.showOutbounds),
		row("ari show outbound-websocket", "ari show outbound-websocket <connection id>", "Show a WebSocket that ari.conf has opened", s.showOutbound),
		row("ari start outbound-websocket", "ari start outbound-websocket <connection id>", "Have a WebSocket of ari.conf opened again", s.startOutbound),
		row("ari show websocket sessions", "ari show websocket sessions", "List the WebSockets to applications", s.showSessions),
		row("ari shutdown websocket session", "ari shutdown websocket session <id>", "End a WebSocket to applications", s.shutSession),
		row("ari shutdown websocket sessions", "ari shutdown websocket sessions", "End all WebSockets to applications", s.shutSessions),
	}
}

// errSilent fails a command that has said all.
var errSilent = errors.New("")

func (s *Server) showApps(w io.Writer, _ []string) error {
	fmt.Fprintf(w, "%-25s\n%s\n", "Application Name", strings.Repeat("=", 25))
	for _, name := range s.Hub.Names() {
		fmt.Fprintln(w, name)
	}
	return nil
}

func (s *Server) showApp(w io.Writer, args []string) error {
	d, ok := s.Hub.Describe(args[0])
	if !ok {
		return errSilent
	}
	model := "Application/Explicit Resource Subscription"
	if d.Everything {
		model = "Global Resource Subscription"
	}
	fmt.Fprintf(w, "Name: %s\n  Debug: %s\n  Subscription Model: %s\n  Subscriptions: %d\n", d.Name, yesNo(d.Debug), model,
		len(d.Channels)+len(d.Bridges)+len(d.Endpoints))
	for _, kind := range []struct {
		name string
		list []stasis.Source
	}{{"Channels", d.Channels}, {"Bridges", d.Bridges}, {"Endpoints", d.Endpoints}} {
		fmt.Fprintf(w, "    %s:\n", kind.name)
		for _, source := range kind.list {
			fmt.Fprintf(w, "      %s (%d)\n", source.ID, source.Times)
		}
	}
	return nil
}

func yesNo(is bool) string {
	if is {
		return "Yes"
	}
	return "No"
}

func (s *Server) showUsers(w io.Writer, _ []string) error {
	fmt.Fprint(w, "r/o?  ACL?  Username\n----  ----  --------\n")
	users := s.settings.Load().Users
	for _, name := range slices.Sorted(maps.Keys(users)) {
		fmt.Fprintf(w, "%-4s  %-4s  %s\n", yesNo(users[name].ReadOnly), yesNo(!users[name].acl.Empty()), name)
	}
	return nil
}

func (s *Server) showUser(w io.Writer, args []string) error {
	u := s.settings.Load().Users[args[0]]
	if u == nil {
		fmt.Fprintf(w, "User '%s' not found\n", args[0])
		return nil
	}
	fmt.Fprintf(w, "Username: %s\nRead only?: %s\nACL?: %s\n", args[0], yesNo(u.ReadOnly), yesNo(!u.acl.Empty()))
	if !u.acl.Empty() {
		u.acl.Print(w, 3)
	}
	return nil
}

func (s *Server) showStatus(w io.Writer, _ []string) error {
	g := s.settings.Load()
	form := "compact"
	if g.Pretty {
		form = "pretty"
	}
	fmt.Fprintf(w, "ARI Status:\nEnabled: %s\nOutput format: %s\nAuth realm: %s\nAllowed Origins: %s\n", yesNo(g.Enabled), form, g.Realm, strings.Join(g.Origins, ","))
	return nil
}

func (s *Server) setDebug(w io.Writer, args []string) error {
	on, word := args[1] == "on", "disabled" // whatever is not on is off
	if on {
		word = "enabled"
	}
	if args[0] == "all" {
		s.Hub.DebugAll(on)
		fmt.Fprintf(w, "Debugging on all applications %s\n", word)
		return nil
	}
	if !s.Hub.Debug(args[0], on) {
		return errSilent
	}
	fmt.Fprintf(w, "Debugging on '%s' %s\n", args[0], word)
	return nil
}

// saltLetters are what the salt of a hash is made of.
const saltLetters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func showHash(w io.Writer, args []string) error {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return fmt.Errorf("make a salt: %w", err)
	}
	for i := range salt {
		salt[i] = saltLetters[salt[i]%byte(len(saltLetters))]
	}
	made, err := crypt("$6$"+string(salt), args[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "; Copy the following two lines into ari.conf\npassword_format = crypt\npassword = %s\n", made)
	return nil
}
