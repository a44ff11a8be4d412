package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// The technologies of a bridge, by Asterisk's names.
const (
	Simple  = "simple_bridge"
	Native  = "native_rtp"
	SoftMix = "softmix"
	Holding = "holding_bridge"
)

// A Bridge joins legs.
type Bridge struct {
	registry *Registry
	options  Options
	created  time.Time

	mu         sync.Mutex // a leaf: no leg is called while it is held
	technology string
	members    []*member
	relay      *relay
	mix        *mix
	video      string
	videoID    string // whose picture is said to be seen
	stage      stage
	reported   []event.Variable
	plain      bool // see Plain
	apart      bool // its media is not to be relayed any more
	fixed      bool // see Fix
	handed     bool // its media was relayed by the technology at least once
	settling   bool
	unsettled  bool
	over       bool
	gone       bool          // and its end was told
	end        chan struct{} // closed when the bridge is over

	// others is who hears whom, for the goroutines that carry media.
	others atomic.Pointer[[]*member]
}

// member is a leg in a bridge.
type member struct {
	bridge   *Bridge
	ch       *channel.Channel
	join     JoinOptions
	out      chan error // takes the reason for which the leg is put out; holds one
	input    media.Backlog
	keys     atomic.Pointer[keys] // nil where keys ask for nothing
	wishes   chan *Feature        // what the leg asked for; holds one
	mute     atomic.Bool
	away     atomic.Pointer[absence] // not nil while it is played to
	entering func()                  // called once it was told that it enters; may be nil
	heard    func()                  // called once its media is joined; may be nil
	in       bool                    // its entering was told, to its peers too; under the bridge's mu
	left     bool                    // its leaving was done; under the bridge's mu
	wall     wall
	said     loudness     // the mix's
	loud     atomic.Int64 // its sum
	replaced *member      // whose place it takes, until that one's owner is told; may be nil
}

// JoinOptions says how a leg takes part.
type JoinOptions struct {
	// Hear is called with each key that the leg presses, before the others hear
	// it; true keeps it from them. It must not wait.
	Hear func(f media.Frame) (taken bool)
	// Features are what the leg can ask for by keys; nil is nothing.
	Features *Features
	// Mute keeps the leg's voice from the others.
	Mute bool
	// KeepKeys keeps the keys that the leg presses from the others.
	KeepKeys bool
	// Introduce has the leg and the other one of a bridge of two told who the other is.
	Introduce bool
	// Quiet enters without music in a holding bridge.
	Quiet bool
	// Music is the class of the music in a holding bridge; "" is the leg's own.
	Music string
	// Announcer makes the leg in a holding bridge one that all others hear.
	Announcer bool
	// Voice is how it takes part in a mix; nil is as everybody does.
	Voice *Voice
	// Counted has a leg that is not to be shown counted among those in the bridge.
	Counted bool
	// Swap is the unique ID of a leg whose place this one takes.
	Swap string
	// Fetched says that another brings the leg, out of what it did by itself.
	Fetched bool
	// Leaving, if not nil, is called on the goroutine of the leg's owner before it leaves for good.
	Leaving func()
	// Left, if not nil, is called on the goroutine of the leg's owner once it has left
	// for good: not where it goes on in another bridge.
	Left func()
}

// ErrKicked is Join's result for a leg that was put out of the bridge, and
// ErrOver for one whose bridge is over.
var (
	ErrKicked = errors.New("put out of the bridge")
	ErrOver   = errors.New("the bridge is over")
)

// ID returns the identity that no other bridge has.
func (b *Bridge) ID() string { return b.options.ID }

// Options returns what the bridge was created with.
func (b *Bridge) Options() Options { return b.options }

// Snapshot returns the bridge's state as an immutable value.
func (b *Bridge) Snapshot() *event.Bridge {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.snapshot()
}

