package agent

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
)

// A Voice plays to legs.
type Voice interface {
	// Prompt plays a sound to a leg until its end or one of the keys. It is the owner's.
	Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error)
	// Aside plays a sound to a leg of a bridge, apart from the others.
	Aside(b *bridge.Bridge, c *channel.Channel, name string)
}

// Features makes what legs can ask for by keys while they talk: package feature.
type Features interface {
	Of(c *channel.Channel, letters string) *bridge.Features
}

// A House has the agents of one exchange. Its fields are set before the first call.
type House struct {
	Calls    *call.Calls
	Voice    Voice
	Features Features // may be nil
	// Record begins to record a call, as a leg that asks for it by keys does; may be nil.
	Record func(ctx context.Context, b *bridge.Bridge, c *channel.Channel)
	// Look tells the state of a device if it has changed.
	Look   func(device string)
	Logger *slog.Logger

	mu     sync.RWMutex // taken before an agent's; held while the holding bridge is made
	agents map[string]*Agent
	hold   *bridge.Bridge // where agents wait; nil before the first one does
}

// An Agent is one of agents.conf.
type Agent struct {
	id string

	mu       sync.Mutex // a leaf
	settings *Settings
	gone     bool             // it is not in the file any more
	leg      *channel.Channel // nil: logged off
	phase    phase
	since    time.Time // logged in
	call     *request  // that is for it
	soft     bool      // it is to be logged off when it does not talk
	override Settings  // of the leg's variables
}

// phase is what an agent who is logged in does.
type phase int

const (
	loggedOff phase = iota
	arriving        // on the way to the holding bridge
	ready
	asked // a caller waits for it
	talking
	resting // after a call
)

// Configure puts agents.conf in force. Who is logged in stays so.
func (h *House) Configure(f *File) {
	h.mu.Lock()
	if h.agents == nil {
		h.agents = map[string]*Agent{}
	}
	named := map[string]bool{}
	var fresh []*Agent
	for _, s := range f.agents {
		named[s.ID] = true
		a := h.agents[s.ID]
		if a == nil {
			a = &Agent{id: s.ID}
			h.agents[s.ID] = a
			fresh = append(fresh, a)
		}
		a.mu.Lock()
		a.settings, a.gone = s, false
		a.mu.Unlock()
	}
	var gone []*Agent
	for id, a := range h.agents {
		if !named[id] {
			a.mu.Lock()
			a.gone = true
			a.mu.Unlock()
			gone = append(gone, a)
		}
	}
	h.mu.Unlock()
	for _, a := range gone {
		h.drop(a)
	}
	for _, a := range fresh {
		h.Look("Agent:" + a.id)
	}
}

// drop forgets an agent that is not in the file any more, unless it is logged in.
func (h *House) drop(a *Agent) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.gone && a.leg == nil && h.agents[a.id] == a {
		delete(h.agents, a.id)
	}
}

func (h *House) find(id string) *Agent {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.agents[id]
}

func (h *House) all() []*Agent {
	h.mu.RLock()
	list := make([]*Agent, 0, len(h.agents))
	for _, a := range h.agents {
		list = append(list, a)
	}
	h.mu.RUnlock()
	slices.SortFunc(list, func(a, b *Agent) int { return strings.Compare(a.id, b.id) })
	return list
}

// Device returns the state of the device "Agent:id".
func (h *House) Device(id string) string {
	a := h.find(id)
	if a == nil {
		return state.Invalid
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.device()
}

// device is the state of the agent's device. a.mu is held.
func (a *Agent) device() string {
	switch a.phase {
	case loggedOff, arriving:
		return state.Unavailable
	case ready:
		return state.NotInUse
	}
	return state.InUse
}

// turn puts an agent into a phase and tells its device. It fails where the agent is in
// none of those from which it may come.
func (h *House) turn(a *Agent, to phase, from ...phase) bool {
	a.mu.Lock()
	ok := len(from) == 0 || slices.Contains(from, a.phase)
	if ok {
		a.phase = to
	}
	a.mu.Unlock()
	if ok {
		h.Look("Agent:" + a.id)
	}
	return ok
}

// own returns the settings of an agent and of the leg on which it is logged in.
func (a *Agent) own() Settings {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leg != nil {
		return a.override
	}
	return *a.settings
}

func (h *House) tell(name string, c *channel.Channel, fields ...event.Variable) {
	if bus := h.Calls.Channels.Bus; bus.Wants(event.KindGeneric) {
		bus.Publish(&event.Generic{Name: name, Class: "agent", Channel: c.Snapshot(), Fields: fields})
	}
}

// holding returns the bridge in which agents wait.
func (h *House) holding() (*bridge.Bridge, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.hold != nil {
		select {
		case <-h.hold.Over():
		default:
			return h.hold, nil
		}
	}
	b, err := h.Calls.Bridges.Create(bridge.Options{Type: "agent_hold", Creator: "AgentPool", Holding: true, Keep: true})
	if err == nil {
		h.hold = b
	}
	return b, err
}
