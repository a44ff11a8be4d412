package sharedline

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/state"
)

// A Dialplan is what shared lines need of the executor.
type Dialplan interface {
	// Execute runs one application on c.
	Execute(ctx context.Context, c *channel.Channel, application, data string) error
	// Make replaces the extensions that were made before.
	Make(list []Extension) error
}

// An Extension is a priority 1 or a hint of the dialplan.
type Extension struct {
	Context, Exten, Application, Data string
	Hint                              bool
}

// Rooms are the conferences.
type Rooms interface {
	// Confer has a leg take part in a conference until it leaves, by the leg's owner.
	Confer(ctx context.Context, c *channel.Channel, name string, user, bridge map[string]string) error
	// Hold has somebody in a conference hear music, or no more.
	Hold(name string, c *channel.Channel, on bool)
	// Kick puts all out of a conference.
	Kick(name string)
}

// A House has the shared lines of one exchange. Its fields are set before the first call.
type House struct {
	Calls    *call.Calls
	Dialplan Dialplan
	Rooms    Rooms
	// Look tells the state of a device if it has changed.
	Look   func(device string)
	Logger *slog.Logger

	mu       sync.Mutex // a leaf
	callerID bool
	trunks   []*trunk
	stations []*station
	timer    *time.Timer   // of the next review
	called   chan struct{} // closed when the station that began to ring last is called; nil: none did
}

// A trunk is a line.
type trunk struct {
	*trunkSettings
	name    string           // never another
	leg     *channel.Channel // of the outside; nil: the line is idle
	alone   context.Context  // made with leg; ends when the last station leaves it
	desert  func()           // ends alone
	began   time.Time        // when its call began to ring; zero: it does not
	late    bool             // it has rung for too long
	talking int              // stations in the conference
	holding int              // stations that hold it
	held    bool             // the outside hears music
	dialled bool             // a station calls the outside
}

// A station is a phone with keys.
type station struct {
	*stationSettings
	keys []*key
	ring *ringing // nil: it does not ring
}

// A key is a trunk on a station.
type key struct {
	keySettings
	station *station
	trunk   *trunk
	state   keyState
	leg     *channel.Channel // of the station, while it talks on the line
	over    time.Time        // the ringing of which the station has had enough
}

type keyState int

const (
	idle keyState = iota
	rings
	up
	onHold
	onHoldByMe
)

// keyStates are how the console and devices tell them.
var keyStates = [...]struct{ word, device string }{
	{"SLA_TRUNK_STATE_IDLE", state.NotInUse}, {"SLA_TRUNK_STATE_RINGING", state.Ringing}, {"SLA_TRUNK_STATE_UP", state.InUse},
	{"SLA_TRUNK_STATE_ONHOLD", state.OnHold}, {"SLA_TRUNK_STATE_ONHOLD_BYME", state.OnHold},
}

func (k *key) device() string { return "SLA:" + k.station.name + "_" + k.trunk.name }

func (t *trunk) room() string { return "SLA_" + t.name }

// delay is the station's where the trunk has none of its own there.
func (k *key) delay() time.Duration {
	if k.keySettings.delay > 0 {
		return k.keySettings.delay
	}
	return k.station.stationSettings.delay
}

// state is that of a trunk's keys whose stations do nothing with it. h.mu is held.
func (t *trunk) state() keyState {
	switch {
	case t.holding > 0:
		return onHold
	case t.dialled || t.leg != nil && t.began.IsZero():
		return up
	case t.leg != nil:
		return rings
	}
	return idle
}

// trunk and station find by name. h.mu is held.
func (h *House) trunk(name string) *trunk {
	if i := slices.IndexFunc(h.trunks, func(t *trunk) bool { return strings.EqualFold(t.name, name) }); i >= 0 {
		return h.trunks[i]
	}
	return nil
}

func (h *House) station(name string) *station {
	if i := slices.IndexFunc(h.stations, func(s *station) bool { return strings.EqualFold(s.name, name) }); i >= 0 {
		return h.stations[i]
	}
	return nil
}

// keysOf returns the keys of a trunk. h.mu is held.
func (h *House) keysOf(t *trunk) []*key {
	var list []*key
	for _, s := range h.stations {
		for _, k := range s.keys {
			if k.trunk == t {
				list = append(list, k)
			}
		}
	}
	return list
}

// find returns the key that SLAStation and devices name: STATION_TRUNK. h.mu is held.
func (h *House) find(name string) *key {
	for _, s := range h.stations {
		n := len(s.name)
		if len(name) <= n || name[n] != '_' || !strings.EqualFold(name[:n], s.name) {
			continue
		}
		rest := name[n+1:]
		for _, k := range s.keys {
			if strings.EqualFold(k.trunk.name, rest) {
				return k
			}
		}
	}
	return nil
}

// Device returns the state of the device "SLA:name".
func (h *House) Device(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if k := h.find(name); k != nil {
		return keyStates[k.state].device
	}
	return state.Invalid
}

// turn gives the keys of a trunk a state, all or those whose station is not in the
// call. h.mu is held; what it returns is to be told when it is not.
func (h *House) turn(t *trunk, to keyState, all bool, but *key) (changed []string) {
	for _, k := range h.keysOf(t) {
		if k == but || !all && k.leg != nil {
			continue
		}
		k.state = to
		changed = append(changed, k.device())
	}
	return changed
}

func (h *House) look(devices []string) {
	for _, device := range devices {
		h.Look(device)
	}
}