func (b *Bridge) snapshot() *event.Bridge {
	s := &event.Bridge{ID: b.options.ID, Type: b.options.Type, Technology: b.technology, Creator: b.options.Creator,
		Name: b.options.Name, VideoMode: b.video, VideoID: b.videoID, Created: b.created, Reported: b.reported}
	for _, m := range b.members {
		if m.join.Counted || !m.ch.Snapshot().Internal {
			s.Channels = append(s.Channels, m.ch.UniqueID())
		}
	}
	return s
}

// SetReported sets the variables that snapshots carry from now on.
func (b *Bridge) SetReported(list []event.Variable) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reported = list
}

// Channels returns the legs in the order in which they entered.
func (b *Bridge) Channels() []*channel.Channel {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]*channel.Channel, len(b.members))
	for i, m := range b.members {
		list[i] = m.ch
	}
	return list
}

// Peer returns the other leg of two, or nil.
func (b *Bridge) Peer(c *channel.Channel) *channel.Channel {
	list := b.Channels()
	if len(list) == 2 && list[0] == c {
		return list[1]
	}
	if len(list) == 2 && list[1] == c {
		return list[0]
	}
	return nil
}

// Partner is Peer once both have entered for good: before that, one that moves
// the other elsewhere would be told of before it has come.
func (b *Bridge) Partner(c *channel.Channel) *channel.Channel {
	peer := b.Peer(c)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.members {
		if !m.in {
			return nil
		}
	}
	return peer
}

// Join keeps a leg in the bridge until it is hung up or wanted elsewhere (the
// cause of ctx is returned), put out (ErrKicked) or the bridge is over
// (ErrOver). It is called by the leg's owner.
func (b *Bridge) Join(ctx context.Context, c *channel.Channel, o JoinOptions) error {
	stay, err := b.Enter(c, o)
	if err != nil {
		return err
	}
	return stay(ctx)
}

// Enter puts a leg into the bridge and returns what keeps it there, which its
// owner calls at once: Join in two steps, for who wants to know that it is in.
func (b *Bridge) Enter(c *channel.Channel, o JoinOptions) (stay func(context.Context) error, err error) {
	if begins := b.registry.Begins; begins != nil && b.options.Dissolve {
		begins(c.LegContext(), c)
	}
	m := newMember(b, c, o)
	err = b.enter(m)
	m.dismiss()
	if err != nil {
		return nil, err
	}
	return m.stay, nil
}

func newMember(b *Bridge, c *channel.Channel, o JoinOptions) *member {
	m := &member{bridge: b, ch: c, join: o, out: make(chan error, 1), wishes: make(chan *Feature, 1)}
	m.keys.Store(newKeys(m, o.Features))
	m.mute.Store(o.Mute)
	m.input.Conceal = c.Registry().Concealment().Transcoded
	return m
}

// stay keeps a member in its bridge, and in those that it is moved to.
func (m *member) stay(ctx context.Context) error {
	for {
		b := m.bridge
		var why error
		select {
		case <-ctx.Done():
			why = context.Cause(ctx)
		case why = <-m.out:
		case f := <-m.wishes:
			if why = m.grant(ctx, f); why == nil {
				continue
			}
		case <-b.end:
			why = ErrOver
			m.linger(ctx)
		}
		m.keys.Load().close()
		m.callBack()
		var to *move
		moving := errors.As(why, &to)
		if !moving {
			m.unmoved()
		}
		was := b.leave(m, moving, errors.Is(why, channel.ErrInterrupted))
		m.unmoved() // nobody finds it any more: what was asked meanwhile comes to nothing
		if !moving {
			if was {
				b.dwindle()
			}
			if m.join.Left != nil {
				m.join.Left()
			}
			if ends := b.registry.Ends; ends != nil && !errors.Is(why, channel.ErrInterrupted) && !m.ch.HungUp() {
				ends(m.ch)
			}
			return why
		}
		m = newMember(to.bridge, m.ch, JoinOptions{Hear: m.join.Hear, Features: to.features(m), Mute: m.join.Mute, Swap: to.Swap, Left: to.Left, Quiet: to.Quiet, Music: to.Music})
		m.entering, m.heard = to.Entering, to.Heard
		err := to.bridge.enter(m)
		if was { // not before: who is alone now may end the leg whose place is taken
			b.dwindle()
		}
		if err != nil {
			m.dismiss()
			to.lost()
			return err
		}
		if to.Entered != nil {
			to.Entered()
		}
		m.dismiss()
	}
}

