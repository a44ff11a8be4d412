package phone

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A listing is one kind of object that "pjsip list" and "pjsip show" know.
type listing struct {
	plural, single string
	// head is printed above "list" and "show PLURAL"; more is added for show.
	head, more string
	// gap is an empty line after each object, as objects of several lines have.
	gap   bool
	items func(d *Driver) []string
	short func(d *Driver, name string) string
	long  func(d *Driver, name string) string // nil is short
	shown func(d *Driver, name string) []shown
}

func (d *Driver) listings() []listing {
	return []listing{
		{plural: "endpoints", single: "endpoint", head: headEndpoint, more: headEndpointAuth + headEndpointAOR + headInEndpoint, gap: true,
			items: func(d *Driver) []string { return d.Model().order },
			short: (*Driver).endpointShort, long: (*Driver).endpointLong,
			shown: func(d *Driver, name string) []shown { return shownEndpoint(d.Model().Endpoints[name]) }},
		{plural: "aors", single: "aor", head: headAOR, more: headAORContact, gap: true,
			items: func(d *Driver) []string { return sortedKeys(d.Model().AORs) },
			short: (*Driver).aorShort, long: (*Driver).aorLong,
			shown: func(d *Driver, name string) []shown { return d.shownAOR(d.Model().AORs[name]) }},
		{plural: "contacts", single: "contact", head: headContact,
			items: func(d *Driver) []string { return d.contactNames() },
			short: func(d *Driver, name string) string { return rowContact("  ", d.contactNamed(name)) },
			shown: func(d *Driver, name string) []shown { return d.shownContact(d.contactNamed(name)) }},
		{plural: "auths", single: "auth", head: headAuth,
			items: func(d *Driver) []string { return sortedKeys(d.Model().Auths) },
			short: func(d *Driver, name string) string { return "     Auth:  " + authText(d.Model().Auths[name]) + "\n" },
			shown: func(d *Driver, name string) []shown { return authOptions().shown(d.Model().Auths[name]) }},
		{plural: "transports", single: "transport", head: headTransport,
			items: (*Driver).transportNames,
			short: func(d *Driver, name string) string { return rowTransport("Transport:  ", d.Model().Transport(name)) },
			shown: func(d *Driver, name string) []shown { return transportOptions().shown(d.Model().Transport(name)) }},
		{plural: "identifies", single: "identify", head: headIdentify, more: headMatch, gap: true,
			items: func(d *Driver) []string { return d.Model().identifyNames() },
			short: func(d *Driver, name string) string {
				i := d.Model().identify(name)
				return " Identify:  " + i.Name + "/" + i.Endpoint + "\n"
			},
			long: func(d *Driver, name string) string {
				i := d.Model().identify(name)
				return " Identify:  " + i.Name + "/" + i.Endpoint + "\n" + rowsMatch("      ", i)
			},
			shown: func(d *Driver, name string) []shown { return shownIdentify(d.Model().identify(name)) }},
		{plural: "registrations", single: "registration", head: headRegister,
			items: func(d *Driver) []string { return d.Model().registrationNames() },
			short: (*Driver).registrationRow,
			shown: func(d *Driver, name string) []shown { return registrationOptions().shown(d.Model().registration(name)) }},
		{plural: "channels", single: "channel", head: headChannel, more: headExten, gap: true,
			items: func(d *Driver) []string { return d.channelNames("") },
			short: func(d *Driver, name string) string { return rowChannel("  ", d.snapshot(name)) },
			long: func(d *Driver, name string) string {
				return rowChannel("  ", d.snapshot(name)) + rowExten("      ", d.snapshot(name))
			}},
	}
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// printAll prints every object whose name has the part that "like" asks for.
func (l listing) printAll(d *Driver, w io.Writer, long bool, like string) {
	names := slices.DeleteFunc(slices.Clone(l.items(d)), func(n string) bool { return !strings.Contains(n, like) })
	if len(names) == 0 {
		fmt.Fprint(w, "No objects found.\n\n")
		return
	}
	head, row := l.head, l.short
	if long {
		head += l.more
		row = cmpFunc(l.long, l.short)
	}
	fmt.Fprint(w, "\n", head, doubleRule, "\n")
	for _, name := range names {
		fmt.Fprint(w, row(d, name))
		if long && l.gap {
			fmt.Fprintln(w)
		}
	}
	fmt.Fprintf(w, "\nObjects found: %d\n\n", len(names))
}

func cmpFunc(a, b func(*Driver, string) string) func(*Driver, string) string {
	if a != nil {
		return a
	}
	return b
}

// printOne prints one object with its options.
func (l listing) printOne(d *Driver, w io.Writer, name string) {
	if !slices.Contains(l.items(d), name) {
		fmt.Fprintf(w, "Unable to find object %s.\n\n", name)
		return
	}
	fmt.Fprint(w, "\n", l.head, l.more, doubleRule, "\n", cmpFunc(l.long, l.short)(d, name))
	if l.gap {
		fmt.Fprintln(w)
	}
	if l.shown == nil {
		fmt.Fprintln(w)
		return
	}
	parameters(w, d.Model().madeBy(l.single, name, l.shown(d, name)))
}

// consolePJSIP are the commands of pjsip.conf's driver.
func (d *Driver) consolePJSIP() []command.Console {
	var list []command.Console
	add := func(name, synopsis, syntax, module string, run func(ctx context.Context, r *command.ConsoleRequest) error, complete func([]string, string) []string) {
		list = append(list, command.Console{Row: command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Module: module}, Run: run, Complete: complete})
	}
	for _, l := range d.listings() {
		many := func(long bool) func(context.Context, *command.ConsoleRequest) error {
			return func(_ context.Context, r *command.ConsoleRequest) error {
				like, err := likeArgument(r.Args)
				if err == nil {
					d.refresh()
					l.printAll(d, r.Out, long, like)
				}
				return err
			}
		}
		add("pjsip list "+l.plural, "List the "+l.plural+" of PJSIP", "pjsip list "+l.plural+" [like TEXT]", "res_pjsip", many(false), nil)
		add("pjsip show "+l.plural, "Show the "+l.plural+" of PJSIP", "pjsip show "+l.plural+" [like TEXT]", "res_pjsip", many(true), nil)
		add("pjsip show "+l.single, "Show one "+l.single+" of PJSIP with all of its options", "pjsip show "+l.single+" NAME", "res_pjsip",
			func(_ context.Context, r *command.ConsoleRequest) error {
				if len(r.Args) == 0 {
					return command.Refusal("No object specified.")
				}
				d.refresh(r.Args[0])
				l.printOne(d, r.Out, r.Args[0])
				return nil
			}, func(args []string, word string) []string { return begins(l.items(d), word, len(args)) })
	}
	return slices.Concat(list, d.consolePJSIPMore(), d.consoleQualify(), d.consoleSubscriptions(), d.consoleTrace(), d.consoleHistory(), d.consoleInternals())
}

