package conference

import (
	"cmp"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A room is a conference that is going on.
type room struct {
	house   *House
	name    string
	profile *bridgeProfile
	ready   chan struct{} // closed when bridge and announcer are there, or failed is set
	failed  error
	bridge  *bridge.Bridge
	voice   *announcer
	members int // who was let in and has not left; under the house's mutex
	locked  bool

	telling sync.Mutex // states are told in their order

	mu    sync.Mutex // a leaf
	users []*user    // in the order in which they came
	state state
	quiet bool // participants are muted
	tape  *tape
	last  *taped // of the recording before
	video string // unique ID of the leg whose picture was chosen

	renewed time.Time // when somebody was last asked for a whole picture; under mu

	settling, unsettled bool
}

// A user is somebody in a room.
type user struct {
	room    *room
	c       *channel.Channel
	profile *userProfile
	menu    *menuProfile
	voice   *bridge.Voice
	number  uint64
	came    time.Time
	named   string // the recording of the name
	expel   func(result string)

	told chan string // messages of what happens in the room; nil is for who is not told
	// under the room's mutex:
	muted   bool
	waiting bool // for a marked user
	inside  bool // in the bridge
	busy    bool // something is played to it
	held    bool // somebody has put it on hold
	leaving bool
	result  string
	plays   bool // the music
	hush    bool // the voice is kept back as yet
}

// A state is what the numbers of users of a room mean.
type state string

const (
	empty        state = "EMPTY"
	inactive     state = "INACTIVE" // all wait for a marked user
	single       state = "SINGLE"
	multi        state = "MULTI"
	singleMarked state = "SINGLE_MARKED"
	multiMarked  state = "MULTI_MARKED"
)

// count returns how many are active, wait and are marked; r.mu is held.
func (r *room) count() (active, waiting, marked int) {
	for _, u := range r.users {
		switch {
		case u.waiting:
			waiting++
		default:
			active++
		}
		if u.profile.marked {
			marked++
		}
	}
	return active, waiting, marked
}

// now is the state that the users make; r.mu is held.
func (r *room) now() state {
	active, waiting, marked := r.count()
	switch {
	case marked > 0 && active == 1:
		return singleMarked
	case marked > 0:
		return multiMarked
	case active > 1:
		return multi
	case active == 1:
		return single
	case waiting > 0:
		return inactive
	}
	return empty
}

// become notes the state and tells a new one.
func (r *room) become() {
	r.telling.Lock()
	defer r.telling.Unlock()
	r.mu.Lock()
	old := r.state
	r.state = r.now()
	next := r.state
	r.mu.Unlock()
	if old != next {
		r.test("CONF_CHANGE_STATE", "confbridge/conf_state.c", "conf_change_state",
			event.Variable{Name: "Conference", Value: r.name}, event.Variable{Name: "OldState", Value: string(old)}, event.Variable{Name: "NewState", Value: string(next)})
	}
}

// test tells what tests wait for.
func (r *room) test(state, file, function string, fields ...event.Variable) {
	if bus := r.house.Channels.Bus; bus.Wants(event.KindTestEvent) {
		bus.Publish(&event.TestEvent{State: state, File: file, Function: function, Fields: fields})
	}
}

// enter lets a user into the room of a name, which it makes if there is none. It is nil
// where the room is full or locked for this user.
func (h *House) enter(name string, p *bridgeProfile, admin bool) (*room, error) {
	h.mu.Lock()
	r := h.rooms[name]
	made := r == nil
	if made {
		r = &room{house: h, name: name, profile: p, ready: make(chan struct{}), state: empty}
		if h.rooms == nil {
			h.rooms = map[string]*room{}
		}
		h.rooms[name] = r
	}
	if !admin && (r.locked || r.profile.maxMembers > 0 && r.members >= r.profile.maxMembers) {
		h.mu.Unlock()
		return nil, nil
	}
	r.members++
	h.mu.Unlock()
	if made {
		r.failed = r.open()
		close(r.ready)
	}
	<-r.ready
	if r.failed != nil {
		h.leave(r)
		return nil, r.failed
	}
	return r, nil
}

// leave counts a user out; the last one ends the room.
func (h *House) leave(r *room) {
	h.mu.Lock()
	r.members--
	over := r.members == 0
	if over && h.rooms[r.name] == r {
		delete(h.rooms, r.name)
	}
	h.mu.Unlock()
	if over {
		r.close()
	}
}

// open makes the bridge and the announcer.
func (r *room) open() error {
	p, h := r.profile, r.house
	o := bridge.Options{Name: r.name, Type: "base", Creator: "ConfBridge", Mixing: true, Keep: true, Rate: p.rate, MaxRate: p.maxRate,
		Interval: time.Duration(p.interval) * time.Millisecond, Video: videos[p.video]}
	var err error
	if r.bridge, err = h.Bridges.Create(o); err != nil {
		return err
	}
	h.touch(r.name)
	if r.voice, err = r.announce(); err != nil {
		return err
	}
	if p.context != "" && h.Dialplan != nil {
		if err := h.Dialplan.AddExtension(p.context, r.name); err != nil {
			h.Logger.Warn("the conference has no extension", "conference", r.name, "context", p.context, "error", err)
		}
	}
	if p.record {
		if err := r.record(""); err != nil {
			h.Logger.Warn("the conference is not recorded", "conference", r.name, "error", err)
		}
	}
	r.tell("ConfbridgeStart", nil)
	return nil
}

// close ends the room after its last user.
func (r *room) close() {
	h := r.house
	if r.bridge == nil {
		return
	}
	if p := r.profile; p.context != "" && h.Dialplan != nil {
		h.Dialplan.RemoveExtension(p.context, r.name)
	}
	if r.voice != nil {
		r.tell("ConfbridgeEnd", nil)
	}
	_ = r.stopRecord()
	if r.voice != nil {
		r.voice.end()
	}
	r.bridge.Destroy()
	h.touch(r.name)
}

func (h *House) touch(name string) {
	h.mu.Lock()
	if h.known == nil || len(h.known) > 4096 { // what is forgotten is a device that nobody knows
		h.known = map[string]bool{}
	}
	h.known[name] = true
	h.mu.Unlock()
	if h.Touch != nil {
		h.Touch("confbridge:" + name)
	}
}

// add puts a user on the list.
func (r *room) add(u *user) {
	r.mu.Lock()
	_, _, marked := r.count()
	u.waiting = u.profile.waitMarked && !u.profile.marked && marked == 0
	u.muted = u.profile.startMuted
	u.hush = true
	r.users = append(r.users, u)
	var freed []*user
	if u.profile.marked && marked == 0 {
		for _, other := range r.users {
			if other.waiting {
				other.waiting = false
				freed = append(freed, other)
			}
		}
	}
	old, next := r.state, r.now()
	first := u.profile.marked && marked == 0
	r.mu.Unlock()
	switch {
	case old == empty || old == inactive:
		r.become()
		r.update(u)
	case old == next:
		r.update(u)
	default:
		for _, other := range r.list() {
			r.update(other)
		}
		r.become()
	}
	if first && len(freed) > 0 {
		if !u.profile.quiet {
			r.voice.say(r.profile.sound("begin"))
		}
		for _, other := range freed {
			if !other.profile.quiet {
				other.play(r.profile.sound("place_into_conference"))
			}
			r.update(other)
		}
	}
	r.settle()
}

// update tells how the voice of a user is.
func (r *room) update(u *user) {
	mode := "unmuted"
	if r.mutes(u) {
		mode = "muted"
	}
	r.test("CONF_MUTE_UPDATE", "app_confbridge.c", "conf_update_user_mute", event.Variable{Name: "Mode", Value: mode},
		event.Variable{Name: "Conference", Value: r.profile.name}, event.Variable{Name: "Channel", Value: u.c.Name()})
}

// mutes reports whether a user's voice is kept from the others.
func (r *room) mutes(u *user) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keepsBack(u)
}

