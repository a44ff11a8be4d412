package agent

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

func row(name, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: "app_agent_pool", Synopsis: synopsis, Syntax: syntax}
}

// Applications returns the dialplan applications.
func (h *House) Applications() []command.Application[*channel.Channel] {
	return []command.Application[*channel.Channel]{
		{Row: row("AgentLogin", "Wait as an agent for calls", "AgentLogin(agent[,options])"), Run: h.login},
		{Row: row("AgentRequest", "Talk to an agent", "AgentRequest(agent)"), Run: h.request},
	}
}

// Functions returns the dialplan functions.
func (h *House) Functions() []command.Function[*channel.Channel] {
	return []command.Function[*channel.Channel]{{Row: row("AGENT", "Tell of an agent", "AGENT(agent[:item])"), Read: h.read}}
}

func (h *House) read(_ context.Context, _ *channel.Channel, text string) (string, error) {
	id, item, _ := strings.Cut(text, ":")
	a := h.find(id)
	if a == nil {
		h.Logger.Warn("Agent '" + id + "' not found!")
		return "", nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	name := ""
	if a.leg != nil {
		name = a.leg.Name()
	}
	switch strings.ToLower(item) {
	case "", "status":
		if a.leg != nil {
			return "LOGGEDIN", nil
		}
		return "LOGGEDOUT", nil
	case "name":
		return a.settings.Name, nil
	case "mohclass":
		return a.settings.Music, nil
	case "channel":
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		return name, nil
	case "fullchannel":
		return name, nil
	}
	return "", nil
}

// Actions returns the manager actions. snapshot tells of a channel as AMI does.
func (h *House) Actions(snapshot func(*event.Channel) []command.Field) []command.Action {
	return []command.Action{
		{Row: row("Agents", "List the agents", ""), Privilege: command.Agent, Run: func(_ context.Context, r *command.ActionRequest) error { return h.list(r, snapshot) }},
		{Row: row("AgentLogoff", "Log an agent off", ""), Privilege: command.Agent, Run: h.actLogoff},
	}
}

func (h *House) list(r *command.ActionRequest, snapshot func(*event.Channel) []command.Field) error {
	r.ListStart("Agents will follow")
	all := h.all()
	for _, a := range all {
		r.Event("Agents", a.fields(snapshot)...)
	}
	r.ListEnd("AgentsComplete", len(all))
	return nil
}

// fields are those of the event Agents.
func (a *Agent) fields(snapshot func(*event.Channel) []command.Field) []command.Field {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []command.Field{{Key: "Agent", Value: a.id}, {Key: "Name", Value: a.settings.Name}}
	add := func(key, value string) { out = append(out, command.Field{Key: key, Value: value}) }
	switch {
	case a.leg == nil:
		add("Status", "AGENT_LOGGEDOFF")
	case a.phase == talking && a.call != nil:
		add("Status", "AGENT_ONCALL")
		add("TalkingToChan", a.call.caller.Name())
		add("CallStarted", strconv.FormatInt(a.call.began.Unix(), 10))
	default:
		add("Status", "AGENT_IDLE")
	}
	if a.leg != nil {
		add("LoggedInTime", strconv.FormatInt(a.since.Unix(), 10))
		out = append(out, snapshot(a.leg.Snapshot())...)
	}
	return append(out, command.Field{Key: "ActionID"}) // the last here
}

func (h *House) actLogoff(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Agent") == "" {
		return command.Refusal("No agent specified")
	}
	if !h.logoff(r.Get("Agent"), config.True(r.Get("Soft"))) {
		return command.Refusal("No such agent")
	}
	r.Reply("Success", "Agent logged out")
	return nil
}

// logoff logs an agent off, or with soft when it does not talk any more. It reports
// whether there is such an agent.
func (h *House) logoff(id string, soft bool) bool {
	a := h.find(id)
	if a == nil {
		return false
	}
	a.mu.Lock()
	leg, busy := a.leg, a.phase == asked || a.phase == talking
	a.soft = a.soft || soft
	a.mu.Unlock()
	if leg == nil || soft && busy {
		return true
	}
	putOut(leg)
	return true
}

// putOut hangs up an agent who is logged off.
func putOut(leg *channel.Channel) {
	leg.Hangup(channel.CauseNormalClearing)
	leg.TellSoftHangup()
}

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	ids := func([]string, string) []string {
		var list []string
		for _, a := range h.all() {
			list = append(list, a.id)
		}
		return list
	}
	one := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: row(name, synopsis, strings.TrimSpace(name+" "+arguments)),
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	show, off := one("agent show", "<agent-id>", "Show an agent", h.show), one("agent logoff", "<agent-id> [soft]", "Log an agent off", h.conLogoff)
	show.Complete, off.Complete = ids, ids
	return []command.Console{show, off,
		one("agent show all", "", "List all agents", func(r *command.ConsoleRequest) error { h.table(r, false); return nil }),
		one("agent show online", "", "List the agents who are logged in", func(r *command.ConsoleRequest) error { h.table(r, true); return nil }),
	}
}

func (h *House) conLogoff(r *command.ConsoleRequest) error {
	if len(r.Args) < 1 || len(r.Args) > 2 || len(r.Args) == 2 && r.Args[1] != "soft" {
		return &command.UsageError{}
	}
	if h.logoff(r.Args[0], len(r.Args) == 2) {
		fmt.Fprintf(r.Out, "Logging out %s\n", r.Args[0])
	}
	return nil
}

func (h *House) show(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	a := h.find(r.Args[0])
	if a == nil {
		fmt.Fprintf(r.Out, "Agent '%s' not found\n", r.Args[0])
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock() // Out is a buffer of the dispatcher's
	s := a.settings
	fmt.Fprintf(r.Out, "Id: %s\nName: %s\nBeep: %s\nMOH: %s\nRecordCalls: %s\nState: %s\n", a.id, s.Name, s.Beep, s.Music,
		map[bool]string{true: "Yes", false: "No"}[s.Record], a.device())
	if a.leg == nil {
		return nil
	}
	fmt.Fprintf(r.Out, "LoggedInChannel: %s\nLoggedInTime: %d\n", a.leg.Name(), a.since.Unix())
	if a.phase == talking && a.call != nil {
		fmt.Fprintf(r.Out, "TalkingToChan: %s\nCallStarted: %d\n", a.call.caller.Name(), a.call.began.Unix())
	}
	return nil
}

// table lists agents: all, or those who are logged in.
func (h *House) table(r *command.ConsoleRequest, online bool) {
	const format = "%-8s %-20s %-11s %-30s %s\n"
	fmt.Fprintf(r.Out, format, "Agent-ID", "Name", "State", "Channel", "Talking with")
	all := h.all()
	in, talk := 0, 0
	for _, a := range all {
		a.mu.Lock()
		leg, with := "", ""
		if a.leg != nil {
			in++
			leg = a.leg.Name()
		}
		if a.phase == talking && a.call != nil {
			talk++
			with = a.call.caller.Name()
		}
		if !online || a.leg != nil {
			fmt.Fprintf(r.Out, format, a.id, a.settings.Name, a.device(), leg, with)
		}
		a.mu.Unlock()
	}
	fmt.Fprintf(r.Out, "\nDefined agents: %d, Logged in: %d, Talking: %d\n", len(all), in, talk)
}
