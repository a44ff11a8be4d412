package phone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

type function = command.Function[*channel.Channel]

// Functions returns the dialplan functions that read the driver's objects.
func (d *Driver) Functions() []function {
	if d.technology == SIP {
		return append(d.sipFunctions(), reader("SIPPEER", "Read an option of a peer of sip.conf", "SIPPEER(peer[,item])", "chan_sip", d.readPeer))
	}
	return append(d.callFunctions(),
		reader("PJSIP_ENDPOINT", "Read an option of an endpoint", "PJSIP_ENDPOINT(name,field)", "func_pjsip_endpoint",
			func(args []string) (string, error) {
				e := d.Model().Endpoint(args[0])
				if e == nil {
					return "", fmt.Errorf("there is no endpoint %q", args[0])
				}
				return fieldOf(shownEndpoint(e), "endpoint", args)
			}),
		reader("PJSIP_AOR", "Read an option of an AOR, or its contacts", "PJSIP_AOR(name,field)", "func_pjsip_aor", d.readAOR),
		reader("PJSIP_CONTACT", "Read what is known of a contact", "PJSIP_CONTACT(id,field)", "func_pjsip_contact", d.readContact),
		reader("PJSIP_DIAL_CONTACTS", "Build a dial string of an endpoint's contacts", "PJSIP_DIAL_CONTACTS(endpoint[,aor[,user]])", "chan_pjsip", d.dialContacts),
	)
}

// reader makes a function that is read with arguments split at commas, at least one.
func reader(name, synopsis, syntax, module string, read func(args []string) (string, error)) function {
	return function{Row: command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Module: module},
		Read: func(_ context.Context, _ *channel.Channel, text string) (string, error) {
			args := strings.Split(text, ",")
			for i := range args {
				args[i] = strings.TrimSpace(args[i])
			}
			if args[0] == "" {
				return "", fmt.Errorf("%s needs a name", name)
			}
			return read(args)
		}}
}

func fieldOf(lines []shown, kind string, args []string) (string, error) {
	if len(args) < 2 || args[1] == "" {
		return "", fmt.Errorf("which property of the %s?", kind)
	}
	var values []string
	found := false
	for _, l := range lines {
		if l.name == args[1] && l.name != "set_var" {
			found = true
			values = append(values, l.value)
		}
	}
	if !found {
		return "", fmt.Errorf("a PJSIP %s has no property %q", kind, args[1])
	}
	return strings.Join(values, ","), nil
}

func (d *Driver) readAOR(args []string) (string, error) {
	a := d.Model().AOR(args[0])
	if a == nil {
		return "", fmt.Errorf("there is no AOR %q", args[0])
	}
	if len(args) > 1 && args[1] == "contact" {
		var ids []string
		for _, c := range d.location.contacts(a.Name) {
			ids = append(ids, c.ID)
		}
		return strings.Join(ids, ","), nil
	}
	return fieldOf(d.shownAOR(a), "AOR", args)
}

func (d *Driver) readContact(args []string) (string, error) {
	aor := args[0]
	if at := max(strings.LastIndex(aor, ";@"), strings.LastIndex(aor, "@@")); at >= 0 {
		aor = aor[:at]
	}
	c := d.location.find(aor, args[0])
	if c == nil {
		return "", fmt.Errorf("there is no contact %q", args[0])
	}
	if len(args) > 1 {
		switch args[1] {
		case "status":
			return c.Status.String(), nil
		case "rtt":
			if c.RTT == 0 {
				return "N/A", nil
			}
			return strconv.FormatInt(c.RTT.Microseconds(), 10), nil
		}
	}
	return fieldOf(d.shownContact(c), "contact", args)
}

// dialContacts is what Dial needs to call every contact that answers, or that nobody asks.
func (d *Driver) dialContacts(args []string) (string, error) {
	args = append(args, "", "")
	m := d.Model()
	e := m.Endpoint(args[0])
	if e == nil {
		return "", fmt.Errorf("there is no endpoint %q", args[0])
	}
	names := e.AORs
	if args[1] != "" {
		names = []string{args[1]}
	}
	var list []string
	for _, name := range names {
		a := m.AOR(name)
		if a == nil {
			continue
		}
		for _, c := range d.location.contacts(a.Name) {
			if c.Status == Unreachable {
				continue
			}
			whom := e.Name
			if args[2] != "" {
				whom = args[2] + "@" + whom
			}
			list = append(list, "PJSIP/"+whom+"/"+c.URI)
		}
	}
	return strings.Join(list, "&"), nil
}

var errNoPeer = errors.New("there is no such peer")

// readPeer is SIPPEER: unknown items are empty, as in chan_sip.
func (d *Driver) readPeer(args []string) (string, error) {
	d.borrow(args[0])
	e := d.Model().Endpoint(args[0])
	if e == nil || e.Peer.Kind == "user" {
		return "", fmt.Errorf("%q: %w", args[0], errNoPeer)
	}
	item := "ip"
	if len(args) > 1 && args[1] != "" {
		item = args[1]
	}
	p, c := e.Peer, d.count(e.Name)
	switch item {
	case "ip", "port":
		a := d.whereabouts(e)
		if !a.IsValid() {
			return choose(item == "ip", "(null)", "0"), nil
		}
		return choose(item == "ip", a.Addr().String(), strconv.Itoa(int(a.Port()))), nil
	case "status":
		text, _, _ := d.monitored(e)
		return text, nil
	case "dynamic":
		return choose(p.Dynamic, "yes", "no"), nil
	case "expire":
		return d.peerExpire(e), nil
	case "curcalls":
		return strconv.Itoa(choose(p.CallCounter, c.used(), 0)), nil
	}
	if index, ok := strings.CutPrefix(item, "codec["); ok {
		if n, err := strconv.Atoi(strings.TrimSuffix(index, "]")); err == nil && n >= 0 && n < len(e.Codecs) {
			return e.Codecs[n], nil
		}
		return "", nil
	}
	if name, ok := strings.CutPrefix(item, "chanvar["); ok {
		name = strings.TrimSuffix(name, "]")
		for _, v := range slices.Backward(e.SetVar) {
			if v.Name == name {
				return v.Value, nil
			}
		}
		return "", nil
	}
	return d.peerItems(e)[item], nil
}

func (d *Driver) peerItems(e *Endpoint) map[string]string {
	p, agent := e.Peer, ""
	for _, c := range d.location.contacts(e.Name) {
		agent = c.UserAgent
	}
	return map[string]string{
		"mailbox": strings.Join(e.Mailboxes, ","), "context": e.Context, "language": e.Language, "regexten": p.RegExten,
		"accountcode": e.AccountCode, "callerid_name": e.CallerID.Name.Text, "callerid_num": e.CallerID.Number.Text,
		"callgroup": formatGroups(e.CallGroup), "pickupgroup": formatGroups(e.PickupGroup),
		"namedcallgroup": strings.Join(e.NamedCallGroups, ", "), "namedpickupgroup": strings.Join(e.NamedPickupGroups, ", "),
		"codecs": codecList(e.Codecs), "limit": strconv.Itoa(p.CallLimit), "busylevel": strconv.Itoa(p.BusyLevel),
		"maxforwards": strconv.Itoa(p.MaxForwards), "useragent": agent, "qualify": strconv.Itoa(int(p.Qualify / time.Millisecond)),
	}
}
