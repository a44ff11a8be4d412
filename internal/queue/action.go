package queue

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Actions returns the manager actions.
func (h *House) Actions() []command.Action {
	agent := func(name, synopsis string, run func(context.Context, *command.ActionRequest) error) command.Action {
		return command.Action{Row: command.Row{Name: name, Module: "app_queue", Synopsis: synopsis}, Privilege: command.Agent, Run: run}
	}
	all := func(name, synopsis string, run func(context.Context, *command.ActionRequest) error) command.Action {
		a := agent(name, synopsis, run)
		a.Privilege = 0
		return a
	}
	return []command.Action{
		all("QueueStatus", "Tell of queues, their members and their callers", h.actStatus),
		all("QueueSummary", "Tell of queues in short", h.actSummary),
		agent("QueueAdd", "Add a member to a queue", h.actAdd),
		agent("QueueRemove", "Take a member out of a queue", h.actRemove),
		agent("QueuePause", "Pause a member, or end its pause", h.actPause),
		agent("QueueLog", "Write a line to queue_log", h.actLog),
		agent("QueuePenalty", "Set the penalty of a member", h.actPenalty),
		agent("QueueMemberRingInUse", "Say whether a member is called while it talks", h.actRingInUse),
		all("QueueRule", "Tell how penalties change", h.actRule),
		all("QueueReload", "Read the files of queues again", h.actReload),
		all("QueueReset", "Begin the statistics of queues anew", h.actReset),
		all("QueueChangePriorityCaller", "Give a caller another priority", h.actPriority),
		all("QueueWithdrawCaller", "Take a caller out of a queue", h.actWithdraw),
	}
}

func asFields(list []event.Variable) []command.Field {
	out := make([]command.Field, len(list))
	for i, v := range list {
		out[i] = command.Field{Key: v.Name, Value: v.Value}
	}
	return append(out, command.Field{Key: "ActionID"}) // the last here
}

func (h *House) actStatus(_ context.Context, r *command.ActionRequest) error {
	r.ListStart("Queue status will follow")
	items, only := 0, r.Get("Member")
	h.renew(r.Get("Queue"))
	for _, q := range h.some(r.Get("Queue")) {
		lists, entries := q.status(only)
		for i, fields := range lists {
			if i == 0 {
				r.Event("QueueParams", asFields(fields)...)
			} else {
				r.Event("QueueMember", asFields(fields)...)
			}
		}
		for _, fields := range entries {
			r.Event("QueueEntry", asFields(fields)...)
		}
		items += len(lists) + len(entries)
	}
	r.ListEnd("QueueStatusComplete", items)
	return nil
}

// status returns the fields of QueueParams and of each QueueMember, all or the one of an
// interface, and of each QueueEntry.
func (q *Queue) status(only string) (lists, entries [][]event.Variable) {
	q.mu.Lock()
	defer q.mu.Unlock()
	answered, all := q.performance()
	lists = append(lists, []event.Variable{field("Queue", q.name), field("Max", number(q.settings.maxLength)), field("Strategy", q.settings.strategy.String()),
		field("Calls", number(len(q.entries))), field("Holdtime", number(q.holdTime)), field("TalkTime", number(q.talkTime)),
		field("Completed", number(q.completed)), field("Abandoned", number(q.abandoned)), field("ServiceLevel", number(int(q.settings.serviceLevel/seconds))),
		field("ServicelevelPerf", percent(answered)), field("ServicelevelPerf2", percent(all)), field("Weight", number(q.settings.weight))})
	for _, m := range q.members {
		if only != "" && !strings.EqualFold(only, m.iface) {
			continue
		}
		fields := append([]event.Variable{field("Queue", q.name), field("Name", m.name), field("Location", m.iface)}, m.figures()...)
		lists = append(lists, append(fields, field("Wrapuptime", number(int(m.wrapup/seconds)))))
	}
	for i, e := range q.entries {
		s := e.c.Snapshot()
		entries = append(entries, []event.Variable{field("Queue", q.name), field("Position", number(i+1)), field("Channel", s.Name), field("Uniqueid", s.UniqueID),
			field("CallerIDNum", known(s.Caller.Number.Valid, s.Caller.Number.Text)), field("CallerIDName", known(s.Caller.Name.Valid, s.Caller.Name.Text)),
			field("ConnectedLineNum", known(s.Connected.Number.Valid, s.Connected.Number.Text)),
			field("ConnectedLineName", known(s.Connected.Name.Valid, s.Connected.Name.Text)), field("Wait", number(e.waited())), field("Priority", number(e.priority))})
	}
	return lists, entries
}

