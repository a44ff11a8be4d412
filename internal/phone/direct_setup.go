package phone

import (
	"net/netip"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Meet implements channel.EarlyHandover, for directrtpsetup=yes of sip.conf.
func (s *session) Meet(peer channel.Leg) {
	if g := s.model.Global.General; g == nil || !g.DirectRTPSetup {
		return
	}
	var at netip.AddrPort
	other, _ := peer.(*session)
	if other != nil && s.mayMeet(other) && other.mayMeet(s) && s.settlesFor(other) {
		at = other.farEnds().sound
	}
	s.mu.Lock()
	if s.direct == nil {
		s.direct = &direct{}
	}
	d := s.direct
	d.sound, d.strands = at, nil
	// The reference tells who is answered already once even if nothing is new.
	tell := s.stage == up && !s.gone && (d.sound != d.told || !d.met && other != nil)
	d.met = d.met || other != nil
	formats := s.agreed.formats
	s.mu.Unlock()
	if tell {
		s.renew(renewal{method: s.directMethod(), hand: at.IsValid(), formats: formats[:min(len(formats), 1)]})
	}
}

// mayMeet reports whether the far end of s may be told of the other's before the bridge:
// only sound goes that way so early, and only sound that is not to be protected.
func (s *session) mayMeet(other *session) bool {
	if !s.mayTell(other) || s.endpoint.ICE || s.endpoint.profile().secure || len(s.threads()) > 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(ofKind(s.formats, "video")) == 0
}

// settlesFor reports whether the far end of s can have the very sound of the other. A leg
// that is not called yet offers that alone.
func (s *session) settlesFor(other *session) bool {
	sound := other.format.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.incoming || s.agreed.settled() {
		return s.format.Load() == sound
	}
	if !contains(s.formats, sound) {
		return false
	}
	s.formats = append(s.formats[:0:0], sound)
	return true
}