// keepsBack is mutes; r.mu is held.
func (r *room) keepsBack(u *user) bool {
	return u.muted || u.waiting || r.quiet && !u.profile.admin && !u.profile.marked || r.wantsMusic(u)
}

// wantsMusic reports whether a user hears music: it is alone, or waits; r.mu is held.
func (r *room) wantsMusic(u *user) bool {
	return u.held || u.profile.musicWhenEmpty && (u.waiting || r.now() == single)
}

// remove takes a user off the list. What its leaving means for the others happens.
func (r *room) remove(u *user) {
	r.mu.Lock()
	for i, other := range r.users {
		if other == u {
			r.users = append(r.users[:i:i], r.users[i+1:]...)
			break
		}
	}
	_, _, marked := r.count()
	led := u.profile.marked
	abandoned := led && marked == 0
	var out []*user
	if led {
		for _, other := range r.users {
			if other.profile.endMarkedAny || abandoned && other.profile.endMarked {
				out = append(out, other)
			}
			if abandoned && other.profile.waitMarked {
				other.waiting = true
			}
		}
	}
	old := r.state
	rest := len(r.users)
	chosen := r.video == u.c.UniqueID()
	r.mu.Unlock()
	if chosen {
		r.see(nil)
	} else {
		r.follow()
	}
	if abandoned && rest > 0 && !u.profile.quiet {
		r.voice.say(r.profile.sound("leader_has_left"))
	}
	r.become()
	if left := r.list(); r.is(old) != old || abandoned {
		for _, other := range left {
			r.update(other)
		}
	}
	for _, other := range out { // last, for each takes itself off the list at once
		other.expel("ENDMARKED")
	}
	r.settle()
}

