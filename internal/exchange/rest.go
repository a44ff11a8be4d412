package exchange

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/iax"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/message"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/state"
)

// buildREST makes the applications of ARI and its server.
func (x *Exchange) buildREST() {
	x.stasis = stasis.New(stasis.Config{House: x.house, Dialplan: x.plan(), Bus: x.bus, Logger: x.log, Entity: x.entityID(),
		Recordings: filepath.Join(x.dirs.Spool, "recording"), Endpoints: x.endpoints, Endpoint: x.endpoint, Device: x.shownDevice,
		Keeping: x.system.ARI})
	x.calls.Applications = x.stasis
	x.messages.Hear = x.hearMessage
	x.rest = rest.New(rest.Config{Hub: x.stasis, Clients: &x.outgoing, Logger: x.log, Exchange: (*outlook)(x), Prefix: func() string { return x.http.Settings().Prefix },
		Console: x.print})
}

// hearMessage tells the applications that listen to an endpoint of a message that it sent.
func (x *Exchange) hearMessage(m *message.Message) bool {
	if m.Endpoint == "" {
		return false
	}
	text := stasis.Text{To: m.To, From: m.From, Body: m.Body}
	for _, d := range m.Data() {
		text.Variables = append(text.Variables, event.Variable{Name: d.Name, Value: d.Value})
	}
	return x.stasis.HearText(m.Technology, m.Endpoint, text)
}

// shownDevice is the state of a device; one that clients may set and have not is unknown.
func (x *Exchange) shownDevice(name string) string {
	to := x.board.Device(name)
	if to == state.Invalid && strings.HasPrefix(name, "Stasis:") {
		return state.Unknown
	}
	return to
}

// configureREST reads ari.conf; without one nobody is let in.
func (x *Exchange) configureREST() error {
	f, err := x.load("ari.conf")
	if err != nil && !isMissing(err) {
		return err
	}
	rules, err := x.ruleFile(false)
	if err != nil {
		return err
	}
	settings, problems := rest.Load(f, rules)
	x.report(problems)
	x.rest.Configure(settings)
	x.channels.ReportVariables(settings.ChannelVars, x.readFunction)
	if settings.Enabled {
		return os.MkdirAll(filepath.Join(x.dirs.Spool, "recording"), 0o777) //nolint:gosec // as the other folders of the spool; umask decides
	}
	return nil
}

// readFunction reads a function of a leg for an event; one that can't be read is nothing.
func (x *Exchange) readFunction(c *channel.Channel, function string) string {
	value, err := x.plan().Read(c.LegContext(), c, function)
	if err != nil {
		return ""
	}
	return value
}

// endpoints are the phones and peers, by technology and name.
func (x *Exchange) endpoints() []stasis.Endpoint {
	var list []stasis.Endpoint
	for _, face := range faces {
		d := x.phoneDriver(face.technology)
		if d == nil {
			continue
		}
		for _, e := range d.Model().Endpoints {
			list = append(list, x.describe(face.technology, e.Name))
		}
	}
	if x.iax != nil {
		for _, name := range x.iax.Peers() {
			list = append(list, x.describe(iax.Technology, name))
		}
	}
	slices.SortFunc(list, func(a, b stasis.Endpoint) int {
		return strings.Compare(a.Technology+a.Resource, b.Technology+b.Resource)
	})
	return list
}

// phoneDriver is the driver of PJSIP or SIP, or nil. Like the reference's names of
// technologies in this interface the case counts.
func (x *Exchange) phoneDriver(technology string) *phone.Driver {
	if technology != phone.PJSIP && technology != phone.SIP {
		return nil
	}
	one, _ := x.channels.Driver(technology)
	d, _ := one.(*phone.Driver)
	return d
}

// endpoint is one of them.
func (x *Exchange) endpoint(technology, resource string) (stasis.Endpoint, bool) {
	if technology == iax.Technology && x.iax != nil && slices.Contains(x.iax.Peers(), resource) {
		return x.describe(technology, resource), true
	}
	d := x.phoneDriver(technology)
	if d == nil || d.Model().Endpoint(resource) == nil {
		return stasis.Endpoint{}, false
	}
	return x.describe(technology, resource), true
}

func (x *Exchange) describe(technology, resource string) stasis.Endpoint {
	e := stasis.Endpoint{Technology: technology, Resource: resource, State: "online"}
	device := technology + "/" + resource
	switch device := x.board.Device(device); {
	case technology == iax.Technology, device == state.Unknown, device == state.Invalid: // nobody asks a peer of IAX2 whether it is there
		e.State = "unknown"
	case device == state.Unavailable:
		e.State = "offline"
	}
	for _, c := range x.channels.All() {
		if state.DeviceOf(c.Name()) == device {
			e.Channels = append(e.Channels, c.UniqueID())
		}
	}
	return e
}

// An outlook is the exchange as ARI sees it.
type outlook Exchange

// Info implements rest.Exchange.
func (o *outlook) Info() rest.Info {
	return rest.Info{OS: "Linux", Machine: runtime.GOARCH, Built: o.began.UTC().Format("2006-01-02 15:04:05 MST"), Version: o.options.Version,
		Name: o.system.SystemName, Language: "en", Started: o.began, Reloaded: time.Unix(0, o.lastReload.Load())}
}

// Global implements rest.Exchange.
func (o *outlook) Global(_ context.Context, name string) string {
	value, _ := (*Exchange)(o).plan().Variable(nil, name) // functions are not read, as on the reference
	return value
}

