package conference

import (
	"context"
	"errors"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	row := func(name, synopsis, syntax string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Module: "app_confbridge", Synopsis: synopsis, Syntax: name + syntax},
			Run: func(_ context.Context, q *command.ConsoleRequest) error { return run(q) }}
	}
	return []command.Console{
		row("confbridge list", "The conferences, or who is in one", " [<name>]", h.conList),
		row("confbridge kick", "Put somebody out of a conference", " <conference> <channel>", h.conKick),
		row("confbridge mute", "Keep the voice of somebody from a conference", " <conference> <channel>", h.conMute(true)),
		row("confbridge unmute", "Let somebody speak in a conference", " <conference> <channel>", h.conMute(false)),
		row("confbridge lock", "Let nobody else into a conference", " <conference>", h.conLock(true)),
		row("confbridge unlock", "Let others into a conference again", " <conference>", h.conLock(false)),
		row("confbridge record start", "Record a conference", " <conference> [<file>]", h.conRecord),
		row("confbridge record stop", "Record a conference no more", " <conference>", h.conStopRecord),
		row("confbridge show profile users", "The profiles of users", "", h.conUsers),
		row("confbridge show profile user", "A profile of users", " [<profile name>]", h.conUser),
		row("confbridge show profile bridges", "The profiles of conferences", "", h.conBridges),
		row("confbridge show profile bridge", "A profile of conferences", " <profile name>", h.conBridge),
		row("confbridge show menus", "The menus", "", h.conMenus),
		row("confbridge show menu", "A menu", " [<menu name>]", h.conMenu),
	}
}

// args are the arguments of a command, if there are as many as there may be.
func args(q *command.ConsoleRequest, least, most int) ([]string, error) {
	if len(q.Args) < least || len(q.Args) > most {
		return nil, &command.UsageError{}
	}
	return q.Args, nil
}

func (h *House) conList(q *command.ConsoleRequest) error {
	a, err := args(q, 0, 1)
	if err != nil {
		return err
	}
	if len(a) == 0 {
		fmt.Fprintln(q.Out, "Conference Bridge Name           Users  Marked Locked Muted")
		fmt.Fprintln(q.Out, "================================ ====== ====== ====== =====")
		for _, r := range h.all() {
			f := r.figures()
			fmt.Fprintf(q.Out, "%-32s %6d %6d %-6s %s\n", r.name, f.parties, f.marked, yesNo(f.locked), yesNo(f.muted))
		}
		return nil
	}
	r := h.find(a[0])
	if r == nil {
		fmt.Fprintf(q.Out, "No conference bridge named '%s' found!\n", a[0])
		return nil
	}
	fmt.Fprintln(q.Out, "Channel                        Flags  User Profile     Bridge Profile   Menu             CallerID")
	fmt.Fprintln(q.Out, "============================== ====== ================ ================ ================ ================")
	for _, u := range r.list() {
		caller := "<unknown>"
		if n := u.c.Caller().Number; n.Valid && n.Text != "" {
			caller = n.Text
		}
		fmt.Fprintf(q.Out, "%-30s %-6s %-16s %-16s %-16s %s\n", u.c.Name(), r.flags(u), u.profile.name, r.profile.name, u.menu.name, caller)
	}
	return nil
}

// flags are the letters of a user in a list.
func (r *room) flags(u *user) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, text := u.profile, ""
	for _, f := range []struct {
		letter string
		set    bool
	}{{"A", p.admin}, {"M", p.marked}, {"W", p.waitMarked}, {"E", p.endMarked}, {"m", u.muted || r.quiet && !p.admin && !p.marked}, {"w", u.waiting}} {
		if f.set {
			text += f.letter
		}
	}
	return text
}

func (h *House) conKick(q *command.ConsoleRequest) error {
	a, err := args(q, 2, 2)
	if err != nil {
		return err
	}
	r := h.find(a[0])
	if r == nil {
		fmt.Fprintf(q.Out, "No conference bridge named '%s' found!\n", a[0])
		return nil
	}
	list := r.pick(a[1])
	if len(list) == 0 && !everybody(a[1]) {
		fmt.Fprintf(q.Out, "No participant named '%s' found!\n", a[1])
		return nil
	}
	for _, u := range list {
		u.expel("KICKED")
	}
	fmt.Fprintf(q.Out, "Kicked '%s' out of conference '%s'\n", a[1], a[0])
	return nil
}

func (h *House) conMute(muted bool) func(*command.ConsoleRequest) error {
	return func(q *command.ConsoleRequest) error {
		a, err := args(q, 2, 2)
		if err != nil {
			return err
		}
		r := h.find(a[0])
		if r == nil {
			fmt.Fprintf(q.Out, "No conference bridge named '%s' found!\n", a[0])
			return nil
		}
		list := r.pick(a[1])
		if len(list) == 0 && !everybody(a[1]) {
			fmt.Fprintf(q.Out, "No channel named '%s' found in conference %s\n", a[1], a[0])
			return nil
		}
		for _, u := range list {
			r.mute(u, muted, muteHelper)
		}
		fmt.Fprintf(q.Out, "%s %s from confbridge %s\n", map[bool]string{true: "Muting", false: "Unmuting"}[muted], a[1], a[0])
		return nil
	}
}

func (h *House) conLock(locked bool) func(*command.ConsoleRequest) error {
	return func(q *command.ConsoleRequest) error {
		a, err := args(q, 1, 1)
		if err != nil {
			return err
		}
		r := h.find(a[0])
		if r == nil {
			fmt.Fprintf(q.Out, "Conference %s is not found\n", a[0])
			return nil
		}
		r.lockByName(locked)
		fmt.Fprintf(q.Out, "Conference %s is %s.\n", a[0], map[bool]string{true: "locked", false: "unlocked"}[locked])
		return nil
	}
}

func (h *House) conRecord(q *command.ConsoleRequest) error {
	a, err := args(q, 1, 2)
	if err != nil {
		return err
	}
	r := h.find(a[0])
	if r == nil {
		return command.Refusal("Conference not found.")
	}
	file := ""
	if len(a) > 1 {
		file = a[1]
	}
	switch err := r.record(file); {
	case errors.Is(err, errRecording):
		fmt.Fprintln(q.Out, "Conference is already being recorded.")
	case err != nil:
		fmt.Fprintln(q.Out, "Could not start recording due to internal error.")
		h.Logger.Warn("the conference is not recorded", "conference", r.name, "error", err)
	default:
		fmt.Fprintln(q.Out, "Recording started")
	}
	return nil
}

func (h *House) conStopRecord(q *command.ConsoleRequest) error {
	a, err := args(q, 1, 1)
	if err != nil {
		return err
	}
	r := h.find(a[0])
	if r == nil {
		fmt.Fprintln(q.Out, "Conference not found.")
		return nil
	}
	if err := r.stopRecord(); err != nil {
		fmt.Fprintln(q.Out, "Recording could not be stopped.")
		return nil
	}
	fmt.Fprintln(q.Out, "Recording stopped.")
	return nil
}
