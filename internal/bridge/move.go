package bridge

import (
	"github.com/octothorpe/octothorpe/internal/channel"
)

// A move tells a leg's owner, inside Join, to go on in another bridge.
type move struct {
	bridge *Bridge
	Moving
}

func (*move) Error() string { return "moved to another bridge" }

func (m *move) lost() {
	if m.Lost != nil {
		m.Lost()
	}
}

// Moving says more about how a leg goes from one bridge to another.
type Moving struct {
	// Swap is the unique ID of a leg whose place it takes.
	Swap string
	// What of these is not nil is called on the goroutine of the leg's owner: it
	// enters, before who is there hears of it; their media is joined; it is in; or it
	// is not going to be.
	Entering, Heard, Entered, Lost func()
	// Features, if not nil, are what it can ask for there instead of what it could
	// before. An empty one is nothing.
	Features *Features
	// Left, Quiet and Music are JoinOptions's, there.
	Left  func()
	Quiet bool
	Music string
}

// features are those of a member where it goes.
func (how *Moving) features(m *member) *Features {
	if how.Features != nil {
		return how.Features
	}
	if k := m.keys.Load(); k != nil {
		return k.Features
	}
	return nil
}

// Move asks a leg of this bridge to go on in another one, where it takes the
// place of the leg with the unique ID swap, if given. Its owner notices nothing.
func (b *Bridge) Move(c *channel.Channel, to *Bridge, swap string) bool {
	return b.MoveWith(c, to, Moving{Swap: swap})
}

// MoveWith is Move with more to say about it. It reports whether the leg was asked:
// then one of the two functions is called.
func (b *Bridge) MoveWith(c *channel.Channel, to *Bridge, how Moving) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.members {
		if m.ch == c {
			return m.ask(&move{to, how})
		}
	}
	return false
}

// Tighten takes Loosen back: it is a call of two again.
func (b *Bridge) Tighten() {
	b.mu.Lock()
	b.options.Dissolve = true
	alone := len(b.members) == 1
	b.mu.Unlock()
	if alone { // the other has left already
		b.finish()
	}
}

// Fix says whether the legs of the bridge stay what they are: while they do, no other
// takes the place of a Local channel.
func (b *Bridge) Fix(yes bool) {
	b.mu.Lock()
	b.fixed = yes
	b.mu.Unlock()
	if !yes {
		b.step()
	}
}

// Settled reports whether there are several legs in the bridge, all of them for good,
// and others may take their places.
func (b *Bridge) Settled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.members {
		if !m.in {
			return false
		}
	}
	return len(b.members) > 1 && !b.fixed
}

// Holds reports whether a leg is in the bridge for good.
func (b *Bridge) Holds(c *channel.Channel) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(c.UniqueID())
	return m != nil && m.in
}

// step lets the legs ask whether they are needed: a half of a Local channel that waits
// here may now have its call.
func (b *Bridge) step() {
	for _, c := range b.Channels() {
		if s, ok := c.Leg().(channel.Stepping); ok {
			s.Bridged(true)
		}
	}
}

// Loosen lets the bridge live on when one of its legs leaves, also where it is a
// call of two.
func (b *Bridge) Loosen() {
	b.mu.Lock()
	b.options.Dissolve = false
	b.mu.Unlock()
}