// ErrReplaced is a kick that leaves the bridge as it is: another took the place.
var ErrReplaced = fmt.Errorf("%w: another took the place", ErrKicked)

func (b *Bridge) enter(m *member) error {
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return ErrOver
	}
	swapped := b.find(m.join.Swap)
	if swapped != nil {
		b.mu.Unlock()
		b.replace(swapped)
		m.replaced = swapped
		b.mu.Lock()
		if b.over {
			b.mu.Unlock()
			return ErrOver
		}
	}
	b.members = append(b.members, m)
	b.publishOthers()
	emptied := b.emptyStage()
	b.mu.Unlock()
	b.unifyLinkedIDs()
	b.shareAccounts()
	m.ch.SetBridge(b.options.ID)
	if bus := b.registry.bus; bus.Wants(event.KindBridgeEnter) && !m.ch.Snapshot().Internal {
		bus.Publish(&event.BridgeEnter{Bridge: b.Snapshot(), Channel: m.ch.Snapshot(), Swap: m.join.Swap, Fetched: m.join.Fetched})
	}
	b.tellSource(emptied)
	if m.entering != nil {
		m.entering()
	}
	m.arrived()
	m.ch.OnMediaChange(func() { b.mediaChanged(m) })
	m.listen()
	if swapped != nil {
		b.mu.Lock()
		b.handed = false // the media of two others is handed over
		b.mu.Unlock()
	}
	b.settle()
	if m.heard != nil {
		m.heard()
		b.tellPeers()
	}
	b.tellPeers()
	b.mu.Lock()
	m.in = true
	b.mu.Unlock()
	b.step()
	b.hang()
	if b.options.Holding {
		m.tellPeer("") // who comes from a call talks to nobody here
		b.entertain(m, true)
	}
	if m.join.Introduce {
		b.introduce(m)
	}
	return nil
}

// find returns the member with a unique ID, or nil; b.mu is held.
func (b *Bridge) find(uniqueID string) *member {
	for _, m := range b.members {
		if uniqueID != "" && m.ch.UniqueID() == uniqueID {
			return m
		}
	}
	return nil
}

// replace takes a member out whose place another takes at once.
func (b *Bridge) replace(m *member) {
	m.tellPeer("")
	b.takeOut(m)
	if m.ch.HangupCause() == 0 {
		m.ch.SetCause(channel.CauseNormalClearing)
	}
}

// dismiss tells the owner of the member whose place m took, if there was one. It
// comes last: what that one does next is told after all that its going brought.
func (m *member) dismiss() {
	if m.replaced != nil {
		m.replaced.put(ErrReplaced)
		m.replaced = nil
	}
}

// leave is the owner's: the member goes, and reports whether it was still there. One that
// moves to another bridge keeps what it knows of its peer until it is there; one
// that is wanted in the dialplan is there already.
func (b *Bridge) leave(m *member, moving, wanted bool) bool {
	b.forgetPeers(m, moving)
	m.ch.MoveOn(wanted)
	if !moving && m.join.Leaving != nil {
		m.join.Leaving()
	}
	if !b.takeOut(m) {
		return false
	}
	if !moving && m.ch.HangupCause() == 0 {
		m.ch.SetCause(channel.CauseNormalClearing)
	}
	b.blame(m)
	if b.options.Mixing && b.options.Type == "base" { // of two who call each other one is about to leave, too
		b.tellPeers()
	}
	return true
}

// dwindle follows when a member has left: a call of two is over then.
func (b *Bridge) dwindle() {
	b.mu.Lock()
	last := len(b.members) == 0 && (!b.options.Keep || b.over) || b.options.Dissolve && !b.over && len(b.members) < 2
	b.mu.Unlock()
	if last {
		b.finish()
	}
	b.settle()
	if b.options.Type == clients {
		b.introduce(nil)
	}
}

