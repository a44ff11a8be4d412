package phone

import "github.com/octothorpe/octothorpe/sip"

// connectedSIP is connected as sendrpid, rpid_update and rpid_immediate of sip.conf have
// it: a call that goes well is renewed, one that is being answered has an UPDATE, if the
// far end is said to know it.
func (s *session) connectedSIP() {
	e := s.endpoint
	if who := s.ch.Connected(); !e.SendPAI && !e.SendRPID || !who.Number.Valid || who.Number.Text == "" {
		return
	}
	s.mu.Lock()
	stage, waiting, ready := s.stage, s.invite != nil, s.renewals.ready
	rings := stage < up && !s.incoming && s.dialog != nil
	s.mu.Unlock()
	switch {
	case stage == up && ready:
		s.renew(renewal{method: choose(e.DirectMediaMethod == "update", sip.Update, sip.Invite)})
	case stage == up && s.mayUpdate(), rings && e.Peer.RPIDUpdate && s.mayUpdate():
		s.renew(renewal{method: sip.Update, plain: true, marked: true})
	case stage == up || !s.incoming:
		s.mu.Lock()
		s.untold = true // until it can be renewed
		s.mu.Unlock()
	case !waiting || !e.RPIDImmediate:
	case stage == early:
		s.respond(183, true)
	default:
		s.respond(180, false)
	}
}

// mayUpdate reports whether an UPDATE may be sent: who says nothing of what it knows is
// taken to know everything.
func (s *session) mayUpdate() bool {
	if s.endpoint.Peer.disallows(sip.Update) {
		return false
	}
	s.mu.Lock()
	known := s.request
	if !s.incoming {
		if known = s.acceptedBy; known == nil {
			known = s.alertedBy
		}
	}
	s.mu.Unlock()
	return known == nil || len(known.List("Allow")) == 0 || known.Has("Allow", sip.Update)
}
