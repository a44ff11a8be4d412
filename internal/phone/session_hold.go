package phone

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// holding is the direction of a side that would have d, where it holds the other:
// it does not listen.
func (d direction) holding(yes bool) direction {
	switch {
	case !yes:
		return d
	case d.sends():
		return sendOnly
	}
	return inactive
}

// holds notes whether they hold us. What it returns tells the channel, if that is new.
func (s *session) holds(now bool) (tell func()) {
	s.mu.Lock()
	was := s.held
	s.held = now
	s.mu.Unlock()
	if now != was && s.driver.technology == SIP {
		s.count(callOf(s.ch.State(), now)) // whoever holds its call is on hold for those who watch it
	}
	if s.endpoint.Peer != nil && s.endpoint.Peer.StaysHeld { // nobody else learns of either
		return func() {}
	}
	switch {
	case now != was && s.endpoint.HeldQuietly: // the other leg does not notice
		s.ch.Tell(media.Frame{Kind: media.Control, Signal: choose(now, media.Hold, media.Unhold)})
	case now && !was:
		hold := media.Frame{Kind: media.Control, Signal: media.Hold, Value: s.endpoint.MOHSuggest}
		s.ch.Tell(hold)
		return func() { s.ch.Hand(hold) }
	case was && !now:
		return func() { s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Unhold}) }
	}
	return func() {}
}

// released follows when the leg has left its bridge: nobody there has put it on hold
// any more.
func (s *session) released() {
	s.mu.Lock()
	waits := s.waits
	s.waits = false
	s.mu.Unlock()
	if waits {
		s.count(callOf(s.ch.State(), false))
	}
}

// heard follows that the other leg of the call has put this one on hold, or has
// come back: the far end hears music from us, or with moh_passthrough is told.
func (s *session) heard(signal media.Signal) error {
	hold := signal == media.Hold
	s.mu.Lock()
	s.waits = hold
	s.mu.Unlock()
	s.count(callOf(s.ch.State(), hold))
	if s.driver.technology != PJSIP || !s.endpoint.MOHPassthrough {
		return channel.ErrNotIndicated
	}
	s.mu.Lock()
	s.holding = hold
	s.mu.Unlock()
	s.renew(renewal{method: sip.Invite})
	return nil
}
