package stasis

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A Dialplan is what legs in applications may ask of the executor.
type Dialplan interface {
	app.Dialplan
	// Variable returns a built-in variable, one of the leg or a global one.
	Variable(c *channel.Channel, name string) (string, bool)
	// Read reads a function, NAME(args).
	Read(ctx context.Context, c *channel.Channel, text string) (string, error)
	// Outside marks a context as that of a client, whom Read and Assign refuse the functions that are risky.
	Outside(ctx context.Context) context.Context
	// Jump makes the dialplan go on at a place when the application has returned.
	Jump(c *channel.Channel, l channel.Location)
	// Run runs the dialplan on a leg from where it stands, and ends it.
	Run(c *channel.Channel)
}

// An Endpoint is who can be called: a phone, or a peer.
type Endpoint struct {
	Technology, Resource, State string
	Channels                    []string // unique IDs
}

// Config is what a Hub works with. All is needed.
type Config struct {
	House    *app.House
	Dialplan Dialplan
	Bus      *event.Bus
	Logger   *slog.Logger
	// Entity is asterisk_id: which exchange this is.
	Entity string
	// Recordings is the folder of recordings.
	Recordings string
	// Endpoints are all that there are; Endpoint is one of them, ok is false if there is none.
	Endpoints func() []Endpoint
	Endpoint  func(technology, resource string) (Endpoint, bool)
	// Summon opens the WebSocket of an application that has none, if one is to be opened for calls, and
	// reports whether it has one now. It may be nil.
	Summon func(ctx context.Context, name string) bool
	// Shown shows a message to a client at an address, to who debugs applications. It may be nil.
	Shown func(peer string, message []byte)
	// Device returns the state of a device.
	Device func(name string) string
	// Keeping says what is kept for clients that come back.
	Keeping Keeping
}

// A Hub knows the applications and the legs in them.
type Hub struct {
	Config

	legs      legs
	playbacks playbacks
	live      recordings
	rooms     rooms
	offers    offers

	telling  sync.Mutex // held while an event is told, so that all hear it in one order; below the bus
	journals journals   // under telling, as what follows
	epoch    string     // which hub this is, in places
	count    uint64     // numbers what is kept
	shares   uint64     // numbers clients that share
	counts   counts
	hearing  []listener // room for those of an event
	watching []watched

	listening sync.Mutex // held while applications come and go; above the bus
	cancel    func()     // ends the subscription to the bus; nil while there is no application

	mu      sync.Mutex // a leaf
	apps    map[string]*App
	order   []*App        // the same, as they came: who is told first
	arrival chan struct{} // closed when a client comes
	closed  bool

	debugAll  bool
	debugging atomic.Bool // debugAll, or an application's debug

	dropped    atomic.Uint64 // events for sockets that were full
	announcers atomic.Uint32 // numbers them where there are no Local channels
	snoops     atomic.Uint64 // numbers them
}

// New returns a hub without applications.
func New(g Config) *Hub {
	h := &Hub{Config: g, apps: map[string]*App{}, arrival: make(chan struct{}), epoch: strconv.FormatInt(time.Now().UnixNano(), 36)}
	h.journals.all = map[*journal]bool{}
	h.legs.all = map[string]*Leg{}
	h.playbacks.all = map[string]*Playback{}
	h.live.all = map[string]*Recording{}
	h.rooms.all = map[string]*room{}
	h.offers.all = map[string]*offer{}
	return h
}

// Errors of what clients ask.
var (
	ErrNoApp         = errors.New("no such application")
	ErrScheme        = errors.New("no such kind of source")
	ErrNoSource      = errors.New("no such source")
	ErrNotSubscribed = errors.New("not subscribed")
)

// A Socket is a client that listens to applications.
type Socket interface {
	// Send queues a message, and reports false if it can't.
	Send(message []byte) bool
	// Share is Send of a message in two parts, of which others have the first, too: nobody
	// changes either. It may wait some milliseconds for others like it.
	Share(begin, end []byte) bool
	// Flush has what was queued written now, as far as the client takes it. It does not wait.
	Flush()
	// Close ends the socket.
	Close()
	// Waiting is how many bytes were queued and not sent.
	Waiting() int
}

// An App is an application.
type App struct {
	Name string

	end []byte // what its events end with

	// What follows stands under Hub.mu.
	clients    []*client            // never changed but replaced; one, or several that share it
	owners     map[string][]*client // of sources, where it is shared: who hears of them
	sources    map[string]int       // how often it listens to one; "channel:" are all channels
	allowed    []any
	disallowed []any
	journal    *journal // nil while nobody counts
	waits      *waiting // for a client to come back; nil if for none
	everything bool     // its client has asked for all sources
	debug      bool     // what it is told is shown
}

// The kinds of sources, as clients write them.
const (
	ofChannels  = "channel:"
	ofBridges   = "bridge:"
	ofEndpoints = "endpoint:"
	ofDevices   = "deviceState:"
)

// sourceKinds are the kinds of sources: the member of an Application that lists them, and how
// all of a kind are called.
var sourceKinds = []struct{ key, prefix, all string }{{"channel_ids", ofChannels, "__AST_CHANNEL_ALL_TOPIC"}, {"bridge_ids", ofBridges, "__AST_BRIDGE_ALL_TOPIC"},
	{"endpoint_ids", ofEndpoints, "__AST_ENDPOINT_ALL_TOPIC"}, {"device_names", ofDevices, "__AST_DEVICE_STATE_ALL_TOPIC"}}