// SetGlobal implements rest.Exchange.
func (o *outlook) SetGlobal(ctx context.Context, name, value string) error {
	plan := (*Exchange)(o).plan()
	if strings.HasSuffix(name, ")") {
		return plan.Assign(ctx, nil, name, value)
	}
	plan.SetGlobal(name, value)
	return nil
}

// Devices implements rest.Exchange.
func (o *outlook) Devices() []string {
	var list []string
	for _, d := range o.board.Devices() {
		if strings.HasPrefix(d.Device, "Stasis:") && d.State != state.Unknown && d.State != state.Invalid {
			list = append(list, d.Device)
		}
	}
	return list
}

// SetDevice implements rest.Exchange.
func (o *outlook) SetDevice(name, to string) { o.board.SetCustom(name, to) }

// Modules implements rest.Exchange.
func (o *outlook) Modules() []rest.Module {
	var list []rest.Module
	uses := (*Exchange)(o).moduleUses()
	for _, name := range o.modules.running() {
		list = append(list, rest.Module{Name: name, Description: o.modules.about(name), Level: levelOf(name), Uses: uses[strings.TrimSuffix(name, ".so")]})
	}
	return list
}

// Reload implements rest.Exchange.
func (o *outlook) Reload(module string) (bool, error) {
	if !slices.Contains(o.modules.running(), module) {
		return false, nil
	}
	err := (*Exchange)(o).Reload(module)
	if errors.Is(err, errNoReload) {
		if err = rest.ErrNoReload; strings.TrimSuffix(module, ".so") == "app_playback" {
			err = nil // it has a file of its own, say.conf, which is not read yet
		}
	}
	return true, err
}

// LogChannels implements rest.Exchange.
func (o *outlook) LogChannels() []rest.LogChannel {
	var list []rest.LogChannel
	all := o.logs.Channels()
	if c := (*Exchange)(o).consoleLog(); c != nil {
		all = append(all, c)
	}
	for _, c := range all {
		list = append(list, rest.LogChannel{Channel: c.Name, Type: c.Kind, Status: "Enabled", Configuration: strings.TrimPrefix(c.Configuration(), " - ")})
	}
	return list
}

// AddLog implements rest.Exchange.
func (o *outlook) AddLog(name, configuration string) error {
	path := (*Exchange)(o).logFile(name)
	if slices.ContainsFunc(o.logs.Channels(), func(c *logging.Channel) bool { return c.Name == path }) {
		return rest.ErrLogExists
	}
	s, problems := logging.Load(nil, []logging.Line{{Key: name, Value: configuration}}, o.dirs.Log)
	for _, p := range problems { // a level that is none is left out, as on the reference
		if p.Unknown == "" {
			return errors.New(p.What)
		}
		o.log.Warn("a log channel has an unknown level", "log", name, "level", p.Unknown)
	}
	for _, f := range s.Files {
		if err := o.logs.Add(f, true); err != nil {
			return fmt.Errorf("log %s: %w", name, err)
		}
	}
	return nil
}

// DeleteLog implements rest.Exchange.
func (o *outlook) DeleteLog(name string) bool { return o.logs.Remove((*Exchange)(o).logFile(name)) }

// RotateLog implements rest.Exchange. All logs are rotated together.
func (o *outlook) RotateLog(name string) bool {
	path := (*Exchange)(o).logFile(name)
	for _, c := range o.logs.Channels() {
		if c.Name == path {
			return o.logs.Rotate() == nil
		}
	}
	return false
}

// Mailboxes implements rest.Exchange.
func (o *outlook) Mailboxes() []rest.Mailbox {
	var list []rest.Mailbox
	for _, name := range o.mailboxes.Names() {
		if c, ok := o.mailboxes.Of(name); ok {
			list = append(list, rest.Mailbox{Name: name, Old: c.Old, New: c.New})
		}
	}
	return list
}

// SetMailbox implements rest.Exchange.
func (o *outlook) SetMailbox(m rest.Mailbox) {
	(*Exchange)(o).setMailbox(m.Name, state.Counts{New: m.New, Old: m.Old})
}

// DeleteMailbox implements rest.Exchange.
func (o *outlook) DeleteMailbox(name string) bool {
	_, known := o.mailboxes.Of(name)
	if known {
		(*Exchange)(o).forgetMailbox(name)
	}
	return known
}

// Send implements rest.Exchange.
func (o *outlook) Send(ctx context.Context, to, from, body string, variables map[string]string) (bool, error) {
	m := &message.Message{To: to, From: from, Body: body}
	for name, value := range variables {
		m.Set(name, value, true)
	}
	technology, rest, _ := strings.Cut(to, ":")
	if d := (*Exchange)(o).phoneDriver(strings.ToUpper(technology)); d != nil && !strings.Contains(rest, "@") && !strings.Contains(rest, ":") && d.Model().Endpoint(rest) == nil {
		return false, nil
	}
	err := o.messages.Send(ctx, m, to, from)
	return !errors.Is(err, message.ErrTechnology), err
}

// Refer implements rest.Exchange.
func (o *outlook) Refer(ctx context.Context, r rest.Referral) error {
	technology, to, ok := strings.Cut(r.To, ":")
	d := (*Exchange)(o).phoneDriver(strings.ToUpper(technology))
	if !ok || d == nil || d.Technology() != phone.PJSIP {
		return message.ErrTechnology
	}
	return d.Refer(ctx, phone.Referral{To: to, From: r.From, Target: r.Target, Self: r.Self, Headers: r.Headers})
}
