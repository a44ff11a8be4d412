package voicemail

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	one := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: row(name, synopsis, strings.TrimSpace(name+" "+arguments)),
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	return []command.Console{
		one("voicemail show users", "[for <context>]", "List the mailboxes", h.showUsers),
		one("voicemail show zones", "", "List how moments are said", h.showZones),
		one("voicemail show aliases", "", "List other names of mailboxes", h.showAliases),
		one("voicemail show mailbox", "<mailbox> <context>", "Show a mailbox and its messages", h.showMailbox),
		one("voicemail reload", "", "Read voicemail.conf again", h.conReload),
		one("voicemail move", "<mailbox> <context> <from_folder> <messageid> <to_folder>", "Move a message to another folder", h.conMove),
		one("voicemail remove", "<mailbox> <context> <from_folder> <messageid>", "Remove a message", h.conRemove),
		one("voicemail forward", "<from_mailbox> <from_context> <from_folder> <messageid> <to_mailbox> <to_context> <to_folder>",
			"Copy a message to another mailbox", h.conForward),
	}
}

func (h *House) showUsers(r *command.ConsoleRequest) error {
	only := ""
	switch {
	case len(r.Args) == 0:
	case len(r.Args) == 2 && r.Args[0] == "for":
		only = r.Args[1]
	default:
		return &command.UsageError{}
	}
	all := h.settings().mailboxes
	if len(all) == 0 {
		return command.Refusal("There are no voicemail users currently defined")
	}
	var lines strings.Builder
	n := 0
	for _, m := range all {
		if only != "" && m.Context != only {
			continue
		}
		n++
		count := 0
		if m.Alias == "" {
			count = h.inFolder(m, "INBOX")
		}
		fmt.Fprintf(&lines, "%-10s %-5s %-25s %-10s %6d\n", m.Context, m.Number, m.FullName, m.options.zone, count)
	}
	if n == 0 {
		return command.Refusal(fmt.Sprintf("No such voicemail context \"%s\"", only))
	}
	fmt.Fprintf(r.Out, "%-10s %-5s %-25s %-10s %6s\n%s%d voicemail users configured.\n", "Context", "Mbox", "User", "Zone", "NewMsg", lines.String(), n)
	return nil
}

func (h *House) showZones(r *command.ConsoleRequest) error {
	zones := h.settings().zones
	if len(r.Args) != 0 {
		return &command.UsageError{}
	}
	if len(zones) == 0 {
		return command.Refusal("There are no voicemail zones currently defined")
	}
	const format = "%-15s %-20s %-45s\n"
	fmt.Fprintf(r.Out, format, "Zone", "Timezone", "Message Format")
	for _, z := range zones {
		fmt.Fprintf(r.Out, format, z.name, z.location, z.format)
	}
	return nil
}

func (h *House) showAliases(r *command.ConsoleRequest) error {
	f := h.settings()
	if f.general.aliasesContext == "" {
		fmt.Fprintln(r.Out, "Aliases are not enabled")
		return nil
	}
	const format = "%-32s %-32s\n"
	fmt.Fprintf(r.Out, format, "Alias", "Mailbox")
	for _, a := range f.aliases {
		fmt.Fprintf(r.Out, format, a[0], a[1])
	}
	return nil
}

func (h *House) showMailbox(r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	m := h.find(r.Args[0], r.Args[1])
	if m == nil {
		return command.Refusal("Can't find voicemail user " + r.Args[0] + "@" + r.Args[1])
	}
	const person = "%-32s %-32s %-16s %-16s %-16s %-16s\n"
	fmt.Fprintf(r.Out, person, "Full Name", "Email", "Pager", "Language", "Locale", "Time Zone")
	fmt.Fprintf(r.Out, person+"\n", m.FullName, m.Email, m.Pager, m.options.language, m.options.locale, m.options.zone)
	const line = "%-8s %-32s %-32s %-9s %-6s %-30s\n"
	fmt.Fprintf(r.Out, line, "Folder", "Caller ID", "Date", "Duration", "Flag", "ID")
	n := 0
	for _, folder := range folders {
		for _, msg := range h.messages(m, folder) {
			n++
			fmt.Fprintf(r.Out, line, folder, msg.callerID, msg.time.Format(originDate), fmt.Sprint(msg.duration), msg.flag, msg.id)
		}
	}
	fmt.Fprintf(r.Out, "%d Message%s Total\n", n, map[bool]string{true: "", false: "s"}[n == 1])
	return nil
}

func (h *House) conReload(r *command.ConsoleRequest) error {
	if len(r.Args) != 0 {
		return &command.UsageError{}
	}
	fmt.Fprintln(r.Out, "Reloading voicemail configuration...")
	return h.Reload()
}

func (h *House) conMove(r *command.ConsoleRequest) error {
	if len(r.Args) != 5 {
		return &command.UsageError{}
	}
	return said(r, "moved", "moving message %s from mailbox %s@%s %s to %s", h.transfer(address{r.Args[0], r.Args[1], r.Args[2], r.Args[3]}, r.Args[4]))
}

func (h *House) conRemove(r *command.ConsoleRequest) error {
	if len(r.Args) != 4 {
		return &command.UsageError{}
	}
	return said(r, "removed", "removing message %s from mailbox %s@%s %s", h.drop(address{r.Args[0], r.Args[1], r.Args[2], r.Args[3]}))
}

func (h *House) conForward(r *command.ConsoleRequest) error {
	if len(r.Args) != 7 {
		return &command.UsageError{}
	}
	return said(r, "forwarded", "forwarding message %s from mailbox %s@%s %s to mailbox %s@%s %s", h.pass(address{r.Args[0], r.Args[1], r.Args[2], r.Args[3]}, r.Args[4], r.Args[5], r.Args[6]))
}

// said tells what was done with a message, or in the reference's words that it was not:
// failure has the message, its mailbox and folder, and where it was to go.
func said(r *command.ConsoleRequest, done, failure string, err error) error {
	if err == nil {
		fmt.Fprintf(r.Out, "Message %s\n", done)
		return nil
	}
	words := []any{r.Args[3], r.Args[0], r.Args[1], r.Args[2]}
	for _, word := range r.Args[4:] {
		words = append(words, word)
	}
	return command.Refusal(fmt.Sprintf("Error "+failure, words...))
}
