package phone

import (
	"fmt"
	"io"
	"net/netip"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/command"
)

// A trace says whose SIP messages the console shows. nil shows none; an invalid
// address shows all.
type trace struct {
	host atomic.Pointer[netip.Addr]
}

// wants reports whether messages to and from an address are shown.
func (t *trace) wants(a netip.Addr) bool {
	host := t.host.Load()
	return host != nil && (!host.IsValid() || *host == a.Unmap())
}

func (t *trace) all()              { t.host.Store(&netip.Addr{}) }
func (t *trace) none()             { t.host.Store(nil) }
func (t *trace) only(a netip.Addr) { a = a.Unmap(); t.host.Store(&a) }

func (d *Driver) setLogger(w io.Writer, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "on":
		d.trace.all()
		fmt.Fprint(w, "PJSIP Logging enabled\n")
	case len(args) == 1 && args[0] == "off":
		d.trace.none()
		fmt.Fprint(w, "PJSIP Logging disabled\n")
	case len(args) == 2 && args[0] == "host":
		a, err := netip.ParseAddr(args[1])
		if err != nil {
			return &command.UsageError{Why: fmt.Sprintf("%q is no address", args[1])}
		}
		d.trace.only(a)
		fmt.Fprintf(w, "PJSIP Logging Enabled for host: %s\n", args[1])
	default:
		return &command.UsageError{}
	}
	return nil
}

func (d *Driver) sipSetDebug(w io.Writer, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "on":
		d.trace.all()
		fmt.Fprint(w, "SIP Debugging enabled\n")
	case len(args) == 1 && args[0] == "off":
		d.trace.none()
		fmt.Fprint(w, "SIP Debugging Disabled\n")
	case len(args) == 2 && args[0] == "ip":
		a, err := netip.ParseAddr(args[1])
		if err != nil {
			return &command.UsageError{Why: fmt.Sprintf("%q is no address", args[1])}
		}
		d.trace.only(a)
		fmt.Fprintf(w, "SIP Debugging Enabled for IP: %s\n", a)
	case len(args) == 2 && args[0] == "peer":
		e := d.Model().Endpoint(args[1])
		if e == nil {
			fmt.Fprintf(w, "No such peer '%s'\n", args[1])
			return nil
		}
		a := d.whereabouts(e)
		if !a.IsValid() {
			fmt.Fprintf(w, "Unable to get IP address of peer '%s'\n", args[1])
			return nil
		}
		d.trace.only(a.Addr())
		fmt.Fprintf(w, "SIP Debugging Enabled for IP: %s\n", a.Addr())
	default:
		return &command.UsageError{}
	}
	return nil
}
