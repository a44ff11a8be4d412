package manager

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// errBye ends the session after Logoff.
var errBye = errors.New("logged off")

// own is the table of the actions that belong to the interface itself.
func (s *Server) own() []command.Action {
	return []command.Action{
		{Row: command.Row{Name: "Login", Synopsis: "Log in"}, Anonymous: true, Run: s.login},
		{Row: command.Row{Name: "Challenge", Synopsis: "Ask for a challenge, to log in without sending the secret"}, Anonymous: true, Run: s.challenge},
		{Row: command.Row{Name: "Logoff", Synopsis: "Log off"}, Anonymous: true, Run: s.logoff},
		{Row: command.Row{Name: "Ping", Synopsis: "Keep the connection alive"}, Run: s.ping},
		{Row: command.Row{Name: "Events", Synopsis: "Choose which events this session gets"}, Run: s.events},
		{Row: command.Row{Name: "Filter", Synopsis: "Choose among the events that this session gets"}, Privilege: command.System, Run: s.filter},
		{Row: command.Row{Name: "ListCommands", Synopsis: "List the actions that the user may call"}, Run: s.listCommands},
		{Row: command.Row{Name: "UserEvent", Synopsis: "Tell all clients an event of one's own"}, Privilege: command.UserClass, Run: s.userEvent},
		{Row: command.Row{Name: "WaitEvent", Synopsis: "Wait for the next event"}, Run: s.waitEvent},
	}
}

func (s *Server) ping(_ context.Context, r *command.ActionRequest) error {
	now := strconv.FormatFloat(float64(time.Now().UnixMicro())/1e6, 'f', 6, 64)
	r.Reply("Success", "", command.Field{Key: "Ping", Value: "Pong"}, command.Field{Key: "Timestamp", Value: now})
	return nil
}

func (s *Server) listCommands(_ context.Context, r *command.ActionRequest) error {
	var fields []command.Field
	for _, a := range s.Actions() {
		if a.Privilege == 0 || r.Can(a.Privilege) {
			fields = append(fields, command.Field{Key: a.Name, Value: a.Synopsis + "  (Priv: " + privilegeText(a.Privilege) + ")"})
		}
	}
	r.Reply("Success", "", fields...)
	return nil
}

// ClassList names classes as the console and ListCommands do.
func ClassList(c command.Class) string { return privilegeText(c) }

func privilegeText(c command.Class) string {
	if c == 0 {
		return "<none>"
	}
	return className(c)
}

// userEvent repeats the lines of the client as they came, odd ones too.
func (s *Server) userEvent(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("UserEvent") // may be empty, as on the reference
	r.Reply("Success", "Event Sent")
	if !s.bus.Wants(event.KindUserEvent) {
		return nil
	}
	var lines []string
	for line := range strings.Lines(r.Session.(*handle).message.text) {
		if key, _, ok := strings.Cut(line, ":"); ok && (strings.EqualFold(key, "Action") || strings.EqualFold(key, "UserEvent")) {
			continue
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	s.bus.Publish(&event.UserEvent{Name: name, Lines: lines})
	return nil
}
