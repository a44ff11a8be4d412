package channel

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/jitter"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Channel is one leg of a call.
type Channel struct {
	registry *Registry
	leg      Leg
	uniqueID string
	number   uint32 // of the call, in the log
	order    uint64

	mu        sync.Mutex    // a leaf: nothing is called while it is held
	s         event.Channel // the state; a copy of it is the snapshot
	snap      atomic.Pointer[event.Channel]
	moved     bool      // it is at a location that was not told yet
	left      Location  // where it was told to be, if moved
	connected [2]string // the name and number that NewConnectedLine told last
	hops      int       // how often this call may still dial on
	vars      variables
	reported  []string // see Report
	kept      map[any]any
	atEnd     []func()
	over      bool // atEnd was called
	// standing is set once and says that no call is behind it.
	standing bool
	counted  bool // it is a call; under the registry's mu

	life  life
	inbox inbox
	voice voice

	watched watching
}

// Config describes a channel that a driver makes.
type Config struct {
	Name                                                    string // whole, with technology: "PJSIP/100-00000001"
	Technology                                              string
	Leg                                                     Leg
	State                                                   event.ChannelState
	Caller                                                  event.Party
	DialedNum                                               string
	Language, AccountCode, TenantID, MusicClass, ParkingLot string
	CallGroup, PickupGroup                                  uint64
	NamedCallGroups, NamedPickupGroups                      string // sorted, joined by ", "
	AMAFlags                                                int
	Context, Exten                                          string
	// Requestor gives the linked ID; without one LinkedID does, without both the channel is the first of its call.
	Requestor *Channel
	LinkedID  string
	UniqueID  string // assigned by a client, or empty
	// Jitter, if not nil, is the jitter buffer that the leg gets in its first bridge.
	Jitter   *jitter.Config
	Outgoing bool
	Internal bool
	// Standing is a channel that no call is behind: it is not counted, and nobody waits for its end.
	Standing bool
}

// New makes a channel, makes it known and tells of it. The caller is its first
// owner and must see to it that End is called.
func (r *Registry) New(g Config) (*Channel, error) {
	if r.refusing.Load() {
		return nil, ErrFull
	}
	counted := !g.Outgoing && !g.Internal && !g.Standing
	if counted {
		if err := r.tooMany(); err != nil {
			return nil, err
		}
	}
	c := &Channel{registry: r, leg: g.Leg, hops: DefaultMaxForwards}
	c.uniqueID, c.order = r.uniqueID()
	if g.UniqueID != "" {
		c.uniqueID = g.UniqueID
	}
	linked, number := g.LinkedID, uint32(0)
	if g.Requestor != nil {
		linked = g.Requestor.LinkedID()
		number = g.Requestor.CallNumber()
		c.hops = g.Requestor.MaxForwards()
	}
	if linked == "" {
		linked = c.uniqueID
	}
	if number == 0 {
		number = r.numbers.Add(1)
	}
	c.number = number
	c.s = event.Channel{
		Name: g.Name, UniqueID: c.uniqueID, LinkedID: linked, Technology: g.Technology, State: g.State,
		Caller: g.Caller, DialedNum: g.DialedNum, Language: g.Language, AccountCode: g.AccountCode, TenantID: g.TenantID,
		MusicClass: g.MusicClass, ParkingLot: g.ParkingLot, CallGroup: g.CallGroup, PickupGroup: g.PickupGroup,
		NamedCallGroups: g.NamedCallGroups, NamedPickupGroups: g.NamedPickupGroups,
		AMAFlags: g.AMAFlags, Context: g.Context, Exten: g.Exten, Priority: 1, Created: time.Now(),
		CallNumber: number, Outgoing: g.Outgoing, Internal: g.Internal, ANI: g.Caller,
	}
	if c.s.AMAFlags == 0 {
		c.s.AMAFlags = documentation
	}
	if c.s.Language == "" {
		c.s.Language = cmp.Or(r.Language, "en")
	}
	c.watched.on.Store(r.watched.on.Load())
	c.inbox.ready = make(chan struct{}, 1)
	c.life.begin(r.ctx)
	c.standing, c.counted, c.voice.buffer = g.Standing, counted, g.Jitter
	if err := r.add(c); err != nil {
		c.life.finish(err)
		return nil, err
	}
	if r.refusing.Load() { // Shutdown may have looked at the channels before this one was there
		r.remove(c)
		c.life.finish(ErrFull)
		return nil, ErrFull
	}
	if !g.Internal && r.Bus.Wants(event.KindNewchannel) {
		r.Bus.Publish(&event.Newchannel{Channel: c.Snapshot()})
	}
	if !g.Standing {
		r.touch(g.Name)
	}
	return c, nil
}

