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
	"github.com/octothorpe/octothorpe/internal/event"
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
	leg     *channel.Channel // of the outside; nil: the line is idle
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

// Configure puts sla.conf in force. Lines that are in use stay as they are until then.
func (h *House) Configure(g *Settings) {
	h.mu.Lock()
	h.callerID = g.callerID
	old := h.trunks
	for _, s := range h.stations {
		if s.ring != nil {
			s.ring.stop()
		}
	}
	h.trunks, h.stations = nil, nil
	for _, s := range g.trunks {
		t := &trunk{trunkSettings: s}
		if i := slices.IndexFunc(old, func(o *trunk) bool { return o.name == s.name }); i >= 0 && old[i].leg != nil {
			h.Logger.Warn("a shared line that is in use is read again when its call is over", "trunk", s.name)
			t = old[i]
		}
		h.trunks = append(h.trunks, t)
	}
	var list []Extension
	for _, s := range h.trunks {
		if s.context != "" {
			list = append(list, Extension{Context: s.context, Exten: "s", Application: "SLATrunk", Data: s.name})
		}
	}
	for _, s := range g.stations {
		one := &station{stationSettings: s}
		if s.context != "" {
			list = append(list, Extension{Context: s.context, Exten: s.name, Application: "SLAStation", Data: s.name})
		}
		for _, k := range s.keys {
			t := h.trunk(k.trunk)
			if t == nil {
				h.Logger.Warn("a station has a trunk that there is not", "station", s.name, "trunk", k.trunk)
				continue
			}
			one.keys = append(one.keys, &key{keySettings: k, station: one, trunk: t, state: t.state()})
			if name := s.name + "_" + t.name; s.context != "" {
				list = append(list, Extension{Context: s.context, Exten: name, Application: "SLA:" + name, Hint: true},
					Extension{Context: s.context, Exten: name, Application: "SLAStation", Data: name})
			}
		}
		h.stations = append(h.stations, one)
	}
	h.mu.Unlock()
	if err := h.Dialplan.Make(list); err != nil {
		h.Logger.Error("shared lines have no extensions", "error", err)
	}
	h.review()
}

// state is that of a trunk's keys whose stations do nothing with it. h.mu is held.
func (t *trunk) state() keyState {
	switch {
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
		rest, ok := strings.CutPrefix(name, s.name+"_")
		if !ok {
			continue
		}
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

// softExplicit is what AMI's SoftHangupRequest carries as Cause for an end that somebody asked for.
const softExplicit = 32

func (h *House) tellSoftHangup(c *channel.Channel) {
	if bus := h.Calls.Channels.Bus; bus.Wants(event.KindSoftHangupRequest) {
		bus.Publish(&event.SoftHangupRequest{Channel: c.Snapshot(), Cause: softExplicit})
	}
}

// Run follows the holds of stations until ctx ends. It is started once.
func (h *House) Run(ctx context.Context) {
	holds := make(chan string, 64) // of channels, by unique ID; past that many at once they are not heeded
	defer h.Calls.Channels.Bus.Subscribe(event.Kinds(event.KindHold), func(s event.Stamped) {
		select {
		case holds <- s.Event.(*event.Hold).Channel.UniqueID:
		default:
		}
	})()
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-holds:
			h.hold(id)
		}
	}
}

// hold puts the line on hold on which a leg talks: the leg is let go, and may come back.
func (h *House) hold(id string) {
	h.mu.Lock()
	var k *key
	for _, s := range h.stations {
		for _, one := range s.keys {
			if one.leg != nil && one.leg.UniqueID() == id && one.state == up {
				k = one
			}
		}
	}
	if k == nil {
		h.mu.Unlock()
		return
	}
	t, leg := k.trunk, k.leg
	t.holding++
	k.state = onHoldByMe
	changed := append(h.turn(t, onHold, false, k), k.device())
	alone := t.talking == 1
	t.held = t.held || alone
	outside := t.leg
	h.mu.Unlock()
	h.look(changed)
	if alone && outside != nil {
		h.Rooms.Hold(t.room(), outside, true)
	}
	leg.Hangup(channel.CauseNormalClearing)
}
