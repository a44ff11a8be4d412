package phone

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
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

// traceAll, traceNone and traceOnly choose whose messages the console shows. While
// nobody's are, the stack does not even ask.
func (d *Driver) traceAll() { d.setTrace(&netip.Addr{}) }

func (d *Driver) traceNone() { d.setTrace(nil) }

func (d *Driver) traceOnly(a netip.Addr) {
	a = a.Unmap()
	d.setTrace(&a)
}

func (d *Driver) setTrace(host *netip.Addr) {
	d.trace.host.Store(host)
	if d.stack == nil {
		return
	}
	if host == nil {
		d.stack.SetTrace(nil)
		return
	}
	d.stack.SetTrace(d.traced)
}

// traced shows one message, in the words of the reference.
func (d *Driver) traced(sent bool, way sip.Source, message []byte) {
	if d.hooks.Console == nil || !d.trace.wants(way.Remote.Addr()) {
		return
	}
	network := strings.ToUpper(way.Transport.Network)
	text := logging.CleanLines(string(message)) // a phone has no say over the terminal
	if d.technology == SIP {
		if sent {
			d.hooks.Console(fmt.Sprintf("Transmitting (no NAT) to %s:\n%s\n---\n", way.Remote, text))
		} else {
			d.hooks.Console(fmt.Sprintf("\n<--- SIP read from %s:%s --->\n%s\n<------------->\n", network, way.Remote, text))
		}
		return
	}
	kind := choose(bytes.HasPrefix(message, []byte("SIP/2.0")), "response", "request")
	verb := choose(sent, "Transmitting", "Received")
	d.hooks.Console(fmt.Sprintf("<--- %s SIP %s (%d bytes) %s %s:%s --->\n%s\n", verb, kind, len(message), choose(sent, "to", "from"),
		network, way.Remote, text))
}

func (d *Driver) setLogger(w io.Writer, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "on":
		d.traceAll()
		fmt.Fprint(w, "PJSIP Logging enabled\n")
	case len(args) == 1 && args[0] == "off":
		d.traceNone()
		fmt.Fprint(w, "PJSIP Logging disabled\n")
	case len(args) == 2 && args[0] == "host":
		a, err := netip.ParseAddr(args[1])
		if err != nil {
			return &command.UsageError{Why: fmt.Sprintf("%q is no address", args[1])}
		}
		d.traceOnly(a)
		fmt.Fprintf(w, "PJSIP Logging Enabled for host: %s\n", args[1])
	default:
		return &command.UsageError{}
	}
	return nil
}

func (d *Driver) sipSetDebug(w io.Writer, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "on":
		d.traceAll()
		fmt.Fprint(w, "SIP Debugging enabled\n")
	case len(args) == 1 && args[0] == "off":
		d.traceNone()
		fmt.Fprint(w, "SIP Debugging Disabled\n")
	case len(args) == 2 && args[0] == "ip":
		a, err := netip.ParseAddr(args[1])
		if err != nil {
			return &command.UsageError{Why: fmt.Sprintf("%q is no address", args[1])}
		}
		d.traceOnly(a)
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
		d.traceOnly(a.Addr())
		fmt.Fprintf(w, "SIP Debugging Enabled for IP: %s\n", a.Addr())
	default:
		return &command.UsageError{}
	}
	return nil
}
