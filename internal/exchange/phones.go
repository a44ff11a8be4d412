package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/store"
	"github.com/octothorpe/octothorpe/sip"
)

// phones are the drivers of pjsip.conf and sip.conf.
type phones struct {
	media   atomic.Pointer[mediaSettings] // nil: there are no phones
	fax     atomic.Pointer[faxSettings]   // likewise
	names   sip.Resolver
	drivers map[string]*phone.Driver // by technology; of who holds the exchange's reloading
	read    map[string]readFiles     // likewise
}

// face is one of the two configurations that make a driver.
type face struct {
	technology, file string
	notify           string
	modules          []string
	load             func(*phone.Loader, *config.File) (*phone.Model, []config.Diagnostic)
}

var faces = []face{
	{phone.PJSIP, "pjsip.conf", "pjsip_notify.conf", []string{"res_pjsip", "chan_pjsip"}, (*phone.Loader).LoadPJSIP},
	{phone.SIP, "sip.conf", "sip_notify.conf", []string{"chan_sip"}, (*phone.Loader).LoadSIP},
}

// wizardFile makes objects of pjsip.conf out of one section for a phone or trunk.
const wizardFile = "pjsip_wizard.conf"

// model reads the file of a face; nil where there is none. PJSIP is there without
// its file, too, and knows nobody.
func (x *Exchange) model(f face) (*phone.Model, error) {
	file, err := x.load(f.file)
	switch {
	case err == nil:
	case isMissing(err) && f.technology == phone.PJSIP:
		file = &config.File{Path: filepath.Join(x.dirs.Etc, f.file)}
	case isMissing(err):
		return nil, nil //nolint:nilnil // no file is no phones
	default:
		return nil, err
	}
	rules, err := x.ruleFile(x.phones.drivers[f.technology] != nil)
	if err != nil {
		return nil, err
	}
	read := readFiles{file: file, rules: rules, notifies: x.optional(f.notify)}
	if f.technology == phone.PJSIP {
		x.readSorcery()
		if x.modules.wants(phone.WizardRegistrar) {
			read.wizards = x.optional(wizardFile)
		}
	}
	x.phones.read[f.technology] = read
	m, problems := x.made(f, read)
	x.report(problems)
	return m, nil
}

// readFiles are the files of a technology as they were read last.
type readFiles struct{ file, rules, wizards, notifies *config.File }

// made is the model of files, and of objects that lie elsewhere.
func (x *Exchange) made(f face, read readFiles) (*phone.Model, []config.Diagnostic) {
	loader := &phone.Loader{Version: "Asterisk PBX " + x.options.Version, // as both name themselves to others
		NamedACL: x.rulesAnywhere(read.rules), Wizards: read.wizards, System: x.system.SystemName}
	if f.technology == phone.PJSIP {
		x.objects.made(loader, x.sorcerySections())
		loader.Loaded = x.modules.wants
	}
	if d := x.phones.drivers[f.technology]; d != nil {
		loader.Before = d.Model()
	}
	m, problems := f.load(loader, read.file)
	m.Notifies = phone.LoadNotifies(read.notifies)
	return m, problems
}

// ruleBook is acl.conf as it was read last, for all who ask for it.
type ruleBook struct {
	mu   sync.Mutex // comes before those of reading a file
	read bool
	file *config.File
	err  error
}

// forget has the file read again when it is asked for next: at each reload.
func (b *ruleBook) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read, b.file, b.err = false, nil, nil
}

// get returns the file, which load reads if nobody has asked for it since forget.
func (b *ruleBook) get(load func(name string) (*config.File, error)) (*config.File, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.read {
		b.file, b.err = load("acl.conf")
		b.read = true
	}
	return b.file, b.err
}

// ruleFile is acl.conf; nil is without one. One that can't be read lets nobody in
// whom it names: at the start. A reload is to leave what is in force then, and gets
// the error.
func (x *Exchange) ruleFile(again bool) (*config.File, error) {
	f, err := x.rules.get(x.load)
	switch {
	case err == nil:
		return f, nil
	case isMissing(err):
		return nil, nil //nolint:nilnil // no file is no rules
	case again:
		return nil, err
	}
	x.log.Error("configuration can't be read", "file", "acl.conf", "error", err)
	return nil, nil //nolint:nilnil // see above
}

// addressLists are the rules of acl.conf as they stand, wherever they lie.
func (x *Exchange) addressLists() namedACL {
	f, _ := x.ruleFile(false) // its error is in the log
	return x.rulesAnywhere(f)
}

