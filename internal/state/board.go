package state

import (
	"context"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// Board knows the states of devices and hints.
type Board struct {
	bus *event.Bus
	// lookup tells the state of a device that no custom state hides.
	lookup func(device string) string
	// Keep, if not nil, is told the states that are set for devices that only
	// users know, in order. The name has no "Custom:". It must not wait.
	Keep func(name, state string)

	// telling has one change at a time looked at and told, so that what is told
	// last is what is so. It is held while lookup is asked, by nobody whom lookup
	// waits for.
	telling sync.Mutex

	mu     sync.Mutex // a leaf
	custom map[string]string
	remote map[string]map[string]string // what other exchanges tell, by device and exchange
	last   map[string]told              // what was published, by device
	met    int                          // devices ever
	most   int                          // entries of last at which those that rest are forgotten
	shown  map[[2]string]ExtensionState
	hints  []Hint
	hinted bool             // hints were given
	uses   map[string][]int // indices of hints by device in lower case
	dirty  map[string]bool
	wake   chan struct{}
}

// NewBoard returns a board that asks lookup about the devices of drivers.
func NewBoard(bus *event.Bus, lookup func(device string) string) *Board {
	return &Board{bus: bus, lookup: lookup, custom: map[string]string{}, remote: map[string]map[string]string{}, last: map[string]told{},
		most: maxDevices, shown: map[[2]string]ExtensionState{}, dirty: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// settling is how long a device is given to come to rest before its state is
// told: of a call that is refused at once nobody hears.
const settling = 10 * time.Millisecond

// Run publishes changes until ctx ends. It is started once, by the exchange.
func (b *Board) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.wake:
		}
		for _, device := range b.take(func(device string) bool { _, known := b.last[device]; return !known }) {
			b.refresh(device)
		}
		select { // a state that lasts no longer is no news
		case <-ctx.Done():
			return
		case <-time.After(settling):
		}
		b.Refresh()
	}
}

// Refresh looks at all devices that were touched, at once.
func (b *Board) Refresh() {
	for _, device := range b.take(func(string) bool { return true }) {
		b.refresh(device)
	}
}

// take returns the touched devices that are chosen, in order, and forgets that they were touched.
func (b *Board) take(choose func(device string) bool) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for device := range b.dirty {
		if choose(device) {
			list = append(list, device)
			delete(b.dirty, device)
		}
	}
	sort.Strings(list)
	return list
}

// Touch says that the state of a device may have changed.
func (b *Board) Touch(device string) {
	b.mu.Lock()
	b.dirty[device] = true
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// SetCustom sets the state of a device that only users know ("Custom:lamp") or
// that a client invented ("Stasis:x"); an empty state forgets it.
func (b *Board) SetCustom(device, state string) {
	device = canonical(device)
	b.telling.Lock()
	defer b.telling.Unlock()
	if name, ok := strings.CutPrefix(device, custom); ok && b.Keep != nil {
		b.Keep(name, state)
	}
	b.setCustom(device, state)
	b.look(device) // each is told, however short
}

// Restore is SetCustom for what was kept, which is no news to who keeps it. name
// has no "Custom:".
func (b *Board) Restore(name, state string) {
	b.telling.Lock()
	defer b.telling.Unlock()
	b.setCustom(custom+name, state)
	b.look(custom + name)
}

func (b *Board) setCustom(device, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if state == "" {
		delete(b.custom, device)
	} else {
		b.custom[device] = state
	}
}

// custom begins the names of devices that only users know. Case does not matter.
const custom = "Custom:"

// CustomName returns the name of a custom device behind "Custom:", and whether the
// device is one.
func CustomName(device string) (name string, ok bool) {
	if len(device) >= len(custom) && strings.EqualFold(device[:len(custom)], custom) {
		return device[len(custom):], true
	}
	return "", false
}

// canonical is a device's name as it is kept.
func canonical(device string) string {
	if name, ok := CustomName(device); ok {
		return custom + name
	}
	return device
}

// SetRemote sets the state that a device has at another exchange, and tells it. Of
// so many devices as are remembered others are heard.
func (b *Board) SetRemote(exchange, device, state string) {
	device = canonical(device)
	b.telling.Lock()
	defer b.telling.Unlock()
	b.mu.Lock()
	if b.remote[device] == nil && len(b.remote) >= maxDevices {
		b.mu.Unlock()
		return
	}
	if b.remote[device] == nil {
		b.remote[device] = map[string]string{}
	}
	b.remote[device][exchange] = state
	b.mu.Unlock()
	b.look(device)
}

// Remote reports whether another exchange told of a device.
func (b *Board) Remote(device string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.remote[canonical(device)]) > 0
}

