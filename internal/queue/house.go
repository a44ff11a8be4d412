package queue

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/store"
)

// A Dialplan is what queues need of the executor.
type Dialplan interface {
	// Subroutine runs place(arg,…) on c like Gosub, and returns when it has returned.
	Subroutine(ctx context.Context, c *channel.Channel, place string) error
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
	// CanMatch tells whether digits are an extension of a context, or the beginning of one.
	CanMatch(context, digits, caller string) bool
	// Goto makes the dialplan go on at [[context,]exten,]priority.
	Goto(c *channel.Channel, place string) error
	// Resolve reads [[context,]exten,]priority relative to where c is.
	Resolve(c *channel.Channel, place string) (channel.Location, error)
	// Expand substitutes variables, functions and expressions in a text.
	Expand(ctx context.Context, c *channel.Channel, text string) string
	// Execute runs one application on c.
	Execute(ctx context.Context, c *channel.Channel, application, data string) error
}

// A Voice plays to legs that their owner reads.
type Voice interface {
	// Prompt plays a sound until its end or one of the keys, which it returns.
	Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error)
	// Number says a number.
	Number(ctx context.Context, c *channel.Channel, n int, keys string) (byte, error)
	// Music returns the music of a class, of the leg's own for "".
	Music(class string, c *channel.Channel) (channel.Source, error)
}

// Features makes what legs can ask for by keys while they talk: package feature.
type Features interface {
	Of(c *channel.Channel, letters string) *bridge.Features
	Inherit(from, to *channel.Channel)
}

// Pickups lets others take calls of legs that ring.
type Pickups interface {
	// Offer says that the call of a leg may be picked up, until Take.
	Offer(c *channel.Channel)
	// Take ends the offer. If somebody has claimed the call, picker is who, and enter is
	// to be called once: with the bridge to go to, or with nil where nothing comes of it.
	Take(c *channel.Channel) (picker *channel.Channel, enter func(*bridge.Bridge))
}

// Devices knows the states of devices.
type Devices interface {
	Device(name string) string
	// Extension returns the state of an extension's hint.
	Extension(exten, context string) (string, bool)
	// Look tells the state of a device if it has changed.
	Look(name string)
}

// A Database is AstDB.
type Database interface {
	Put(family, key, value string) error
	Del(family, key string) (existed bool, err error)
	Walk(prefix string, f func(store.Entry) bool)
}

// A House has the queues of one exchange. What is not set stays empty; it is set
// before the first call.
type House struct {
	Calls    *call.Calls
	Dialplan Dialplan
	Voice    Voice
	Features Features // may be nil
	Pickups  Pickups  // may be nil
	// Intercept returns the subroutine that a leg has for who it is connected to, nil where
	// it has none; may be nil. It is run on the goroutine of the leg's owner.
	Intercept func(c *channel.Channel) func(context.Context)
	Devices   Devices
	Database  Database
	Logger    *slog.Logger
	Log       *Log // queue_log
	// Reload reads the files again and configures what of it is asked for, of all queues or of one.
	Reload func(what int, queue string) error
	// Refresh has a queue, or with "" all, be looked at again where it lies, before it is
	// looked for; nil: all are in the files.
	Refresh func(queue string)
	// Keep writes a change of a member where the member lies, without having anybody wait,
	// and calls done when that is over, however it ended; nil: all are in the files.
	Keep func(c Change, done func())

	general atomic.Pointer[general]
	rules   atomic.Pointer[Rules]
	watch   watch

	mu      sync.RWMutex // a leaf but for the queues' own
	queues  map[string]*Queue
	sorted  []*Queue             // by name, immutable; nil: to be made anew
	members map[string][]*Member // by interface, in lower case
	devices map[string][]*Member // by the device that tells their state, in lower case
	weighty atomic.Bool          // some queue has a weight
}

func (h *House) settings() *general {
	if g := h.general.Load(); g != nil {
		return g
	}
	return &general{restrictedCaller: true, autofill: true}
}

func (h *House) bus() *event.Bus { return h.Calls.Channels.Bus }

// Find returns a queue by its name, or nil. Case does not matter.
func (h *House) Find(name string) *Queue {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.queues[strings.ToLower(name)]
}

// lookUp is Find for who wants the queue as it is where it lies now.
func (h *House) lookUp(name string) *Queue {
	h.renew(name)
	return h.Find(name)
}

func (h *House) renew(name string) {
	if h.Refresh != nil {
		h.Refresh(name)
	}
}

// All returns the queues by name. The list is not to be changed.
func (h *House) All() []*Queue {
	h.mu.RLock()
	list := h.sorted
	h.mu.RUnlock()
	if list != nil {
		return list
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.sorted == nil {
		h.sorted = make([]*Queue, 0, len(h.queues))
		for _, key := range slices.Sorted(maps.Keys(h.queues)) {
			h.sorted = append(h.sorted, h.queues[key])
		}
	}
	return h.sorted
}

// some returns the queue of a name, or with "" all.
func (h *House) some(name string) []*Queue {
	if name == "" {
		return h.All()
	}
	if q := h.Find(name); q != nil {
		return []*Queue{q}
	}
	return nil
}

// deviceOf is the device that tells a member's state, as it is looked up. A Local
// channel's options are not part of it.
func deviceOf(state string) string {
	if rest, ok := strings.CutPrefix(state, "Local/"); ok {
		destination, _, _ := strings.Cut(rest, "/")
		return "Local/" + destination
	}
	return state
}

// hintOf is the extension whose hint tells a member's state.
func hintOf(state string) (exten, context string, ok bool) {
	rest, ok := strings.CutPrefix(state, "hint:")
	if !ok {
		return "", "", false
	}
	exten, context, _ = strings.Cut(rest, "@")
	return exten, context, true
}

// status asks for the state of a member's device.
func (h *House) status(device string) string {
	if exten, context, ok := hintOf(device); ok {
		s, known := h.Devices.Extension(exten, context)
		if !known {
			return "INVALID"
		}
		return s
	}
	return h.Devices.Device(deviceOf(device))
}

// enlist makes a member known by its interface and device; strike forgets it.
func (h *House) enlist(m *Member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	iface, device := strings.ToLower(m.iface), strings.ToLower(deviceOf(m.device))
	h.members[iface] = append(h.members[iface], m)
	h.devices[device] = append(h.devices[device], m)
}

func (h *House) strike(m *Member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	drop := func(of map[string][]*Member, key string) {
		rest := slices.DeleteFunc(slices.Clone(of[key]), func(o *Member) bool { return o == m })
		if of[key] = rest; len(rest) == 0 {
			delete(of, key)
		}
	}
	drop(h.members, strings.ToLower(m.iface))
	drop(h.devices, strings.ToLower(deviceOf(m.device)))
}

// memberships returns the members of all queues with an interface, by queue.
func (h *House) memberships(iface string) []*Member {
	h.mu.RLock()
	list := slices.Clone(h.members[strings.ToLower(iface)])
	h.mu.RUnlock()
	slices.SortFunc(list, func(a, b *Member) int { return strings.Compare(a.q.name, b.q.name) })
	return list
}

// tell publishes an event of queues. Nobody holds a lock meanwhile.
func (h *House) tell(name string, c, dest *event.Channel, fields ...event.Variable) {
	if bus := h.bus(); bus.Wants(event.KindGeneric) {
		bus.Publish(&event.Generic{Name: name, Class: "agent", Channel: c, Dest: dest, Fields: fields})
	}
}

// field is a field of an event.
func field(name, value string) event.Variable { return event.Variable{Name: name, Value: value} }

// unix is a time in seconds since 1970, 0 for none.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
