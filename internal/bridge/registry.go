package bridge

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A Registry knows the bridges that there are.
type Registry struct {
	bus      *event.Bus
	channels *channel.Registry

	// Intercept, if not nil, returns what is to be run on a leg, on the goroutine of its
	// owner, before it is told who it is connected to; nil is nothing. Set before the
	// first bridge.
	Intercept func(c *channel.Channel) func(ctx context.Context)

	// Begins, if not nil, is called on the goroutine of a leg's owner before the leg enters
	// a bridge in which two talk. Set before the first bridge.
	Begins func(ctx context.Context, c *channel.Channel)

	// Ends, if not nil, is called on the goroutine of a leg's owner once the leg has left a
	// bridge for good and is not wanted elsewhere. Set before the first bridge.
	Ends func(c *channel.Channel)

	mu   sync.RWMutex
	byID map[string]*Bridge

	suspended sync.Map // technologies
}

// Suspend has legs that are joined from now on not be joined by a technology, or be so
// again. Only where there is another one it makes a difference: what is mixed stays
// mixed, and who holds, holds.
func (r *Registry) Suspend(technology string, suspended bool) {
	if suspended {
		r.suspended.Store(technology, true)
	} else {
		r.suspended.Delete(technology)
	}
}

// Suspended reports whether a technology is suspended.
func (r *Registry) Suspended(technology string) bool {
	_, ok := r.suspended.Load(technology)
	return ok
}

// NewRegistry returns an empty registry whose bridges join the channels of r.
func NewRegistry(r *channel.Registry) *Registry {
	return &Registry{bus: r.Bus, channels: r, byID: map[string]*Bridge{}}
}

// Options describes a bridge that is wanted.
type Options struct {
	ID      string // chosen by a client, or empty
	Name    string
	Type    string // "basic", "stasis", "holding" …; empty is "basic"
	Creator string
	// Video is whose picture is seen: "none", "talker" for who talks, "single" for who was chosen, or
	// "sfu" for all, which mixes.
	Video string
	// Holding makes a place where everybody waits and hears music.
	Holding bool
	// Inherit, if not nil, lets a leg wait in a holding bridge in the place of half a Local
	// channel. It returns how that leg comes, or false if the half is about to leave. Who
	// asks moves the leg, or calls Lost.
	Inherit func(half, heir *channel.Channel) (Moving, bool)
	// Mixing mixes even two legs, so that a third one enters without a gap.
	Mixing bool
	// Rate of the mix in Hz; 0 takes the highest of the legs.
	Rate int
	// MaxRate is the highest that the legs bring it to; 0 is no limit.
	MaxRate int
	// Interval is how much is mixed at once; 0 is 20 ms.
	Interval time.Duration
	// Dissolve ends the bridge when a leg leaves it, as a call of two does.
	Dissolve bool
	// Keep lets the bridge live with no leg in it until Destroy.
	Keep bool
}

// Create makes a bridge and tells of it.
func (r *Registry) Create(o Options) (*Bridge, error) {
	if o.ID == "" {
		o.ID = NewID()
	}
	if o.Type == "" {
		o.Type = "basic"
	}
	o.Mixing = o.Mixing || o.Video == sfu
	b := &Bridge{registry: r, options: o, created: time.Now(), video: o.Video}
	if b.video == "" {
		b.video = noVideo
	}
	b.technology = b.choose(0)
	b.end = make(chan struct{})
	r.mu.Lock()
	if r.byID[o.ID] != nil {
		r.mu.Unlock()
		return nil, fmt.Errorf("a bridge with the ID %q exists", o.ID)
	}
	r.byID[o.ID] = b
	r.mu.Unlock()
	if r.bus.Wants(event.KindBridgeCreate) {
		r.bus.Publish(&event.BridgeCreate{Bridge: b.Snapshot()})
	}
	return b, nil
}

// Find returns the bridge with this ID, or nil.
func (r *Registry) Find(id string) *Bridge {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byID[id]
}

// All returns the bridges, the oldest first.
func (r *Registry) All() []*Bridge {
	r.mu.RLock()
	list := make([]*Bridge, 0, len(r.byID))
	for _, b := range r.byID {
		list = append(list, b)
	}
	r.mu.RUnlock()
	sort.Slice(list, func(i, j int) bool { return list[i].created.Before(list[j].created) })
	return list
}

func (r *Registry) remove(b *Bridge) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byID, b.options.ID)
}

// NewID returns a random UUID (RFC 9562 §5.4), as bridges are named.
func NewID() string { return uuid.NewString() }
