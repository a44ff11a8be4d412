package parking

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Local pair that stands before a parked leg takes itself out of the way: the leg on
// its other side inherits the stay. Until it has come the stay is nobody's to fetch.

// inherit is the Inherit of the lot's bridge.
func (l *Lot) inherit(half, heir *channel.Channel) (bridge.Moving, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.spaces {
		if s.parkee == half && !s.over && s.passing == nil {
			s.passing, s.halfLeft = make(chan struct{}), false
			return bridge.Moving{Quiet: s.ringing, Music: s.settings.music, Features: &bridge.Features{},
				Entering: func() { s.pass(heir) }, Entered: s.inherited, Lost: s.disinherited, Left: func() { s.left(heir) }}, true
		}
	}
	return bridge.Moving{}, false
}

// pass gives the stay to the heir, which is in the lot.
func (s *stay) pass(heir *channel.Channel) {
	s.lot.mu.Lock()
	s.parkee = heir
	s.lot.mu.Unlock()
}

// inherited goes on when the heir is there.
func (s *stay) inherited() {
	if s.ringing {
		_ = s.leg().Signal(media.Ringing)
	}
	s.tell("ParkedCallSwap", nil)
	s.lot.mu.Lock()
	s.passed()
	s.lot.mu.Unlock()
}

// disinherited goes on when the heir does not come: if the half has left meanwhile, the
// stay is over.
func (s *stay) disinherited() {
	s.lot.mu.Lock()
	s.passed()
	over := s.halfLeft
	first := over && s.release() // or who waits to fetch it would have nobody
	s.lot.mu.Unlock()
	if over {
		s.gaveUp(first)
	}
}

// passed says that nobody is on the way any more; the lot's mu is held.
func (s *stay) passed() {
	close(s.passing)
	s.passing = nil
}

// left ends the stay as a leg leaves the lot, unless it is another's.
func (s *stay) left(c *channel.Channel) {
	if s.leaves(c) {
		s.giveUp()
	}
}

// leaves reports whether the stay ends as a leg leaves: not where another has inherited
// it, or is about to.
func (s *stay) leaves(c *channel.Channel) bool {
	s.lot.mu.Lock()
	defer s.lot.mu.Unlock()
	if s.parkee == c && s.passing != nil {
		s.halfLeft = true
	}
	return s.parkee == c && s.passing == nil
}

// claim ends the stay for who fetches the call, once it is settled whose it is. It
// reports whether nobody was quicker.
func (s *stay) claim() bool {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		s.lot.mu.Lock()
		passing := s.passing
		first := passing == nil && s.release()
		s.lot.mu.Unlock()
		if passing == nil {
			s.released(first)
			return first
		}
		select {
		case <-passing:
		case <-timer.C:
			return false
		}
	}
}