// likeArgument reads an optional "like TEXT".
func likeArgument(args []string) (string, error) {
	switch {
	case len(args) == 0:
		return "", nil
	case len(args) == 2 && args[0] == "like":
		return args[1], nil
	}
	return "", &command.UsageError{}
}

// begins returns the names that begin with a word; only the first argument has them.
func begins(names []string, word string, at int) []string {
	if at > 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !strings.HasPrefix(n, word) })
}

func (d *Driver) endpointShort(name string) string {
	return rowEndpoint(d.Model().Endpoints[name], d.DeviceState(name), len(d.channelNames(name)))
}

func (d *Driver) endpointLong(name string) string {
	m := d.Model()
	e := m.Endpoints[name]
	var b strings.Builder
	b.WriteString(d.endpointShort(name))
	for _, a := range e.OutboundAuths {
		if auth := m.Auths[a]; auth != nil {
			b.WriteString("    OutAuth:  " + authText(auth) + "\n")
		}
	}
	for _, a := range e.Auths {
		if auth := m.Auths[a]; auth != nil {
			b.WriteString("     InAuth:  " + authText(auth) + "\n")
		}
	}
	for _, name := range e.AORs {
		if a := m.AORs[name]; a != nil {
			fmt.Fprintf(&b, "%s%d\n", column("        Aor:  "+a.Name, 65), a.MaxContacts)
			for _, c := range d.location.contacts(a.Name) {
				b.WriteString(rowContact("      ", c))
			}
		}
	}
	if t := m.Transport(e.Transport); t != nil {
		b.WriteString(rowTransport("  Transport:  ", t))
	}
	for _, i := range m.Identifies {
		if i.Endpoint == e.Name {
			b.WriteString("   Identify:  " + i.Name + "/" + i.Endpoint + "\n" + rowsMatch("        ", i))
		}
	}
	for _, name := range d.channelNames(e.Name) {
		if c := d.snapshot(name); c != nil {
			b.WriteString(rowChannel("    ", c) + rowExten("        ", c))
		}
	}
	return b.String()
}