// Device returns the state of a device now: here and at the exchanges that tell of it.
func (b *Board) Device(device string) string {
	device = canonical(device)
	b.mu.Lock()
	var states []string
	for _, s := range b.remote[device] {
		states = append(states, s)
	}
	b.mu.Unlock()
	if len(states) == 0 {
		return b.Local(device)
	}
	if local := b.Local(device); local != Unknown && local != Invalid {
		states = append(states, local)
	}
	return Aggregate(states)
}

// Local returns the state of a device at this exchange now.
func (b *Board) Local(device string) string {
	device = canonical(device)
	b.mu.Lock()
	s, ok := b.custom[device]
	b.mu.Unlock()
	if ok {
		return s
	}
	if strings.HasPrefix(device, custom) {
		return Unknown
	}
	return b.lookup(device)
}

// Look publishes at once what has changed with a device: however short it lasts, it
// is told. It must not be called while the bus tells something.
func (b *Board) Look(device string) { b.refresh(device) }

// refresh publishes what has changed with a device.
func (b *Board) refresh(device string) {
	b.telling.Lock()
	defer b.telling.Unlock()
	b.look(device)
}

// look is refresh. The caller holds telling.
func (b *Board) look(device string) {
	now := b.Device(device)
	b.mu.Lock()
	last, known := b.last[device]
	changed := last.state != now && (known || now != Unknown)
	if !known {
		b.met++
		last.number = b.met
	}
	last.state = now
	b.last[device] = last
	b.bound()
	var affected []Hint
	for _, i := range b.uses[strings.ToLower(device)] {
		affected = append(affected, b.hints[i])
	}
	b.mu.Unlock()
	if changed && b.bus.Wants(event.KindDeviceStateChange) {
		b.bus.Publish(&event.DeviceStateChange{Device: device, State: now})
		if strings.HasPrefix(device, "Local/") { // both halves tell it
			b.bus.Publish(&event.DeviceStateChange{Device: device, State: now})
		}
	}
	for _, h := range affected {
		b.tell(h, false)
	}
}

// maxDevices is how many devices are remembered before those that rest are
// forgotten: who calls may choose the names of some, "Local/x@y".
const maxDevices = 16384

// bound forgets devices that rest and that neither a hint nor a custom state has,
// when there are many. If they come again their state is told again. The caller
// holds mu.
func (b *Board) bound() {
	if len(b.last) <= b.most {
		return
	}
	for device, last := range b.last {
		_, kept := b.custom[device]
		switch last.state {
		case NotInUse, Unavailable, Unknown, Invalid:
			if !kept && len(b.uses[strings.ToLower(device)]) == 0 {
				delete(b.last, device)
			}
		}
	}
	b.most = max(maxDevices, 2*len(b.last)) // or each further device would cost a look at all
}

// told is what was published last of a device.
type told struct {
	state  string
	number int // in the order in which devices were met
}

// Devices returns the devices that were looked at, in the order in which they were
// met, with their states.
func (b *Board) Devices() []DeviceState {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := slices.SortedFunc(maps.Keys(b.last), func(x, y string) int { return b.last[x].number - b.last[y].number })
	list := make([]DeviceState, 0, len(names))
	for _, device := range names {
		list = append(list, DeviceState{device, b.last[device].state})
	}
	return list
}

// A DeviceState is a device and its state.
type DeviceState struct{ Device, State string }