// namedRules are the sections of acl.conf, which may be nil. Rules that can't be
// read let nobody in.
func namedRules(f *config.File) func(name string) (phone.Rules, bool) {
	return func(name string) (phone.Rules, bool) {
		s := f.Section(name)
		if s == nil || s.Template {
			return nil, false
		}
		var all phone.Rules
		for _, e := range s.Lines() {
			permit := strings.EqualFold(e.Key, "permit")
			if !permit && !strings.EqualFold(e.Key, "deny") {
				continue
			}
			rules, err := phone.ParseRules(permit, e.Value)
			if err != nil {
				return nil, false
			}
			all = append(all, rules...)
		}
		return all, true
	}
}

// start makes and starts the drivers whose modules are loaded and whose file is
// there. What goes wrong is in the log.
func (p *phones) start(x *Exchange) error {
	p.drivers, p.read = map[string]*phone.Driver{}, map[string]readFiles{}
	media, problems, err := readMedia(x.optional("rtp.conf"), x.addressLists())
	x.report(problems)
	if err != nil {
		x.log.Error("phones can't be served", "error", err)
		return err
	}
	p.media.Store(&media)
	fax, problems := readFax(x.optional("udptl.conf"))
	x.report(problems)
	p.fax.Store(&fax)
	_ = x.reloadFeatures()
	p.names = x.names
	var failed []error
	for _, f := range faces {
		if !p.wanted(x, f) {
			continue
		}
		m, err := x.model(f)
		if err != nil {
			x.log.Error("phones can't be served", "file", f.file, "error", err)
			failed = append(failed, err)
			continue
		}
		if m != nil {
			failed = append(failed, p.serve(x, f, m)) // the driver has said which transports fail
		}
	}
	return errors.Join(failed...)
}

// webSockets is where a driver gets the connections of browsers from. They are
// chan_pjsip's: one hub has one owner.
func (x *Exchange) webSockets(technology string) func(bool, netip.AddrPort) net.Listener {
	if technology != phone.PJSIP {
		return nil
	}
	return x.browsers.Listen
}

func (p *phones) wanted(x *Exchange, f face) bool {
	for _, name := range f.modules {
		if !x.modules.wants(name) {
			return false
		}
	}
	return true
}

func (p *phones) serve(x *Exchange, f face, m *phone.Model) error {
	d := phone.New(phone.Config{Model: m, Registry: x.channels, Store: familyContacts{contacts{x.database}, x}, Bus: x.bus, Logger: x.log,
		Board: x.board, Presences: x.presences, Mailboxes: x.mailboxes, EntityID: x.entityID(),
		Families: peerFamilies{x.realtime}, System: x.system.SystemName,
		MediaSettings: p.settings(x), WebSockets: x.webSockets(f.technology), Resolver: p.names,
		Hooks: phone.Hooks{
			ExtensionExists: func(context, exten, caller string) bool {
				return x.engine.Exists(channel.Location{Context: context, Exten: exten, Priority: 1}, caller)
			},
			ExtensionBegins:  func(context, exten, caller string) bool { return x.engine.MatchMore(context, exten, caller) },
			Extend:           x.extend,
			Assign:           func(c *channel.Channel, name, value string) { _ = x.engine.Assign(x.background, c, name, value) },
			Start:            x.engine.Start,
			Hint:             x.watchHint,
			HintName:         x.hintName,
			Message:          x.messages.Deliver,
			PicksUp:          x.picksUp,
			PickUp:           x.pickUp,
			BlindTransfer:    x.blindTransfer,
			AttendedTransfer: x.calls.AttendedTransfer,
			Company:          x.company,
			Replace:          func(old, by *channel.Channel) error { return x.calls.Replace(old, by) },
			DeviceChanged:    func(device, _ string) { x.board.Touch(device) },
			Reload:           func() error { return x.reloadPhones(f.technology) },
			Console:          func(text string) { x.print(text) },
			Figure:           x.house.Figure,
			FeatureKeys:      x.features.Keys,
			Refresh:          x.refresher(f.technology),
			Elsewhere:        x.sorcery.elsewhere,
		}})
	p.drivers[f.technology] = d
	x.channels.Register(d)
	x.messages.Register(d.Technology(), d.SendMessage)
	x.console.Add(d.Console())
	x.manager.Add(d.Actions())
	for _, a := range d.Applications() {
		x.modules.add(a.Module, a.Synopsis)
		x.engine.AddApplication(a)
	}
	for _, fn := range d.Functions() {
		x.modules.add(fn.Module, fn.Synopsis)
		x.engine.AddFunction(fn)
	}
	collectSIP(x.registry, d)
	x.wizardHints(nil, m.Hints)
	if err := d.Start(x.background); err != nil {
		return fmt.Errorf("%s: %w", f.file, err)
	}
	return nil
}

