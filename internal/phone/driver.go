package phone

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/message"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/internal/udptl"
	"github.com/octothorpe/octothorpe/sip"
)

// Config is what a Driver is made of.
type Config struct {
	// WebSockets returns the listener for phones in browsers, over TLS or in the clear;
	// nil has none.
	WebSockets func(secure bool, at netip.AddrPort) net.Listener
	// Model is the configuration to start with; its technology becomes the driver's.
	Model    *Model
	Registry *channel.Registry
	// Store keeps contacts over a restart; nil forgets them.
	Store  Store
	Bus    *event.Bus
	Logger *slog.Logger
	Hooks  Hooks
	MediaSettings
	// Board, Presences and Mailboxes are what phones subscribe to; nil has none.
	Board     *state.Board
	Presences *state.Presences
	Mailboxes *state.Mailboxes
	// EntityID tells exchanges apart that tell each other what they know.
	EntityID string
	// Families are where peers of sip.conf lie that are in no file; nil has none. System is
	// the name that their registrations may tell of.
	Families Families
	System   string
	// Resolver looks names up; nil asks the machine's name servers.
	Resolver sip.Resolver
}

// FaxSettings say how fax goes out; see udptl.Limit and udptl.Config.
type FaxSettings struct {
	Entries, Span int
	NoChecksums   bool
}

// MediaSettings are those of rtp.conf and udptl.conf.
type MediaSettings struct {
	// Ports are those of RTP; nil refuses calls.
	Ports *rtp.Ports
	// FaxPorts are those of T.38; nil refuses fax.
	FaxPorts *udptl.Ports
	FaxTrace *udptl.Trace // nil tells nothing
	Fax      FaxSettings
	// Strict and Probation say whose RTP is taken: see rtp.Config.
	Strict    rtp.Strict
	Probation int
	// Tuning and HandshakeMTU, the longest datagram of DTLS in bytes (0 is 1200), are for
	// all streams.
	rtp.Tuning
	HandshakeMTU int
	// ICE is what rtp.conf says of the way through NAT.
	ICE ICE
	// Trace, if not nil, tells of packets.
	Trace *rtp.Trace
	// NoSRTP leaves media in the clear: offers that insist on keys are refused.
	NoSRTP bool
}

// SetMedia changes the settings for the calls that begin from now on.
func (d *Driver) SetMedia(s MediaSettings) { d.media.Store(&s) }

// throughNAT is what the settings say of the way through NAT.
func (d *Driver) throughNAT() ICE {
	if m := d.media.Load(); m != nil {
		return m.ICE
	}
	return ICE{}
}

// keyless reports whether there is no SRTP.
func (d *Driver) keyless() bool {
	m := d.media.Load()
	return m != nil && m.NoSRTP
}

// Hooks is what the driver asks of the exchange. Every one may be nil. They are
// called from any goroutine and return quickly.
type Hooks struct {
	// Refresh has objects of these names be looked at again where they lie, before they
	// are looked for. nil: they are all in the model.
	Refresh func(names ...string)
	// Elsewhere reports whether there is anything that Refresh would look at; nil: there is not.
	Elsewhere func() bool
	// BlindTransfer sends the leg that c talks to to an extension (REFER).
	BlindTransfer func(c *channel.Channel, t Transfer) error
	// AttendedTransfer joins who first talks to with who second talks to (REFER with Replaces).
	AttendedTransfer func(first, second *channel.Channel) error
	// Replace has the leg by take the place of old, which ends (Replaces).
	Replace func(old, by *channel.Channel) error
	// Company is the bridge in which a leg is and, if they are two, the other leg; nil is none.
	Company func(c *channel.Channel) (*event.Bridge, *event.Channel)
	// ExtensionExists says whether the dialplan has an extension for the caller.
	ExtensionExists func(context, exten, caller string) bool
	// ExtensionBegins says whether it may have one with further digits.
	ExtensionBegins func(context, exten, caller string) bool
	// Hint finds the hint that is valid for an extension and has the Board tell of
	// it. It returns the context in which it stands.
	Hint func(exten, context string) (in string, ok bool)
	// HintName is the name that a hint has besides its devices, or empty.
	HintName func(exten, context string) string
	// Assign sets a variable of a leg, or by NAME(args) what a function writes.
	Assign func(c *channel.Channel, name, value string)
	// Extend gives a context an extension that does nothing, or takes it back.
	Extend func(context, exten string, there bool)
	// Message gives a message that belongs to no call to the dialplan.
	Message func(m *message.Message) error
	// PicksUp says whether an extension takes a call that rings elsewhere, and PickUp
	// has a leg that called it do so, and becomes its owner.
	PicksUp func(exten string) bool
	PickUp  func(c *channel.Channel)
	// Start runs the dialplan on a channel that came in, where its location says,
	// and becomes its owner. Without it every call is refused.
	Start func(c *channel.Channel)
	// DeviceChanged is told that the state of a device may be another now.
	DeviceChanged func(device, state string)
	// Reload reads the configuration of this driver again, for "sip reload" and the like.
	Reload func() error
	// Console takes the SIP messages that "pjsip set logger on" asks for, whole.
	Console func(text string)
	// FeatureKeys are the keys that begin a feature of a leg, "" where there is none.
	FeatureKeys func(c *channel.Channel, name string) string
	// Figure takes a line for a StatsD server.
	Figure func(line string)
}