// Names are the applications, sorted.
func (h *Hub) Names() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []string
	for name := range h.apps {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// AppendApp appends the Application of a name.
func (h *Hub) AppendApp(b []byte, name string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[name]
	if a == nil {
		return b, ErrNoApp
	}
	b = member(append(b, '{'), "name", name)
	for _, s := range sourceKinds {
		var list []string
		for source := range a.sources {
			id, ok := strings.CutPrefix(source, s.prefix)
			switch {
			case ok && id == "":
				list = append(list, s.all)
			case ok:
				list = append(list, id)
			}
		}
		slices.Sort(list)
		b = AppendTexts(key(b, s.key), list)
	}
	b = appendList(key(b, "events_allowed"), a.allowed)
	return append(appendList(key(b, "events_disallowed"), a.disallowed), '}'), nil
}

func appendList(b []byte, list []any) []byte {
	if len(list) == 0 {
		return append(b, "[]"...)
	}
	return appendValue(b, list)
}

// Filter sets which events an application hears: of the kinds allowed, if there are any, and
// not of those disallowed. nil leaves one as it is.
func (h *Hub) Filter(name string, allowed, disallowed *[]any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[name]
	if a == nil {
		return ErrNoApp
	}
	if allowed != nil {
		a.allowed = *allowed
	}
	if disallowed != nil {
		a.disallowed = *disallowed
	}
	return nil
}

// wants reports whether an application's filters let a kind of event pass. Hub.mu is held.
func (a *App) wants(kind string) bool {
	return !containsType(a.disallowed, kind) && (len(a.allowed) == 0 || containsType(a.allowed, kind))
}

func containsType(list []any, kind string) bool {
	for _, one := range list {
		if m, ok := one.(map[string]any); ok && m["type"] == kind {
			return true
		}
	}
	return false
}

// Subscribe has an application hear of sources, "channel:ID" and so on. It is all of
// them or none.
func (h *Hub) Subscribe(name string, sources []string) error {
	return h.change(name, sources, func(a *App, source string) error {
		switch kind, id, _ := strings.Cut(source, ":"); {
		case id != "" && (kind+":" == ofChannels || kind+":" == ofBridges):
			a.sources[source]++ // it stays when the leg leaves the application
		case a.sources[source] == 0:
			a.sources[source] = 1
		}
		return nil
	}, h.exists)
}

// Unsubscribe ends that.
func (h *Hub) Unsubscribe(name string, sources []string) error {
	return h.change(name, sources, func(a *App, source string) error {
		a.forget(source)
		return nil
	}, func(a *App, source string) error {
		if a.sources[source] == 0 {
			return ErrNotSubscribed
		}
		return nil
	})
}

func (h *Hub) change(name string, sources []string, do, check func(*App, string) error) error {
	h.mu.Lock()
	a := h.apps[name]
	h.mu.Unlock()
	if a == nil {
		return ErrNoApp
	}
	for _, source := range sources {
		prefix, _, ok := strings.Cut(source, ":")
		if !ok || !slices.Contains([]string{ofChannels, ofBridges, ofEndpoints, ofDevices}, prefix+":") {
			return ErrScheme
		}
	}
	for _, f := range []func(*App, string) error{check, do} {
		for _, source := range sources {
			if err := h.each(a, source, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *Hub) each(a *App, source string, f func(*App, string) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return f(a, source)
}

// exists reports whether a source is one that can be subscribed to.
func (h *Hub) exists(_ *App, source string) error {
	kind, id, _ := strings.Cut(source, ":")
	there := true
	if id == "" {
		return nil // all of the kind
	}
	switch kind + ":" {
	case ofChannels:
		there = h.House.Channels.Find(id) != nil
	case ofBridges:
		there = h.House.Bridges.Find(id) != nil
	case ofEndpoints:
		technology, resource, whole := strings.Cut(id, "/")
		if !whole {
			_, there = h.House.Channels.Driver(technology)
			break
		}
		_, there = h.Endpoint(technology, resource)
	}
	if !there {
		return ErrNoSource
	}
	return nil
}

// follow and leave count that an application hears of a source because of something it has there.
func (h *Hub) follow(name, source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.apps[name]; a != nil {
		a.sources[source]++
	}
}

func (h *Hub) leave(name, source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.apps[name]; a != nil && a.sources[source] > 0 {
		if a.sources[source]--; a.sources[source] == 0 {
			a.forget(source)
		}
	}
}

// forget has an application hear no more of a source. Hub.mu is held.
func (a *App) forget(source string) {
	delete(a.sources, source)
	a.disown(source)
}

// FollowMade has an application hear of a leg that it had made, to the leg's end: the client
// who asked for it, if several share the application and that is known.
func (h *Hub) FollowMade(name string, c *channel.Channel, by Socket) {
	source := ofChannels + c.UniqueID()
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.apps[name]; a != nil {
		a.sources[source]++
		a.own(source, by)
	}
}

// FollowHalf has an application hear of the other half of a leg that it had made, too: it is the same client's.
func (h *Hub) FollowHalf(name string, half, made *channel.Channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[name]
	if a == nil {
		return
	}
	source := ofChannels + half.UniqueID()
	a.sources[source]++
	if list := a.owners[ofChannels+made.UniqueID()]; len(list) > 0 {
		a.disown(source)
		a.owners[source] = list[:1:1]
		list[0].legs++ // until it is disowned
	}
}

// FollowMadeBridge has the client of an application that has made a bridge hear of it.
func (h *Hub) FollowMadeBridge(id string, by Socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.order {
		if a.shared() && slices.ContainsFunc(a.clients, func(c *client) bool { return c.socket == by }) {
			a.own(ofBridges+id, by)
		}
	}
}

// hear takes an event of the core.
func (h *Hub) hear(s event.Stamped) {
	h.before(s.Event, s.Time)
	if t := h.translate(s.Event); t.kind != "" {
		h.tell(t, s.Time, true)
	}
	h.after(s.Event, s.Time)
}