func known(valid bool, text string) string {
	if !valid || text == "" {
		return "unknown"
	}
	return text
}

func (h *House) actSummary(_ context.Context, r *command.ActionRequest) error {
	r.ListStart("Queue summary will follow")
	items := 0
	h.renew(r.Get("Queue"))
	for _, q := range h.some(r.Get("Queue")) {
		r.Event("QueueSummary", asFields(q.summary())...)
		items++
	}
	r.ListEnd("QueueSummaryComplete", items)
	return nil
}

func (q *Queue) summary() []event.Variable {
	q.mu.Lock()
	defer q.mu.Unlock()
	logged, free, longest, now := 0, 0, 0, time.Now()
	for _, m := range q.members {
		if !m.logged(now) {
			continue
		}
		logged++
		if (m.status == "NOT_INUSE" || m.status == "UNKNOWN") && !m.paused {
			free++
		}
	}
	for _, e := range q.entries {
		longest = max(longest, e.waited())
	}
	return []event.Variable{field("Queue", q.name), field("LoggedIn", number(logged)), field("Available", number(free)), field("Callers", number(len(q.entries))),
		field("HoldTime", number(q.holdTime)), field("TalkTime", number(q.talkTime)), field("LongestHoldTime", number(longest))}
}

func (h *House) actAdd(_ context.Context, r *command.ActionRequest) error {
	switch {
	case r.Get("Queue") == "":
		return command.Refusal("'Queue' not specified.")
	case r.Get("Interface") == "":
		return command.Refusal("'Interface' not specified.")
	}
	n := NewMember{Interface: r.Get("Interface"), Name: r.Get("MemberName"), StateInterface: r.Get("StateInterface"), Reason: r.Get("Reason")}
	n.Penalty, _ = strconv.Atoi(r.Get("Penalty"))
	n.Paused = config.True(r.Get("Paused"))
	q := h.lookUp(r.Get("Queue"))
	switch {
	case q == nil:
		return command.Refusal("Unable to add interface to queue: No such queue")
	case !q.Add(n, "MANAGER"):
		return command.Refusal("Unable to add interface: Already there")
	}
	r.Reply("Success", "Added interface to queue")
	return nil
}

func (h *House) actRemove(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Queue") == "" || r.Get("Interface") == "" {
		return command.Refusal("Need 'Queue' and 'Interface' parameters.")
	}
	q := h.lookUp(r.Get("Queue"))
	if q == nil {
		return command.Refusal("Unable to remove interface from queue: No such queue")
	}
	switch q.Remove(r.Get("Interface"), "MANAGER") {
	case notThere:
		return command.Refusal("Unable to remove interface: Not there")
	case notDynamic:
		return command.Refusal("Member not dynamic")
	}
	r.Reply("Success", "Removed interface from queue")
	return nil
}

func (h *House) actPause(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Interface") == "" || r.Get("Paused") == "" {
		return command.Refusal("Need 'Interface' and 'Paused' parameters.")
	}
	paused := config.True(r.Get("Paused"))
	if !h.pauseSome(r.Get("Queue"), r.Get("Interface"), r.Get("Reason"), paused) {
		return command.Refusal("Interface not found")
	}
	r.Reply("Success", map[bool]string{true: "Interface paused successfully", false: "Interface unpaused successfully"}[paused])
	return nil
}

func (h *House) actLog(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Queue") == "" || r.Get("Event") == "" {
		return command.Refusal("Need 'Queue' and 'Event' parameters.")
	}
	or := func(key, otherwise string) string {
		if v := r.Get(key); v != "" {
			return v
		}
		return otherwise
	}
	h.Log.Write(r.Get("Queue"), or("Uniqueid", "NONE"), or("Interface", "NONE"), r.Get("Event"), r.Get("Message"))
	r.Reply("Success", "Event added successfully")
	return nil
}

