package channel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Registry knows the channels that there are and the drivers that make them.
type Registry struct {
	Bus    *event.Bus
	Logger *slog.Logger
	// Sounds makes what a leg hears when nobody speaks: see Sounds. Set before the first channel.
	Sounds Sounds
	// Language is that of legs for which nothing says another, "en" if empty. Set before the first channel.
	Language string
	// Silence is sent to a leg that waits, or is recorded: transmit_silence of
	// asterisk.conf. Set before the first channel.
	Silence bool
	// LeastKey is how long keys are held at least that go on to another leg. Set before
	// the first channel.
	LeastKey time.Duration
	// Touched is told the name of a channel whose device may have changed its
	// state. It must not wait. Set before the first channel; may be nil.
	Touched func(channel string)

	system    string // systemname, prefixed to unique IDs
	next      atomic.Uint64
	numbers   atomic.Uint32
	calls     atomic.Uint64
	maxCalls  atomic.Int64
	overload  atomic.Pointer[func() error]
	conceal   atomic.Pointer[Concealment]
	ongoing   int // calls, under mu
	shown     atomic.Pointer[[]string]
	hearing   atomic.Pointer[media.Hearing]
	reporting reporting
	refusing  atomic.Bool
	watched   watching // new channels

	ctx    context.Context
	cancel context.CancelCauseFunc
	owners owners

	mu       sync.RWMutex
	byName   map[string]*Channel // keys are lower case
	byID     map[string]*Channel
	drivers  map[string]Driver // keys are lower case
	standing int               // channels that are not counted
}

// ErrShutdown is the cause with which contexts end when the exchange stops.
var ErrShutdown = errors.New("the exchange stops")

// ErrFull is returned by New where the configured number of calls is reached,
// or the exchange is about to stop.
var ErrFull = errors.New("no more calls are taken")

// NewRegistry returns an empty registry. systemName may be empty.
func NewRegistry(bus *event.Bus, logger *slog.Logger, systemName string) *Registry {
	r := &Registry{Bus: bus, Logger: logger, system: systemName, LeastKey: LeastKey,
		byName: map[string]*Channel{}, byID: map[string]*Channel{}, drivers: map[string]Driver{}}
	r.hearing.Store(media.DefaultHearing())
	r.ctx, r.cancel = context.WithCancelCause(context.Background())
	return r
}

// Register makes a driver known. A later driver of the same technology replaces an earlier one.
func (r *Registry) Register(d Driver) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drivers[strings.ToLower(d.Technology())] = d
}

// Unregister forgets the driver of a technology; its legs live on.
func (r *Registry) Unregister(technology string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.drivers, strings.ToLower(technology))
}

// Driver returns the driver of a technology, whose case does not matter.
func (r *Registry) Driver(technology string) (Driver, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	d, ok := r.drivers[strings.ToLower(technology)]
	return d, ok
}

// Drivers returns all drivers, by name.
func (r *Registry) Drivers() []Driver {
	r.mu.RLock()
	defer r.mu.RUnlock()
	list := make([]Driver, 0, len(r.drivers))
	for _, d := range r.drivers {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b Driver) int { return cmp.Compare(a.Technology(), b.Technology()) })
	return list
}

// Request asks the driver of a dial string's technology ("PJSIP/100") for a leg.
func (r *Registry) Request(ctx context.Context, technology string, q Request) (*Channel, error) {
	d, ok := r.Driver(technology)
	if !ok {
		return nil, &RequestError{Cause: 66, Why: fmt.Sprintf("no channel technology %q", technology)}
	}
	return d.Request(ctx, q)
}

// Find returns the channel with this name or unique ID, or nil.
func (r *Registry) Find(nameOrID string) *Channel {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if c := r.byID[nameOrID]; c != nil {
		return c
	}
	return r.byName[strings.ToLower(nameOrID)]
}

// FindPrefix returns a channel whose name starts with prefix, or nil.
func (r *Registry) FindPrefix(prefix string) *Channel {
	for _, c := range r.All() {
		if name := c.Name(); len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return c
		}
	}
	return nil
}

// All returns the channels, the oldest first.
func (r *Registry) All() []*Channel {
	r.mu.RLock()
	list := make([]*Channel, 0, len(r.byID))
	for _, c := range r.byID {
		list = append(list, c)
	}
	r.mu.RUnlock()
	slices.SortFunc(list, func(a, b *Channel) int { return cmp.Compare(a.order, b.order) })
	return list
}

// Count returns the number of channels that are legs of calls.
func (r *Registry) Count() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.byID) - r.standing
}