// CallNumber returns the number of the call in the log, "C-%08x". It waits for
// nothing, so that what is logged anywhere can have it.
func (c *Channel) CallNumber() uint32 { return c.number }

// Snapshot returns the channel's state as an immutable value.
func (c *Channel) Snapshot() *event.Channel {
	if s := c.snap.Load(); s != nil {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	if names := c.registry.shown.Load(); names != nil && len(*names) > 0 {
		s.Vars = c.vars.pick(*names)
	}
	s.Reported = c.reports()
	c.snap.Store(&s)
	return &s
}

// update changes the state. f runs under the leaf mutex and must call nothing.
func (c *Channel) update(f func(*event.Channel)) {
	c.mu.Lock()
	f(&c.s)
	c.snap.Store(nil)
	c.mu.Unlock()
}

// publish tells an event about this channel if somebody wants to hear it.
func (c *Channel) publish(k event.Kind, build func(*event.Channel) event.Event) {
	if bus := c.registry.Bus; bus.Wants(k) && !c.internal() {
		bus.Publish(build(c.Snapshot()))
	}
}

// TestEvent tells that a point of the code was passed that tests wait for. It is
// named as in the reference.
func (c *Channel) TestEvent(state, file, function string, fields ...event.Variable) {
	if bus := c.registry.Bus; bus.Wants(event.KindTestEvent) {
		bus.Publish(&event.TestEvent{State: state, File: file, Function: function, Fields: fields})
	}
}

func (c *Channel) internal() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.Internal
}

// Hearing says how silence and keys are heard in what the far end sends.
func (c *Channel) Hearing() *media.Hearing { return c.registry.hearing.Load() }

// Registry returns the registry that knows the channel.
func (c *Channel) Registry() *Registry { return c.registry }

// Leg returns the technology's side.
func (c *Channel) Leg() Leg { return c.leg }

// UniqueID returns the identity that no other channel ever has.
func (c *Channel) UniqueID() string { return c.uniqueID }

// Name returns the name, which a masquerade or rename may change.
func (c *Channel) Name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.Name
}

// LinkedID returns the identity of the call to which the channel belongs.
func (c *Channel) LinkedID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.LinkedID
}

// State returns how far the leg has come.
func (c *Channel) State() event.ChannelState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.State
}

// SetState moves the leg to a state and tells it if it is a new one.
func (c *Channel) SetState(state event.ChannelState) {
	changed := false
	c.update(func(s *event.Channel) { changed = s.State != state; s.State = state })
	if changed {
		c.publish(event.KindNewstate, func(s *event.Channel) event.Event { return &event.Newstate{Channel: s} })
		c.registry.touch(c.Name())
	}
}

// Change alters attributes of the channel that no event tells of. f runs under
// a lock: it only assigns.
func (c *Channel) Change(f func(*event.Channel)) { c.update(f) }

// SetCaller sets who calls, and tells it.
func (c *Channel) SetCaller(p event.Party) {
	c.update(func(s *event.Channel) { s.Caller = p })
	c.publish(event.KindNewCallerid, func(s *event.Channel) event.Event { return &event.NewCallerid{Channel: s} })
}

// ANI returns who pays for the call: whom the technology told as the caller,
// unless SetANI says otherwise.
func (c *Channel) ANI() event.Party {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.ANI
}

// SetANI sets who pays for the call.
func (c *Channel) SetANI(p event.Party) { c.update(func(s *event.Channel) { s.ANI = p }) }

// SetConnected sets who the leg is connected to, and tells it if name or number are
// others than were told last.
func (c *Channel) SetConnected(p event.Party) {
	var shown [2]string
	if p.Name.Valid {
		shown[0] = p.Name.Text
	}
	if p.Number.Valid {
		shown[1] = p.Number.Text
	}
	changed := false
	c.update(func(s *event.Channel) {
		changed = c.connected != shown
		c.connected, s.Connected = shown, p
	})
	if !changed {
		return
	}
	c.publish(event.KindNewConnectedLine, func(s *event.Channel) event.Event { return &event.NewConnectedLine{Channel: s} })
}