func (h *House) actPenalty(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Interface") == "" || r.Get("Penalty") == "" {
		return command.Refusal("Need 'Interface' and 'Penalty' parameters.")
	}
	n, _ := strconv.Atoi(r.Get("Penalty"))
	if !h.setPenalty(r.Get("Queue"), r.Get("Interface"), n) {
		return command.Refusal("Invalid interface, queuename or penalty")
	}
	r.Reply("Success", "Interface penalty set successfully")
	return nil
}

func (h *House) actRingInUse(_ context.Context, r *command.ActionRequest) error {
	if r.Get("Interface") == "" || r.Get("RingInUse") == "" {
		return command.Refusal("Need 'Interface' and 'RingInUse' parameters.")
	}
	if !h.setRingInUse(r.Get("Queue"), r.Get("Interface"), config.True(r.Get("RingInUse"))) {
		return command.Refusal("Invalid interface, queuename, or ringinuse value\n")
	}
	r.Reply("Success", "Interface ringinuse set successfully")
	return nil
}

func (h *House) actRule(_ context.Context, r *command.ActionRequest) error {
	var fields []command.Field
	rules, only := h.rules.Load(), r.Get("Rule")
	if rules != nil {
		for _, name := range rules.names {
			if only != "" && !strings.EqualFold(only, name) {
				continue
			}
			fields = append(fields, command.Field{Key: "RuleList", Value: name})
			for _, c := range rules.find(name) {
				fields = append(fields, command.Field{Key: "Rule", Value: c.line()})
			}
		}
	}
	r.Reply("Success", "\n", fields...)
	return nil
}

func (h *House) actReload(_ context.Context, r *command.ActionRequest) error {
	what := 0
	for key, part := range map[string]int{"Members": Members, "Rules": RuleSets, "Parameters": Parameters} {
		if strings.EqualFold(r.Get(key), "yes") {
			what |= part
		}
	}
	if what == 0 {
		what = Everything
	}
	if h.Reload == nil || h.Reload(what, r.Get("Queue")) != nil {
		return command.Refusal("Error encountered while reloading queue")
	}
	r.Reply("Success", "Queue reloaded successfully")
	return nil
}

func (h *House) actReset(_ context.Context, r *command.ActionRequest) error {
	for _, q := range h.some(r.Get("Queue")) {
		q.Reset()
	}
	r.Reply("Success", "Queue stats reset successfully")
	return nil
}

func (h *House) actPriority(_ context.Context, r *command.ActionRequest) error {
	for _, key := range []string{"Queue", "Caller", "Priority"} {
		if r.Get(key) == "" {
			return command.Refusal("'" + key + "' not specified.")
		}
	}
	n, err := strconv.Atoi(r.Get("Priority"))
	if err != nil {
		return command.Refusal("'Priority' need integer.")
	}
	q := h.lookUp(r.Get("Queue"))
	switch {
	case q == nil:
		return command.Refusal("Unable to change priority caller on queue: No such queue")
	case !q.prioritize(r.Get("Caller"), n, config.True(r.Get("Immediate"))):
		return command.Refusal("Unable to change priority caller on queue: No such caller")
	}
	r.Reply("Success", "Priority change for caller on queue")
	return nil
}

func (h *House) actWithdraw(_ context.Context, r *command.ActionRequest) error {
	for _, key := range []string{"Queue", "Caller"} {
		if r.Get(key) == "" {
			return command.Refusal("'" + key + "' not specified.")
		}
	}
	q := h.lookUp(r.Get("Queue"))
	if q == nil {
		return command.Refusal("Unable to request withdraw from queue: No such queue")
	}
	there, already := q.withdraw(r.Get("Caller"), r.Get("WithdrawInfo"))
	switch {
	case !there:
		return command.Refusal("Unable to request withdraw from queue: No such caller")
	case already:
		return command.Refusal("Unable to request withdraw from queue: Already requested")
	}
	r.Reply("Success", "Withdraw requested successfully")
	return nil
}