// CallsProcessed returns how many dialplans were started since the start.
func (r *Registry) CallsProcessed() uint64 { return r.calls.Load() }

// SetMaxCalls limits the number of calls; 0 is no limit. A call is a leg that somebody
// else has begun, or that a dialplan runs on: what is dialled for its sake is no further one.
func (r *Registry) SetMaxCalls(n int) { r.maxCalls.Store(int64(n)) }

// MaxCalls returns that limit.
func (r *Registry) MaxCalls() int { return int(r.maxCalls.Load()) }

// SetOverload has f asked before each call: its error is why no more are taken. It
// must not wait. nil asks nobody.
func (r *Registry) SetOverload(f func() error) {
	if f == nil {
		r.overload.Store(nil)
		return
	}
	r.overload.Store(&f)
}

// tooMany returns why there is no room for a call.
func (r *Registry) tooMany() error {
	if f := r.overload.Load(); f != nil {
		if err := (*f)(); err != nil {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	return nil
}

// Refuse makes New refuse further channels, as the exchange is about to stop.
func (r *Registry) Refuse(yes bool) { r.refusing.Store(yes) }

// SetHearing changes how silence and keys are heard from now on: dsp.conf.
func (r *Registry) SetHearing(h *media.Hearing) { r.hearing.Store(h) }

// ShowVariables names the variables whose values snapshots carry.
func (r *Registry) ShowVariables(names []string) { r.shown.Store(&names) }

// Go runs f as a goroutine that Shutdown waits for: the owner of channels.
// A panic in it is logged with its stack and ends that goroutine alone.
func (r *Registry) Go(name string, f func()) {
	r.owners.begin()
	go func() {
		defer r.owners.end()
		defer r.contain(name)
		deepen(0)
		f()
	}()
}

// deepen makes the goroutine's stack as deep as a call needs it, at once and while
// there is nothing on it to be moved.
//
//go:noinline
func deepen(i byte) byte {
	var room [5 << 10]byte
	room[i] = i
	return room[room[i]]
}

// grace is what owners get whose calls were cut off: h that never ends, say.
const grace = time.Second

// Shutdown hangs up all channels with the cause and waits for their owners. When
// ctx ends, so do the contexts of the calls, under which h and hang-up handlers
// run, and the owners get a moment more.
func (r *Registry) Shutdown(ctx context.Context, cause int) error {
	r.Refuse(true)
	for _, c := range r.All() {
		c.Hangup(cause)
	}
	done := r.owners.none()
	defer r.cancel(ErrShutdown)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	r.cancel(ErrShutdown)
	select {
	case <-done:
	case <-time.After(grace):
	}
	return fmt.Errorf("channels did not end: %w", ctx.Err())
}

func (r *Registry) touch(name string) {
	if r.Touched != nil {
		r.Touched(name)
	}
}

func (r *Registry) uniqueID() (string, uint64) {
	n := r.next.Add(1) - 1
	if r.system != "" {
		return fmt.Sprintf("%s-%d.%d", r.system, time.Now().Unix(), n), n
	}
	return fmt.Sprintf("%d.%d", time.Now().Unix(), n), n
}

func (r *Registry) add(c *Channel) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := strings.ToLower(c.s.Name)
	if r.byID[c.uniqueID] != nil {
		return fmt.Errorf("a channel with the unique ID %q exists", c.uniqueID)
	}
	if r.byName[key] != nil {
		return fmt.Errorf("a channel with the name %q exists", c.s.Name)
	}
	if limit := r.maxCalls.Load(); c.counted && limit > 0 && int64(r.ongoing) >= limit {
		return ErrFull
	}
	r.byName[key], r.byID[c.uniqueID] = c, c
	if c.standing {
		r.standing++
	}
	if c.counted {
		r.ongoing++
	}
	return nil
}

// count makes a leg a call, if it is none yet.
func (r *Registry) count(c *Channel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !c.counted && r.byID[c.uniqueID] == c {
		c.counted = true
		r.ongoing++
	}
}

func (r *Registry) remove(c *Channel) {
	name := strings.ToLower(c.Name())
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName[name] == c {
		delete(r.byName, name)
	}
	if c.standing && r.byID[c.uniqueID] == c {
		r.standing--
	}
	if c.counted && r.byID[c.uniqueID] == c {
		r.ongoing--
	}
	delete(r.byID, c.uniqueID)
}

func (r *Registry) rename(c *Channel, from, to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byName, strings.ToLower(from))
	r.byName[strings.ToLower(to)] = c
}