// A Driver is the SIP of one technology: its transports, registrar and calls.
type Driver struct {
	ranges     portRanges
	latestTLS  latestTLS
	left       sync.Map     // the names of AORs whose last contact has gone
	tags       maphash.Seed // of chan_sip's answers to REGISTER
	technology string
	model      atomic.Pointer[Model]
	registry   *channel.Registry
	store      Store
	bus        *event.Bus
	log        *slog.Logger
	lines      *slog.Logger // for what is known word for word: see tell
	hooks      Hooks

	clock       *clock
	location    *location
	presence    presence
	maintenance maintenance
	calls       callCounts
	keeper      *keeper
	lending     *lending // nil: no database lends peers
	expiry      agenda   // of contacts, by ID
	qualifier   qualifier
	keepalives  keepalives
	outgoings   registrations
	agreements  agreements
	trace       trace
	nonces      sync.Map // of *sip.Nonces, by lifetime
	names       sip.Resolver
	resolved    atomic.Pointer[resolved] // nil if no name is configured
	renamed     chan struct{}            // wakes resolveNames
	sessions    sessions
	house       *house
	media       atomic.Pointer[MediaSettings]
	subs        *subscriptions
	mailWatches *mailWatches
	referrals   referrals
	board       *state.Board
	presences   *state.Presences
	mailboxes   *state.Mailboxes
	entityID    string
	receptions  receptions
	strangers   strangers
	webSockets  func(secure bool, at netip.AddrPort) net.Listener
	sequence    atomic.Uint32          // numbers the channels
	newSessions func(*Driver) sessions // set by New; tests leave it out
	stack       *sip.Stack
	listen      func(network, address string, o sip.ListenOptions) error // of the stack, unless a test says otherwise
	binding     [64]sync.Mutex                                           // orders registrations of an AOR; held for computing alone

	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	owing   owing // BYEs that wait for an ACK
}

// New returns a driver that does nothing until Start.
func New(g Config) *Driver {
	d := &Driver{tags: maphash.MakeSeed(), technology: g.Model.Technology, registry: g.Registry, store: g.Store, bus: g.Bus, log: g.Logger,
		hooks: g.Hooks, clock: newClock(), location: newLocation()}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.bus == nil {
		d.bus = event.NewBus()
	}
	d.lines = d.log
	d.log = d.log.With("technology", d.technology)
	d.location.moved = d.contactMoved
	d.keeper = newKeeper(g.Store, d.log)
	if d.names = g.Resolver; d.names == nil {
		d.names = sip.NewResolver(sip.ResolverConfig{})
	}
	d.renamed = make(chan struct{}, 1)
	d.expiry.tasks, d.qualifier.tasks = map[string]*task{}, map[string]*task{}
	d.outgoings.byName = map[string]*outgoing{}
	d.presence.online = map[string]bool{}
	d.calls.byEndpoint = map[string]*callCount{}
	d.SetMedia(g.MediaSettings)
	d.webSockets = g.WebSockets
	d.house = newHouse(d)
	d.subs = newSubscriptions(d)
	d.mailWatches = &mailWatches{driver: d}
	d.board, d.presences, d.mailboxes, d.entityID = g.Board, g.Presences, g.Mailboxes, g.EntityID
	d.lending = newLending(g.Families, g.System, d)
	d.newSessions = func(d *Driver) sessions { return d.house }
	g.Model.lending = d.lending
	d.model.Store(g.Model)
	return d
}

// Technology implements channel.Driver.
func (d *Driver) Technology() string { return d.technology }

// Model returns the configuration that holds now.
func (d *Driver) Model() *Model { return d.model.Load() }

// Contacts returns the contacts of an AOR, static and registered, by ID.
func (d *Driver) Contacts(aor string) []*Contact { return d.location.contacts(d.aorKey(aor)) }

func (d *Driver) aorKey(name string) string {
	if a := d.Model().AOR(name); a != nil {
		return a.Name
	}
	return name
}

// run starts the goroutines that need no transport.
func (d *Driver) run(ctx context.Context) {
	d.ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	d.workers.Add(3)
	go func() { defer d.workers.Done(); d.resolveNames(d.ctx) }()
	go func() { defer d.workers.Done(); d.clock.run(d.ctx) }()
	go func() { defer d.workers.Done(); d.keeper.run(d.ctx) }()
	if d.lending != nil {
		d.workers.Add(1)
		go func() { defer d.workers.Done(); d.lending.back.run(d.ctx) }()
	}
}

// lock orders what happens to one AOR.
func (d *Driver) lock(aor string) *sync.Mutex {
	h := uint32(2166136261)
	for i := range len(aor) {
		h = (h ^ uint32(aor[i])) * 16777619
	}
	return &d.binding[h%uint32(len(d.binding))]
}

// levelNotice is that of lines that the reference writes as NOTICE.
const levelNotice = logging.Notice

// tell writes a line of the log that people and scripts know from the reference,
// word for word: nothing stands behind it, or the expressions by which programs
// look for it would not match.
func (d *Driver) tell(level slog.Level, format string, args ...any) {
	if d.lines.Enabled(context.Background(), level) {
		d.lines.Log(context.Background(), level, fmt.Sprintf(format, args...))
	}
}

// verbose is tell for a line of a verbosity.
func (d *Driver) verbose(level int, format string, args ...any) {
	logging.Verbosef(d.lines, level, format, args...)
}

// Booted is told that the exchange is ready: what phones watch is what it will be.
// It goes on with the subscriptions of the last run and tells of mailboxes.
func (d *Driver) Booted() {
	if d.stack == nil {
		return
	}
	d.subs.restore()
	d.greetAll()
	d.mailWatches.apply(d.Model())
}

// Metrics returns what the SIP stack counts, nil before Start.
func (d *Driver) Metrics() *sip.Metrics {
	if d.stack == nil {
		return nil
	}
	return d.stack.Metrics()
}