// SetAccountCode sets the account code, and tells it.
func (c *Channel) SetAccountCode(code string) {
	old := ""
	c.update(func(s *event.Channel) { old, s.AccountCode = s.AccountCode, code })
	if old != code {
		c.TellAccountCode(old)
	}
}

// TellAccountCode tells the account code as a new one, for who set it by Change.
func (c *Channel) TellAccountCode(old string) {
	c.publish(event.KindNewAccountCode, func(s *event.Channel) event.Event {
		return &event.NewAccountCode{Channel: s, Old: old}
	})
}

// SetLinkedID makes the channel part of another call: the older linked ID wins
// where calls are joined, which the caller decides.
func (c *Channel) SetLinkedID(id string) { c.update(func(s *event.Channel) { s.LinkedID = id }) }

// Rename gives the channel another name.
func (c *Channel) Rename(name string) {
	old := ""
	c.update(func(s *event.Channel) { old, s.Name = s.Name, name })
	c.registry.rename(c, old, name)
	c.publish(event.KindRename, func(s *event.Channel) event.Event {
		return &event.Rename{Channel: s, Old: old, New: name}
	})
}

// DefaultMaxForwards is how often a call may dial on from leg to leg unless the
// dialplan says otherwise: CHANNEL(max_forwards).
const DefaultMaxForwards = 20

// MaxForwards returns how often the call may still dial on from this leg. It
// ends calls that go round in a circle of Local channels.
func (c *Channel) MaxForwards() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hops
}

// SetMaxForwards sets how often the call may still dial on from this leg.
func (c *Channel) SetMaxForwards(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hops = n
}

// SetLocation says where in the dialplan the channel is, without running anything.
func (c *Channel) SetLocation(l Location) {
	c.update(func(s *event.Channel) {
		if s.Exten != l.Exten || s.Priority != l.Priority || s.Context != l.Context {
			if !c.moved {
				c.left = Location{Context: s.Context, Exten: s.Exten, Priority: s.Priority}
			}
			s.Context, s.Exten, s.Priority = l.Context, l.Exten, l.Priority
			c.moved = true
		}
	})
}

// TellLocation tells a new location as Newexten with the application that runs
// still, as the reference does for a leg that is sent elsewhere from a bridge.
func (c *Channel) TellLocation() {
	c.mu.Lock()
	moved := c.moved && c.s.Application != ""
	c.moved = c.moved && !moved
	c.mu.Unlock()
	if moved {
		c.publish(event.KindNewexten, newexten)
	}
}

func newexten(s *event.Channel) event.Event {
	return &event.Newexten{Channel: s, Extension: s.Exten, Application: s.Application, Data: s.Data}
}

// Location returns where in the dialplan the channel is.
func (c *Channel) Location() Location {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Location{c.s.Context, c.s.Exten, c.s.Priority}
}

// Step says that the channel starts an application at a place of the dialplan,
// and tells it as Newexten. It is the executor's, and is cheap if nobody listens.
func (c *Channel) Step(l Location, application, data string) {
	c.mu.Lock()
	// Where a leg is told to be already, another application there is no news.
	news := c.moved || c.s.Application == "" || c.s.Priority != l.Priority || c.s.Exten != l.Exten || c.s.Context != l.Context
	c.moved = false
	c.s.Context, c.s.Exten, c.s.Priority = l.Context, l.Exten, l.Priority
	c.s.Application, c.s.Data = application, data
	c.snap.Store(nil)
	silent := c.s.Internal
	c.mu.Unlock()
	if bus := c.registry.Bus; news && !silent && bus.Wants(event.KindNewexten) {
		bus.Publish(newexten(c.Snapshot()))
	}
}

// SetApplication says what the channel does now, where no dialplan step does ("Bridged Call").
func (c *Channel) SetApplication(application, data string) {
	c.update(func(s *event.Channel) { s.Application, s.Data = application, data })
}

// SetBridge records the bridge that the leg is in. It is package bridge's.
func (c *Channel) SetBridge(id string) {
	c.update(func(s *event.Channel) { s.BridgeID = id })
	if id != "" {
		c.followed(media.Answered)
		c.bufferInBridge()
	}
}

// Context returns the context of what runs now: it ends with hang-up, redirect or move.
func (c *Channel) Context() context.Context { return c.life.stepContext() }

// documentation is the AMA flag of a leg that nobody gave another.
const documentation = 3

// A Location is a place in the dialplan.
type Location struct {
	Context  string
	Exten    string
	Priority int
}
