package phone

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// reliably reports whether provisional responses to the INVITE wait for a PRACK
// (RFC 3262): when the peer or the endpoint's 100rel insists, or both are for it.
func (s *session) reliably() bool {
	if s.driver.technology != PJSIP || s.endpoint.Reliable == ReliableNo {
		return false
	}
	s.mu.Lock()
	r := s.request
	s.mu.Unlock()
	supports := r.Has("Supported", "100rel")
	return r.Has("Require", "100rel") || supports && (s.endpoint.Reliable == ReliablePeer || s.endpoint.Reliable == ReliableRequired)
}

// accept answers the INVITE, or where a description waits for its PRACK leaves
// that to the PRACK (RFC 3262 §3). It reports false if the call is over.
func (s *session) accept() bool {
	s.mu.Lock()
	s.accepting = true
	dialog := s.dialog
	s.mu.Unlock()
	if dialog.AwaitsPRACK() || !s.mayAccept() {
		return true
	}
	return s.respond(200, true)
}

// mayAccept reports whether the INVITE is to be answered, to one who asks.
func (s *session) mayAccept() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	may := s.accepting
	s.accepting = false
	return may
}

// pracked takes a PRACK: it may have the answer to our offer, or another offer.
func (s *session) pracked(tx *sip.ServerTransaction, r *sip.Message) {
	s.mu.Lock()
	answers := s.asked && describes(r)
	s.asked = s.asked && !answers
	dialog := s.dialog
	s.mu.Unlock()
	switch {
	case answers:
		good := s.takeAcked(r) // before the phone is told: it may send media at once
		s.driver.send(tx, s.inDialog(tx, 200))
		if !good {
			s.respond(488, false)
			s.mu.Lock()
			s.stage = over
			s.mu.Unlock()
			s.ch.RemoteHangup(channel.CauseIncompatible)
			return
		}
	case describes(r):
		s.renegotiate(tx, r)
	default:
		s.driver.send(tx, s.inDialog(tx, 200))
	}
	if !dialog.AwaitsPRACK() && s.mayAccept() {
		s.respond(200, true)
	}
}
