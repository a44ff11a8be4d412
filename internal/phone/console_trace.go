package phone

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// chosen is the one of the last word's alternatives that was typed, maybe shortened.
func chosen(r *command.ConsoleRequest, words ...string) string {
	typed := strings.ToLower(r.Words[len(r.Words)-len(r.Args)-1])
	for _, word := range words {
		if word == typed {
			return word
		}
	}
	for _, word := range words {
		if strings.HasPrefix(word, typed) {
			return word
		}
	}
	return typed
}

// consoleTrace are the commands that choose whose messages are shown.
func (d *Driver) consoleTrace() []command.Console {
	const syntax = "pjsip set logger {on|off|host <name/subnet>|add <name/subnet>|method <method>|methodadd <method>|verbose <on/off>|pcap <filename>}"
	c := row("pjsip set logger {on|off|host|add|method|methodadd|verbose|pcap}", "Show SIP messages on the console", syntax, "res_pjsip_logger", nil)
	c.Description = "Shows all SIP messages, or those to and from a host or net, or of a method.\nverbose off keeps them off the console, pcap writes them to a file of packets, too."
	c.Run = func(ctx context.Context, r *command.ConsoleRequest) error {
		return d.setLogger(ctx, r.Out, chosen(r, "on", "off", "host", "add", "method", "methodadd", "verbose", "pcap"), r.Args)
	}
	return []command.Console{c}
}

func (d *Driver) setLogger(ctx context.Context, w io.Writer, word string, args []string) error {
	if (word == "on" || word == "off") != (len(args) == 0) || len(args) > 1 {
		return &command.UsageError{}
	}
	switch word {
	case "on":
		d.traceAll()
		fmt.Fprint(w, "PJSIP Logging enabled\n")
	case "off":
		d.traceNone()
		fmt.Fprint(w, "PJSIP Logging disabled\n")
	case "host", "add":
		return d.traceHost(ctx, w, args[0], word == "add")
	case "method", "methodadd":
		var methods []string
		d.changeTrace(func(f filter) filter {
			if f.all = false; word == "method" {
				f.methods = nil
			}
			f.methods = append(slices.Clone(f.methods), args[0])
			methods = f.methods
			return f
		})
		fmt.Fprintf(w, "PJSIP Logging Enabled for SIP Methods: %s\n", strings.Join(methods, ", "))
	case "verbose":
		on := args[0] == "on" || isTrue(args[0])
		d.changeTrace(func(f filter) filter { f.silent = !on; return f })
		fmt.Fprintf(w, "PJSIP Logging to verbose has been %s\n", choose(on, "enabled", "disabled"))
	case "pcap":
		file, err := openCapture(args[0])
		if err != nil {
			return err
		}
		d.changeTrace(func(f filter) filter { f.file = file; return f })
		fmt.Fprintf(w, "PJSIP logging to pcap file '%s'\n", args[0])
	}
	return nil
}

// traceHost shows the messages of an address, of a net, or of all addresses of a name.
func (d *Driver) traceHost(ctx context.Context, w io.Writer, text string, more bool) error {
	nets, shown, err := netsOf(ctx, text)
	if err != nil {
		return &command.UsageError{Why: err.Error()}
	}
	d.changeTrace(func(f filter) filter {
		if f.all = false; !more {
			f.hosts = nil
		}
		f.hosts = append(slices.Clone(f.hosts), nets...)
		return f
	})
	fmt.Fprintf(w, "PJSIP Logging Enabled for host: %s\n", shown)
	return nil
}

// netsOf reads an address or net, or asks for the addresses of a name. shown is the
// first of them.
func netsOf(ctx context.Context, text string) (nets []netip.Prefix, shown string, err error) {
	if p, err := ParsePrefix(text); err == nil {
		return []netip.Prefix{p}, choose(p.IsSingleIP(), p.Addr().String(), p.String()), nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", text)
	if err != nil || len(found) == 0 {
		return nil, "", fmt.Errorf("%q is no address: %w", text, err)
	}
	for _, a := range found {
		a = a.Unmap()
		nets = append(nets, netip.PrefixFrom(a, a.BitLen()))
	}
	return nets, nets[0].Addr().String(), nil
}

func (d *Driver) sipSetDebug(w io.Writer, word string, args []string) error {
	if (word == "on" || word == "off") != (len(args) == 0) || len(args) > 1 {
		return &command.UsageError{}
	}
	switch word {
	case "on":
		d.traceAll()
		fmt.Fprint(w, "SIP Debugging enabled\n")
	case "off":
		d.traceNone()
		fmt.Fprint(w, "SIP Debugging Disabled\n")
	case "ip":
		a, err := netip.ParseAddr(args[0])
		if at, err2 := netip.ParseAddrPort(args[0]); err2 == nil {
			a, err = at.Addr(), nil
		}
		if err != nil {
			return &command.UsageError{Why: fmt.Sprintf("%q is no address", args[0])}
		}
		d.traceOnly(a)
		fmt.Fprintf(w, "SIP Debugging Enabled for IP: %s\n", a)
	case "peer":
		d.borrow(args[0])
		e := d.Model().Endpoint(args[0])
		if e == nil {
			fmt.Fprintf(w, "No such peer '%s'\n", args[0])
			return nil
		}
		a := d.whereabouts(e)
		if !a.IsValid() {
			fmt.Fprintf(w, "Unable to get IP address of peer '%s'\n", args[0])
			return nil
		}
		d.traceOnly(a.Addr())
		fmt.Fprintf(w, "SIP Debugging Enabled for IP: %s\n", a.Addr())
	}
	return nil
}