// takeOut ends a member's part in the bridge and tells it. It reports whether
// that was still to be done.
func (b *Bridge) takeOut(m *member) bool {
	b.mu.Lock()
	if m.left {
		b.mu.Unlock()
		return false
	}
	m.left = true
	defer func() {
		if b.options.Holding {
			b.entertain(m, false)
		}
	}()
	for i, other := range b.members {
		if other == m {
			b.members = append(b.members[:i:i], b.members[i+1:]...)
			break
		}
	}
	b.stage.leave(m)
	b.publishOthers()
	joined, parting := b.relay, channel.OneLeft
	if b.options.Dissolve {
		parting = channel.BothLeave
	}
	b.mu.Unlock()
	m.ch.SetSink(nil)
	m.ch.OnMediaChange(nil)
	if joined != nil && (joined.a == m || joined.b == m) {
		joined.end()
		joined.tell(parting)
	}
	m.ch.StopSource()
	if s, ok := m.ch.Leg().(channel.Stepping); ok {
		s.Bridged(false)
	}
	m.ch.SetBridge("")
	m.takeDown()
	b.hang()
	if bus := b.registry.bus; bus.Wants(event.KindBridgeLeave) && !m.ch.Snapshot().Internal {
		bus.Publish(&event.BridgeLeave{Bridge: b.Snapshot(), Channel: m.ch.Snapshot()})
	}
	b.mu.Lock()
	if b.plain {
		b.technology = Simple
	}
	b.mu.Unlock()
	return true
}

// finish ends the bridge for those who are still in it; the last to leave tells
// that it is gone.
func (b *Bridge) finish() {
	b.mu.Lock()
	first := !b.over
	b.over = true
	empty := len(b.members) == 0
	gone := empty && !b.told()
	b.mu.Unlock()
	if first {
		close(b.end)
	}
	if gone {
		b.registry.remove(b)
		if bus := b.registry.bus; bus.Wants(event.KindBridgeDestroy) {
			bus.Publish(&event.BridgeDestroy{Bridge: b.Snapshot()})
		}
	}
}

// told reports whether the end was told before, and notes that it is now; b.mu is held.
func (b *Bridge) told() bool {
	was := b.gone
	b.gone = true
	return was
}

// Destroy ends the bridge: all legs leave it and their owners go on.
func (b *Bridge) Destroy() { b.finish() }

// Kick puts a leg out of the bridge. It reports whether it was in it.
func (b *Bridge) Kick(c *channel.Channel) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.members {
		if m.ch == c {
			m.put(ErrKicked)
			return true
		}
	}
	return false
}

// unmoved drops a move that came too late: the leg leaves for another reason.
func (m *member) unmoved() {
	select {
	case why := <-m.out:
		var to *move
		if errors.As(why, &to) {
			to.lost()
		}
	default:
	}
}

// put asks a member to leave; a second request changes nothing.
func (m *member) put(why error) { m.ask(why) }

// ask is put that reports whether the request is the first.
func (m *member) ask(why error) bool {
	select {
	case m.out <- why:
		return true
	default:
		return false
	}
}

// publishOthers makes the list of members visible to the media path; b.mu is held.
func (b *Bridge) publishOthers() {
	list := append([]*member(nil), b.members...)
	b.others.Store(&list)
}

// arrived says that a transfer has brought the leg where it was to go.
func (m *member) arrived() {
	for _, name := range []string{"BLINDTRANSFER", "ATTENDEDTRANSFER"} {
		if by, _ := m.ch.Variable(name); by != "" {
			m.ch.SetVariable(name, "")
		}
	}
}

// blame says to the one who is left of two who has ended the call.
func (b *Bridge) blame(m *member) {
	by := m.ch.HangupSource()
	if list := b.all(); by != "" && len(list) == 1 && b.options.Dissolve && m.ch.HungUp() {
		list[0].ch.SetHangupSource(by)
	}
}