// print shows a text on all consoles.
func (x *Exchange) print(text string) {
	x.screen.show([]byte(text))
	x.socket.Log([]byte(text))
}

// reloadPhones is a console's "pjsip reload" or "sip reload".
func (x *Exchange) reloadPhones(technology string) error {
	if err := x.reloading.begin(); err != nil {
		return err
	}
	defer x.reloading.end()
	return x.phones.reload(x, technology)
}

// reload reads the file of a technology again.
func (p *phones) reload(x *Exchange, technology string) error {
	for _, f := range faces {
		if f.technology != technology || !p.wanted(x, f) {
			continue
		}
		m, err := x.model(f)
		if err != nil || m == nil {
			return err
		}
		if d := p.drivers[technology]; d != nil {
			before := d.Model().Hints
			err := d.Reload(m)
			x.wizardHints(before, m.Hints)
			return err
		}
		return p.serve(x, f, m)
	}
	return nil
}

// again puts objects in force that have changed where they lie, with the files as they
// were read last.
func (p *phones) again(x *Exchange, technology string) error {
	d := p.drivers[technology]
	for _, f := range faces {
		read, known := p.read[technology]
		if f.technology != technology || d == nil || !known {
			continue
		}
		m, problems := x.made(f, read)
		x.report(slices.DeleteFunc(problems, func(one config.Diagnostic) bool { return one.File != objectsFile }))
		return d.Reload(m)
	}
	return nil
}

// stop ends the drivers; each has its time.
func (p *phones) stop(log *slog.Logger) {
	for technology, d := range p.drivers {
		if err := inTime(d.Stop); err != nil {
			log.Warn("phones did not stop in time", "technology", technology, "error", err)
		}
	}
}

// blindTransfer sends the leg that c talks to elsewhere; c leaves the call.
func (x *Exchange) blindTransfer(c *channel.Channel, t phone.Transfer) error {
	set := func(list []event.Variable) func(*channel.Channel) {
		return func(peer *channel.Channel) {
			for _, v := range list {
				peer.SetVariable(v.Name, v.Value)
			}
		}
	}
	after := set(t.After)
	if t.Prepare != nil {
		after = func(peer *channel.Channel) { set(t.After)(peer); t.Prepare(peer) }
	}
	return x.calls.BlindTransfer(c, call.Transfer{To: channel.Location{Context: t.Context, Exten: t.Exten, Priority: 1}, External: true,
		Announce: set(t.Before), Prepare: after, Separate: t.Separate, Separated: t.Separated, Follow: t.Follow})
}

// contacts keeps registrations in AstDB.
type contacts struct{ *store.Database }

// Delete implements phone.Store.
func (c contacts) Delete(family, key string) error {
	_, err := c.Del(family, key)
	return err
}

// Tree implements phone.Store.
func (c contacts) Tree(ctx context.Context, family string) (map[string]string, error) {
	if c.Fresh() {
		return nil, nil
	}
	if err := c.Ready(ctx); err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	tree := map[string]string{}
	c.Walk(family, func(e store.Entry) bool {
		tree[strings.TrimPrefix(e.Key, "/"+family+"/")] = e.Value
		return true
	})
	return tree, nil
}

// registered is who made the extensions of endpoints that can be reached (regcontext).
const registered = "SIP"

// extend gives a context an extension for as long as an endpoint can be reached.
func (x *Exchange) extend(context, exten string, there bool) {
	target := dialplan.Target{Context: context, Exten: exten}
	err := x.engine.Edit(func(e *dialplan.Editor) error {
		if !there {
			return e.RemovePriority(target, 1, registered)
		}
		e.AddContext(context, registered)
		_, err := e.AddPriority(target, dialplan.Priority{Number: 1, Application: "NoOp", Data: exten, Registrar: registered}, false)
		return err
	})
	if err != nil && !errors.Is(err, dialplan.ErrExists) && !errors.Is(err, dialplan.ErrNotFound) {
		x.log.Warn("an extension of regcontext was not changed", "context", context, "extension", exten, "error", err)
	}
}

// company is the bridge in which a leg is and, if they are two, the other leg.
func (x *Exchange) company(c *channel.Channel) (*event.Bridge, *event.Channel) {
	b := x.bridges.Find(c.BridgeID())
	if b == nil {
		return nil, nil
	}
	inside := b.Channels()
	if len(inside) != 2 {
		return b.Snapshot(), nil
	}
	other := inside[0]
	if other == c {
		other = inside[1]
	}
	return b.Snapshot(), other.Snapshot()
}
