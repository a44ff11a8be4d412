package phone

import (
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// consoleInternals are the commands that look into the driver's workings.
func (d *Driver) consoleInternals() []command.Console {
	return []command.Console{
		row("pjsip show scheduled_tasks", "Show what is done again and again, and when next", "pjsip show scheduled_tasks [like TEXT]", "res_pjsip", d.showTasks),
		row("pjsip show transport-monitors", "Show the connections of TCP and TLS", "pjsip show transport-monitors [like TEXT]", "res_pjsip", d.showMonitors),
		row("pjsip list ciphers", "List the cipher suites of TLS that cipher= may name", "pjsip list ciphers", "res_pjsip", listCiphers),
		row("pjsip dump endpt", "Show what the SIP stack holds", "pjsip dump endpt", "res_pjsip", d.dumpStack),
		row("pjsip export config_wizard primitives", "Show what pjsip_wizard.conf makes, as sections of pjsip.conf", "pjsip export config_wizard primitives [to FILE]",
			"res_pjsip_config_wizard", d.exportWizards),
	}
}

// showTasks lists the rounds of OPTIONS. The reference counts none of them in its
// last line, nor do we.
func (d *Driver) showTasks(w io.Writer, args []string) error {
	like, err := likeArgument(args)
	if err != nil {
		return err
	}
	fmt.Fprint(w, "PJSIP Scheduled Tasks:\n\n"+
		"<Task Name....................................> <Interval> <Times Run> <State>  <Queued....>  <Last Start>  <Next Start.....secs>\n"+strings.Repeat("=", 129)+"\n")
	const clock = "Mon 15:04:05"
	for _, r := range d.qualifier.list() {
		name := "pjsip/options/" + r.aor
		if !strings.Contains(name, like) {
			continue
		}
		last := ""
		if r.runs > 0 {
			last = r.started.Format(clock)
		}
		fmt.Fprintf(w, "%-47.47s %10d %11d   wait   %-12s  %-12s  %-12s %8d\n", name, r.interval/time.Second, r.runs, r.queued.Format(clock), last,
			r.next.Format(clock), max(0, int(time.Until(r.next)/time.Second)))
	}
	fmt.Fprint(w, "\nTotal Scheduled Tasks: 0\n\n")
	return nil
}

// showMonitors lists connections: what is watched so that contacts go with theirs.
func (d *Driver) showMonitors(w io.Writer, args []string) error {
	like, err := likeArgument(args)
	if err != nil {
		return err
	}
	fmt.Fprint(w, "PJSIP Transport Monitors:\n\n<Remote Host...................................> <State.....> <Direction> <RefCnt> <Monitors> <ObjName............>\n")
	n := 0
	if d.stack != nil {
		for _, t := range d.stack.Transports() {
			for _, c := range t.Connections() {
				if remote := c.Remote.String(); strings.Contains(remote, like) {
					contacts := d.location.over(c.Remote, t.Network)
					fmt.Fprintf(w, " %-47.47s %-11s  %-11s %8d %10d   %s\n", remote, "ACTIVE", choose(c.Accepted, "Incoming", "Outgoing"), 1+contacts, contacts, t.Network)
					n++
				}
			}
		}
	}
	fmt.Fprintf(w, "\nTotal Transport Monitors: %d\n\n", n)
	return nil
}

func listCiphers(w io.Writer, args []string) error {
	if len(args) > 0 {
		return &command.UsageError{}
	}
	var names []string
	for _, c := range tls.CipherSuites() {
		if slices.Contains(c.SupportedVersions, tls.VersionTLS13) {
			names = append(names, c.Name)
		}
	}
	for _, c := range cipherNames {
		names = append(names, c.name)
	}
	fmt.Fprintf(w, "Available ciphers: '%s'\n", strings.Join(names, ", "))
	return nil
}

// dumpStack tells what the stack holds now and what it has done.
func (d *Driver) dumpStack(w io.Writer, args []string) error {
	if len(args) > 0 {
		return &command.UsageError{}
	}
	most, now := d.clock.waiting()
	fmt.Fprintf(w, "Tasks waiting: %d (at most %d)\nContacts: %d\nCalls: %d\n", now, most, len(d.location.all()), len(d.channelNames("")))
	if d.stack == nil {
		return nil
	}
	for _, t := range d.stack.Transports() {
		fmt.Fprintf(w, "Transport: %s %s %s, connections: %d\n", t.Name, t.Network, t.Local(), len(t.Connections()))
	}
	return nil
}

// exportWizards writes the objects that wizards made in the language of pjsip.conf.
// What is not set there has its default.
func (d *Driver) exportWizards(w io.Writer, args []string) error {
	if len(args) != 0 && (len(args) != 2 || args[0] != "to") {
		return &command.UsageError{}
	}
	var b strings.Builder
	for _, s := range d.Model().made {
		fmt.Fprintf(&b, "\n[%s]\ntype = %s\n", s.Name, s.Get("type"))
		for _, e := range s.Entries {
			if e.Key != "type" {
				fmt.Fprintf(&b, "%s = %s\n", e.Key, strings.ReplaceAll(e.Value, ";", `\;`))
			}
		}
		fmt.Fprintf(&b, "@pjsip_wizard = %s\n", d.Model().wizards[s.Get("type")+"/"+s.Name])
	}
	if len(args) == 0 {
		_, err := io.WriteString(w, b.String())
		return err
	}
	if err := os.WriteFile(args[1], []byte(b.String()), 0o640); err != nil {
		return fmt.Errorf("export the objects of wizards: %w", err)
	}
	return nil
}
