package phone

import (
	"fmt"
	"io"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// consoleQualify are the commands about OPTIONS to contacts.
func (d *Driver) consoleQualify() []command.Console {
	const module = "res_pjsip"
	return []command.Console{
		row("pjsip qualify", "Send OPTIONS to the contacts of an endpoint now", "pjsip qualify NAME", module, d.qualifyCommand),
		row("pjsip show qualify endpoint", "Show how an endpoint's contacts are qualified", "pjsip show qualify endpoint NAME", module, d.showQualify),
		row("pjsip show qualify aor", "Show how an AOR's contacts are qualified", "pjsip show qualify aor NAME", module, d.showQualifyAOR),
		row("pjsip reload qualify endpoint", "Begin the rounds of qualifying of an endpoint's AORs anew", "pjsip reload qualify endpoint NAME", module, d.reloadQualify),
		row("pjsip reload qualify aor", "Begin the rounds of qualifying of an AOR anew", "pjsip reload qualify aor NAME", module, d.reloadQualifyAOR),
	}
}

func (d *Driver) qualifyCommand(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	m := d.Model()
	e := m.Endpoint(args[0])
	if e == nil {
		return command.Refusal("Unable to retrieve endpoint " + args[0])
	}
	for _, name := range e.AORs {
		if a := m.AOR(name); a != nil {
			fmt.Fprintf(w, "Qualifying AOR '%s' on endpoint '%s'\n", a.Name, e.Name)
			for _, c := range d.location.contacts(a.Name) {
				d.qualify(answering(a), c)
			}
		}
	}
	return nil
}

func (d *Driver) showQualify(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	e := d.Model().Endpoint(args[0])
	if e == nil {
		return command.Refusal("Unable to retrieve endpoint " + args[0])
	}
	for _, a := range d.aorsOf(e) {
		fmt.Fprintf(w, " * AOR '%s' on endpoint '%s'\n", a.Name, e.Name)
		qualifyLines(w, a)
		fmt.Fprintln(w)
	}
	return nil
}

func qualifyLines(w io.Writer, a *AOR) {
	timeout := a.QualifyTimeout
	if a.QualifyFrequency == 0 {
		timeout = 0
	}
	fmt.Fprintf(w, "  Qualify frequency    : %d sec\n", a.QualifyFrequency/time.Second)
	fmt.Fprintf(w, "  Qualify timeout      : %d ms\n", timeout.Milliseconds())
	fmt.Fprintf(w, "  Qualify 2xx only     : %s\n", choose(a.Qualify2xxOnly, "yes", "no"))
	fmt.Fprintf(w, "  Authenticate qualify : %s\n", choose(a.AuthenticateQual, "yes", "no"))
}

func (d *Driver) showQualifyAOR(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	a := d.Model().AOR(args[0])
	if a == nil {
		return command.Refusal("Unable to retrieve aor '" + args[0] + "' qualify options")
	}
	fmt.Fprintf(w, " * AOR '%s'\n", a.Name)
	qualifyLines(w, a)
	return nil
}

func (d *Driver) reloadQualify(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	e := d.Model().Endpoint(args[0])
	if e == nil {
		return command.Refusal("Unable to retrieve endpoint " + args[0])
	}
	for _, a := range d.aorsOf(e) {
		fmt.Fprintf(w, "Synchronizing AOR '%s' on endpoint '%s'\n", a.Name, e.Name)
		d.qualifySoon(a)
	}
	return nil
}

func (d *Driver) reloadQualifyAOR(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	a := d.Model().AOR(args[0])
	if a == nil {
		return command.Refusal("Unable to retrieve aor '" + args[0] + "'")
	}
	fmt.Fprintf(w, "Synchronizing AOR '%s'\n", a.Name)
	d.qualifySoon(a)
	return nil
}
