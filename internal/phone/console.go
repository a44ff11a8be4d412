package phone

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Console returns the commands of the driver: "pjsip …" or "sip …".
func (d *Driver) Console() []command.Console {
	if d.technology == SIP {
		return d.consoleSIP()
	}
	return d.consolePJSIP()
}

func row(name, synopsis, syntax, module string, run func(w io.Writer, args []string) error) command.Console {
	return command.Console{Row: command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Module: module},
		Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r.Out, r.Args) }}
}

func (d *Driver) consolePJSIPMore() []command.Console {
	return []command.Console{
		row("pjsip show settings", "Show the options of type=global and type=system", "pjsip show settings", "res_pjsip",
			func(w io.Writer, _ []string) error {
				m := d.Model()
				fmt.Fprint(w, "\nGlobal Settings:\n")
				parameters(w, globalOptions().shown(&m.Global))
				fmt.Fprint(w, "System Settings:\n")
				options(w, systemOptions().shown(&m.System))
				return nil
			}),
		row("pjsip show channelstats", "Show what RTP and RTCP tell of the channels", "pjsip show channelstats", "res_pjsip",
			func(w io.Writer, _ []string) error { return d.channelStats(w) }),
		row("pjsip show identifiers", "List the ways to identify an endpoint", "pjsip show identifiers", "res_pjsip",
			func(w io.Writer, _ []string) error {
				for _, name := range [...]string{"Identifier Names:", "name not specified", "ip", "username", "anonymous", "auth_username", "header", "request_uri"} {
					fmt.Fprintf(w, "%-20s\n", name)
				}
				return nil
			}),
		row("pjsip show version", "Show the version of the SIP stack", "pjsip show version", "res_pjsip",
			func(w io.Writer, _ []string) error {
				fmt.Fprintf(w, "SIP stack of %s\n", d.Model().Global.UserAgent)
				return nil
			}),
		row("pjsip show unidentified_requests", "Show from where requests of unknown senders come", "pjsip show unidentified_requests", "res_pjsip",
			func(w io.Writer, _ []string) error { d.strangers.show(w, time.Now()); return nil }),
		row("pjsip reload", "Read pjsip.conf again", "pjsip reload", "res_pjsip", func(w io.Writer, _ []string) error {
			if d.hooks.Reload == nil {
				return nil
			}
			if err := d.hooks.Reload(); err != nil {
				fmt.Fprintf(w, "The configuration was not read: %v\n", err)
				return nil
			}
			fmt.Fprint(w, "Module 'res_pjsip.so' reloaded successfully.\n")
			return nil
		}),
		row("pjsip send notify", "Send NOTIFY of a type of pjsip_notify.conf", "pjsip send notify TYPE {endpoint|uri|channel} WHOM [WHOM …]",
			"res_pjsip_notify", d.sendNotify),
		row("pjsip set maintenance", "Begin or end the maintenance of an endpoint", "pjsip set maintenance {on|off} {NAME|all}",
			"res_pjsip_maintenance", d.setMaintenance),
		row("pjsip show maintenance", "Show which endpoints are in maintenance", "pjsip show maintenance [NAME]", "res_pjsip_maintenance", d.showMaintenance),
		row("pjsip send register", "Register at once where a registration says", "pjsip send register NAME", "res_pjsip_outbound_registration",
			func(w io.Writer, args []string) error { return d.sendRegister(w, args, true) }),
		row("pjsip send unregister", "Take an outgoing registration back", "pjsip send unregister NAME", "res_pjsip_outbound_registration",
			func(w io.Writer, args []string) error { return d.sendRegister(w, args, false) }),
	}
}
