package queue

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	one := func(name, arguments, synopsis string, run func(r *command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Module: "app_queue", Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	show := one("queue show", "[<queue> ...]", "Show queues, their members and callers", h.show)
	show.Complete = func([]string, string) []string { return h.names() }
	return []command.Console{
		show,
		one("queue show rules", "[<rule>]", "Show how penalties change", h.showRules),
		one("queue add member", "<dial string> to <queue> [penalty <penalty> [as <membername> [state_interface <interface> [paused <reason>]]]]", "Add a member to a queue", h.conAdd),
		one("queue remove member", "<channel> from <queue>", "Take a member out of a queue", h.conRemove),
		one("queue pause member", "<member> [queue <queue> [reason <reason>]]", "Pause a member", func(r *command.ConsoleRequest) error { return h.conPause(r, true) }),
		one("queue unpause member", "<member> [queue <queue> [reason <reason>]]", "End a member's pause", func(r *command.ConsoleRequest) error { return h.conPause(r, false) }),
		one("queue set penalty", "<penalty> on <interface> [in <queue>]", "Set the penalty of a member", h.conPenalty),
		one("queue set ringinuse", "<yes/no> on <interface> [in <queue>]", "Say whether a member is called while it talks", h.conRingInUse),
		one("queue priority caller", "<channel> on <queue> to <priority> [immediate]", "Give a caller another priority", h.conPriority),
		one("queue reset stats", "[<queue>]", "Begin the statistics of queues anew", h.conReset),
		one("queue reload {parameters|members|rules|all}", "[<queue>]", "Read the files of queues again", h.conReload),
	}
}

func (h *House) names() []string {
	var list []string
	for _, q := range h.All() {
		list = append(list, q.name)
	}
	return list
}

func (h *House) show(r *command.ConsoleRequest) error {
	name := command.Arg(r.Args, 0)
	h.renew(name)
	list := h.some(name)
	switch {
	case len(list) == 0 && len(r.Args) > 0:
		fmt.Fprintf(r.Out, "No such queue: %s.\n", name)
		return nil
	case len(list) == 0:
		fmt.Fprintln(r.Out, "No queues.")
		return nil
	}
	members := false
	for _, q := range list {
		members = q.show(r.Out) || members
	}
	if members {
		r.EndColours()
	}
	return nil
}

// show prints a queue as people know it, and reports whether it has members.
func (q *Queue) show(out io.Writer) (members bool) {
	q.mu.Lock()
	defer q.mu.Unlock() // out does not wait: it is a relay of the console's
	now, most := time.Now(), "unlimited"
	if q.settings.maxLength > 0 {
		most = number(q.settings.maxLength)
	}
	answered, all := q.performance()
	fmt.Fprintf(out, "%s has %d calls (max %s) in '%s' strategy (%ds holdtime, %ds talktime), W:%d, C:%d, A:%d, SL:%2.1f%%, SL2:%2.1f%% within %ds\n",
		q.name, len(q.entries), most, q.settings.strategy, q.holdTime, q.talkTime, q.settings.weight, q.completed, q.abandoned, answered, all,
		int(q.settings.serviceLevel/seconds))
	if len(q.members) == 0 {
		fmt.Fprintln(out, "   No Members")
	} else {
		fmt.Fprintln(out, "   Members: ")
	}
	for _, m := range q.members {
		fmt.Fprintf(out, "      %s\n", m.shown(now))
	}
	if len(q.entries) == 0 {
		fmt.Fprintln(out, "   No Callers")
	} else {
		fmt.Fprintln(out, "   Callers: ")
	}
	for i, e := range q.entries {
		fmt.Fprintf(out, "      %d. %s (wait: %d:%02d, prio: %d)\n", i+1, e.c.Name(), e.waited()/60, e.waited()%60, e.priority)
	}
	fmt.Fprintln(out)
	return len(q.members) > 0
}

// statusWords are device states as the console tells them, by AMI's number.
var statusWords = []string{"Unknown", "Not in use", "In use", "Busy", "Invalid", "Unavailable", "Ringing", "Ring+Inuse", "On Hold"}

// shown is a member as the console tells it. q.mu is held.
func (m *Member) shown(now time.Time) string {
	var b strings.Builder
	ago := func(t time.Time) int { return int(now.Sub(t) / seconds) }
	b.WriteString(m.name)
	switch {
	case m.name != m.iface && m.device != m.iface:
		fmt.Fprintf(&b, " (%s from %s)", m.iface, m.device)
	case m.name != m.iface:
		fmt.Fprintf(&b, " (%s)", m.iface)
	case m.device != m.iface:
		fmt.Fprintf(&b, " (from %s)", m.device)
	}
	if m.penalty != 0 {
		fmt.Fprintf(&b, " with penalty %d", m.penalty)
	}
	fmt.Fprintf(&b, " (ringinuse %s)", map[bool]string{true: "enabled", false: "disabled"}[m.ringInUse])
	if m.dynamic {
		b.WriteString(" (dynamic)")
	}
	if m.line.mapped {
		b.WriteString(" (realtime)")
	}
	if m.inCall > 0 {
		b.WriteString(" (in call)")
	}
	if m.paused {
		b.WriteString(" (paused")
		if m.reason != "" {
			b.WriteString(":" + m.reason)
		}
		fmt.Fprintf(&b, " was %d secs ago)", ago(m.lastPause))
	}
	fmt.Fprintf(&b, " (%s)", statusWords[m.statusNumber()])
	if m.calls > 0 {
		fmt.Fprintf(&b, " has taken %d calls (last was %d secs ago)", m.calls, ago(m.lastCall))
	} else {
		b.WriteString(" has taken no calls yet")
	}
	fmt.Fprintf(&b, " (login was %d secs ago)", ago(m.login))
	return b.String()
}

func (h *House) showRules(r *command.ConsoleRequest) error {
	rules := h.rules.Load()
	if rules == nil {
		return nil
	}
	for _, name := range rules.names {
		if len(r.Args) > 0 && !strings.EqualFold(r.Args[0], name) {
			continue
		}
		fmt.Fprintf(r.Out, "Rule: %s\n", name)
		for _, c := range rules.find(name) {
			fmt.Fprintf(r.Out, "\t%s\n", c.words())
		}
	}
	return nil
}

// words reads "a to b penalty c …": the values by the words before them; the first has
// "". It is nil where a word is none of those.
func words(args []string, allowed ...string) map[string]string {
	if len(args)%2 == 0 {
		return nil
	}
	found := map[string]string{"": args[0]}
	for i := 1; i+1 < len(args); i += 2 {
		at := (i - 1) / 2
		if at >= len(allowed) || args[i] != allowed[at] {
			return nil
		}
		found[args[i]] = args[i+1]
	}
	return found
}

func (h *House) conAdd(r *command.ConsoleRequest) error {
	w := words(r.Args, "to", "penalty", "as", "state_interface", "paused")
	if w == nil || w["to"] == "" {
		return &command.UsageError{}
	}
	n := NewMember{Interface: w[""], Name: w["as"], StateInterface: w["state_interface"], Reason: w["paused"]}
	_, n.Paused = w["paused"]
	if text, ok := w["penalty"]; ok {
		penalty, err := strconv.Atoi(text)
		if err != nil || penalty < 0 {
			fmt.Fprintln(r.Out, "Penalty must be an integer >= 0")
			penalty = 0
		}
		n.Penalty = penalty
	}
	q := h.Find(w["to"])
	switch {
	case q == nil:
		return command.Refusal(fmt.Sprintf("Unable to add interface to queue '%s': No such queue", w["to"]))
	case !q.Add(n, "CLI"):
		return command.Refusal(fmt.Sprintf("Unable to add interface '%s' to queue '%s': Already there", n.Interface, w["to"]))
	}
	fmt.Fprintf(r.Out, "Added interface '%s' to queue '%s'\n", n.Interface, w["to"])
	return nil
}

func (h *House) conRemove(r *command.ConsoleRequest) error {
	w := words(r.Args, "from")
	if w == nil || w["from"] == "" {
		return &command.UsageError{}
	}
	q := h.Find(w["from"])
	if q == nil {
		return command.Refusal(fmt.Sprintf("Unable to remove interface from queue '%s': No such queue", w["from"]))
	}
	switch q.Remove(w[""], "CLI") {
	case notThere:
		return command.Refusal(fmt.Sprintf("Unable to remove interface '%s' from queue '%s': Not there", w[""], w["from"]))
	case notDynamic:
		return command.Refusal(fmt.Sprintf("Unable to remove interface '%s' from queue '%s': Member is not dynamic", w[""], w["from"]))
	}
	fmt.Fprintf(r.Out, "Removed interface %s from queue '%s'\n", w[""], w["from"])
	return nil
}

func (h *House) conPause(r *command.ConsoleRequest, pause bool) error {
	w := words(r.Args, "queue", "reason")
	if w == nil {
		return &command.UsageError{}
	}
	where := ""
	if w["queue"] != "" {
		where += " in queue '" + w["queue"] + "'"
	}
	if w["reason"] != "" {
		where += " for reason '" + w["reason"] + "'"
	}
	word := map[bool]string{true: "pause", false: "unpause"}[pause]
	if !h.pauseSome(w["queue"], w[""], w["reason"], pause) {
		return command.Refusal(fmt.Sprintf("Unable to %s interface '%s'%s", word, w[""], where))
	}
	fmt.Fprintf(r.Out, "%sd interface '%s'%s\n", word, w[""], where)
	return nil
}

// orNull is a name of a queue as the reference prints one that was not given.
func orNull(name string) string {
	if name == "" {
		return "(null)"
	}
	return name
}

func (h *House) conPenalty(r *command.ConsoleRequest) error {
	w := words(r.Args, "on", "in")
	if w == nil || w["on"] == "" {
		return &command.UsageError{}
	}
	n, _ := strconv.Atoi(w[""]) // what is no number is 0, as on the reference
	if !h.setPenalty(w["in"], w["on"], n) {
		return command.Refusal(fmt.Sprintf("Failed to set penalty on interface '%s' from queue '%s'", w["on"], orNull(w["in"])))
	}
	fmt.Fprintf(r.Out, "Set penalty on interface '%s' from queue '%s'\n", w["on"], orNull(w["in"]))
	return nil
}

func (h *House) conRingInUse(r *command.ConsoleRequest) error {
	w := words(r.Args, "on", "in")
	if w == nil || w["on"] == "" || !config.True(w[""]) && !config.False(w[""]) {
		return &command.UsageError{}
	}
	if !h.setRingInUse(w["in"], w["on"], config.True(w[""])) {
		return command.Refusal(fmt.Sprintf("Failed to set ringinuse on interface '%s' from queue '%s'", w["on"], orNull(w["in"])))
	}
	fmt.Fprintf(r.Out, "Set ringinuse on interface '%s' from queue '%s'\n", w["on"], orNull(w["in"]))
	return nil
}

func (h *House) conPriority(r *command.ConsoleRequest) error {
	args := r.Args
	atOnce := len(args) == 6 && args[5] == "immediate"
	if atOnce {
		args = args[:5]
	}
	w := words(args, "on", "to")
	n, err := strconv.Atoi(w["to"])
	if w == nil || err != nil {
		return &command.UsageError{}
	}
	q := h.Find(w["on"])
	switch {
	case q == nil:
		return command.Refusal(fmt.Sprintf("Unable change priority caller %s on queue '%s': No such queue", w[""], w["on"]))
	case !q.prioritize(w[""], n, atOnce):
		return command.Refusal(fmt.Sprintf("Unable to change priority caller '%s' on queue '%s': Not there", w[""], w["on"]))
	}
	fmt.Fprintf(r.Out, "Caller '%s' on queue '%s' priority changed to %d\n", w[""], w["on"], n)
	return nil
}

func (h *House) conReset(r *command.ConsoleRequest) error {
	for _, q := range h.some(command.Arg(r.Args, 0)) {
		q.Reset()
	}
	return nil
}

func (h *House) conReload(r *command.ConsoleRequest) error {
	what := map[string]int{"parameters": Parameters, "members": Members, "rules": RuleSets, "all": Everything}[r.Words[2]]
	if h.Reload == nil {
		return nil
	}
	names := r.Args
	if len(names) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		if err := h.Reload(what, name); err != nil {
			return err
		}
	}
	return nil
}
