package voicemail

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console commands.
func (v *Mini) Commands() []command.Console {
	one := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: miniRow(name, synopsis, strings.TrimSpace(name+" "+arguments)),
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) != 0 && arguments == "" {
					return &command.UsageError{}
				}
				return run(r)
			}}
	}
	return []command.Console{
		one("minivm list accounts", "[for <domain>]", "List the accounts of MiniVM", v.showAccounts),
		one("minivm list zones", "", "List how moments are said by MiniVM", v.showMiniZones),
		one("minivm list templates", "", "List how the mails of MiniVM are written", v.showTemplates),
		one("minivm reload", "", "Read minivm.conf again", func(r *command.ConsoleRequest) error {
			err := v.Reload()
			if err == nil {
				fmt.Fprintf(r.Out, "\n-- Mini voicemail re-configured \n")
			}
			return err
		}),
		one("minivm show settings", "", "Show the settings of minivm.conf", v.showSettings),
		one("minivm show stats", "", "Show how many messages MiniVM took", v.showStats),
	}
}

// underlined prints the heads of columns and lines below them.
func underlined(r *command.ConsoleRequest, format string, heads ...any) {
	lines := make([]any, len(heads))
	for i, head := range heads {
		lines[i] = strings.Repeat("-", len(head.(string)))
	}
	fmt.Fprintf(r.Out, format, heads...)
	fmt.Fprintf(r.Out, format, lines...)
}

func (v *Mini) showAccounts(r *command.ConsoleRequest) error {
	only := ""
	switch {
	case len(r.Args) == 0:
	case len(r.Args) == 2 && r.Args[0] == "for":
		only = r.Args[1]
	default:
		return &command.UsageError{}
	}
	f := v.settings()
	if len(f.order) == 0 {
		return command.Refusal("There are no voicemail users currently defined")
	}
	const format = "%-23s %-15s %-15s %-10s %-10s %-50s\n"
	underlined(r, format, "User", "E-Template", "P-template", "Zone", "Format", "Full name")
	n := 0
	for _, a := range f.order {
		if only == "" || a.domain == only {
			fmt.Fprintf(r.Out, format, a.user+"@"+a.domain, orElse(a.template, "-"), orElse(a.pagerTemplate, "-"), orElse(a.zone, "-"), f.formats, a.name)
			n++
		}
	}
	fmt.Fprintf(r.Out, "\n * Total: %d minivoicemail accounts\n", n)
	return nil
}

func (v *Mini) showMiniZones(r *command.ConsoleRequest) error {
	zones := v.settings().zones
	if len(zones) == 0 {
		return command.Refusal("There are no voicemail zones currently defined")
	}
	const format = "%-15s %-20s %-45s\n"
	underlined(r, format, "Zone", "Timezone", "Message Format")
	for _, z := range zones {
		fmt.Fprintf(r.Out, format, z.name, z.location, z.format)
	}
	return nil
}

func (v *Mini) showTemplates(r *command.ConsoleRequest) error {
	forms := v.settings().forms
	if len(forms) == 0 {
		return command.Refusal("There are no message templates defined")
	}
	const format = "%-15s %-10s %-10s %-15s %-50s\n"
	underlined(r, format, "Template name", "Charset", "Locale", "Attach media", "Subject")
	for _, t := range forms {
		fmt.Fprintf(r.Out, format, t.name, t.charset, orElse(t.locale, "-"), yes(t.attach), t.subject)
	}
	fmt.Fprintf(r.Out, "\n * Total: %d minivoicemail message templates\n", len(forms))
	return nil
}

func yes(is bool) string { return map[bool]string{true: "Yes", false: "No"}[is] }

func (v *Mini) showSettings(r *command.ConsoleRequest) error {
	f := v.settings()
	log := f.log
	if log != "" && !filepath.IsAbs(log) {
		log = filepath.Join(v.Logs, log)
	}
	seconds := func(d time.Duration) string { return fmt.Sprint(int(d / time.Second)) }
	fmt.Fprintf(r.Out, "* Mini-Voicemail general settings\n  -------------------------------\n\n")
	for _, line := range [][2]string{{"Mail command (shell)", f.mailCommand}, {"Max silence", fmt.Sprint(f.silence.Milliseconds())},
		{"Silence threshold", fmt.Sprint(f.threshold)}, {"Max message length (secs)", seconds(f.most)}, {"Min message length (secs)", seconds(f.least)},
		{"Default format", f.formats}, {"Extern notify (shell)", f.extern}, {"Logfile", orElse(log, "<disabled>")},
		{"Operator exit", yes(f.operator)}, {"Message review", yes(f.review)}} {
		fmt.Fprintf(r.Out, "  %-35s %s\n", line[0]+":", line[1])
	}
	fmt.Fprintln(r.Out)
	return nil
}

func (v *Mini) showStats(r *command.ConsoleRequest) error {
	f := v.settings()
	v.figures.Lock()
	received, last, reset := v.figures.received, v.figures.last, v.figures.reset
	v.figures.Unlock()
	const format = "  %-36s %s\n"
	fmt.Fprintf(r.Out, "* Mini-Voicemail statistics\n  -------------------------\n\n")
	for _, line := range []struct {
		name string
		n    int
	}{{"Voicemail accounts", len(f.order)}, {"Templates", len(f.forms)}, {"Timezones", len(f.zones)}} {
		fmt.Fprintf(r.Out, "  %-36s %5d\n", line.name+":", line.n)
	}
	count := "<none>"
	if received > 0 {
		count = fmt.Sprint(received)
	}
	fmt.Fprintf(r.Out, format, "Received messages since last reset:", count)
	if received > 0 {
		fmt.Fprintf(r.Out, format, "Last received voicemail:", last.UTC().Format(originDate))
	}
	fmt.Fprintf(r.Out, format, "Last reset:", reset.UTC().Format(originDate))
	fmt.Fprintln(r.Out)
	return nil
}