func authText(a *Auth) string {
	if a.Username == "" {
		return a.Name
	}
	return a.Name + "/" + a.Username
}

func (d *Driver) aorShort(name string) string {
	return fmt.Sprintf("%s%d\n", column("      Aor:  "+name, 65), d.Model().AORs[name].MaxContacts)
}

func (d *Driver) aorLong(name string) string {
	text := d.aorShort(name)
	for _, c := range d.location.contacts(name) {
		text += rowContact("    ", c)
	}
	return text
}

// channelNames returns the technology's channels by name, of one endpoint or of all.
func (d *Driver) channelNames(endpoint string) []string {
	if d.registry == nil {
		return nil
	}
	var names []string
	for _, c := range d.registry.All() {
		name := c.Name()
		rest, ours := strings.CutPrefix(name, d.technology+"/")
		if ours && (endpoint == "" || strings.HasPrefix(rest, endpoint+"-") && strings.LastIndexByte(rest, '-') == len(endpoint)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// snapshot returns the state of a channel; an empty one if it has just ended.
func (d *Driver) snapshot(name string) *event.Channel {
	if d.registry != nil {
		if c := d.registry.Find(name); c != nil {
			return c.Snapshot()
		}
	}
	return &event.Channel{Name: name}
}

func (d *Driver) contactNames() []string {
	var names []string
	for _, c := range d.location.all() {
		names = append(names, c.AOR+"/"+c.URI)
	}
	return names
}

func (d *Driver) contactNamed(name string) *Contact {
	for _, c := range d.location.all() {
		if c.AOR+"/"+c.URI == name {
			return c
		}
	}
	return &Contact{ID: contactID("", "", false)}
}

// transportNames are the transports that are there: one that could not be opened
// is none, as in the reference.
func (d *Driver) transportNames() []string {
	var names []string
	for _, t := range d.Model().Transports {
		if d.stack == nil || d.transport(t.Name) != nil || !built(t) {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (m *Model) identifyNames() []string {
	var names []string
	for _, i := range m.Identifies {
		names = append(names, i.Name)
	}
	return names
}

func (m *Model) identify(name string) *Identify {
	at, ok := slices.BinarySearchFunc(m.Identifies, name, func(i *Identify, n string) int { return cmp.Compare(i.Name, n) })
	if !ok {
		return &Identify{Name: name}
	}
	return m.Identifies[at]
}

func (m *Model) registrationNames() []string {
	var names []string
	for _, r := range m.Registrations {
		names = append(names, r.Name)
	}
	return names
}

func (m *Model) registration(name string) *Registration {
	for _, r := range m.Registrations {
		if r.Name == name {
			return r
		}
	}
	return nil
}