// is returns the state.
func (r *room) is(state) state {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// list returns the users.
func (r *room) list() []*user {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*user(nil), r.users...)
}

// settle puts every user as the room wants it: its voice heard or not, with music or not. Whoever calls
// it while another does only asks for one more round, so that no lock is held.
func (r *room) settle() {
	r.mu.Lock()
	r.unsettled = true
	if r.settling {
		r.mu.Unlock()
		return
	}
	r.settling = true
	for r.unsettled {
		r.unsettled = false
		var begin, end []*user
		for _, u := range r.users {
			u.voice.Muted.Store(r.keepsBack(u))
			music := r.wantsMusic(u) && u.inside && !u.busy && !u.leaving
			switch {
			case music && !u.plays:
				begin = append(begin, u)
			case !music && u.plays:
				end = append(end, u)
			}
			u.plays = music
		}
		r.mu.Unlock()
		for _, u := range end {
			u.voice.Deaf.Store(false)
			u.c.StopSource()
		}
		for _, u := range begin {
			src, err := r.house.Voice.Music(cmp.Or(u.profile.music, u.c.Snapshot().MusicClass), u.c)
			if err != nil {
				r.house.Logger.Warn("there is no music", "channel", u.c.Name(), "class", u.profile.music, "error", err)
				continue
			}
			u.voice.Deaf.Store(true)
			u.c.StartSource(src)
		}
		r.mu.Lock()
	}
	r.settling = false
	r.mu.Unlock()
}

// tell publishes an event of the conference; u may be nil.
func (r *room) tell(name string, u *user, fields ...event.Variable) {
	r.inform(name, u, fields)
	bus := r.house.Channels.Bus
	if !bus.Wants(event.KindGeneric) {
		return
	}
	e := &event.Generic{Name: name, Class: "call", Lead: []event.Variable{{Name: "Conference", Value: r.name}}, Bridge: r.bridge.Snapshot(), Fields: fields}
	if u != nil {
		e.Channel = u.c.Snapshot()
		if name == "ConfbridgeTalking" {
			e.Fields = append(e.Fields, event.Variable{Name: "Admin", Value: yesNo(u.profile.admin)})
		} else {
			e.Fields = append([]event.Variable{{Name: "Admin", Value: yesNo(u.profile.admin)}}, fields...)
		}
	}
	bus.Publish(e)
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}
