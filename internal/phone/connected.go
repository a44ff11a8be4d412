package phone

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// assertedBy reads who a message says to be from in the headers that only a
// trusted side may send (RFC 3325, and the draft of Remote-Party-ID).
func assertedBy(m *sip.Message) (event.Party, bool) {
	for _, header := range [...]string{"P-Asserted-Identity", "Remote-Party-ID"} {
		list := m.List(header)
		if len(list) == 0 {
			continue
		}
		if a, err := sip.ParseAddress(list[0]); err == nil && a.URI.UserText() != "" {
			return partyOf(a), true
		}
	}
	return event.Party{}, false
}

// learn takes from a response or a request within the call that somebody else is
// at the far end now, and tells the other leg.
func (s *session) learn(m *sip.Message) {
	e := s.endpoint
	if s.driver.technology != PJSIP || e.can.lacks(moduleIdentities) || !e.TrustIDInbound || !e.TrustConnectedLine {
		return
	}
	p, ok := assertedBy(m)
	if !ok {
		return
	}
	s.mu.Lock()
	known := s.known == p
	s.known = p
	s.mu.Unlock()
	if known {
		return
	}
	s.ch.Change(func(c *event.Channel) { c.Caller.Name, c.Caller.Number = p.Name, p.Number })
	s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
}

// connected lets the far end know who it talks to now, if the endpoint wants to:
// in a call that was answered by UPDATE or re-INVITE, before with the next
// provisional response, or at once where rpid_immediate says so. A phone that rings
// for us is told by UPDATE.
func (s *session) connected() {
	if s.driver.technology == SIP {
		s.connectedSIP()
		return
	}
	e := s.endpoint
	who := s.ch.Connected()
	if s.driver.technology != PJSIP || !e.SendConnectedLine || !e.SendPAI && !e.SendRPID || !who.Number.Valid ||
		who.Number.Presentation.Restricted() && !e.TrustIDOutbound {
		return
	}
	s.mu.Lock()
	stage, waiting := s.stage, s.invite != nil
	alerted := stage < up && !s.incoming && s.dialog != nil // there, as far as we know
	s.mu.Unlock()
	switch {
	case (stage == up || alerted) && s.takesUpdate(), stage == up && e.ConnectedLineMethod == "update":
		s.renew(renewal{method: sip.Update, plain: true})
	case stage == up:
		s.renew(renewal{method: sip.Invite})
	case !s.incoming:
		s.mu.Lock()
		s.untold = true // until the phone answers
		s.mu.Unlock()
	case !waiting || !e.RPIDImmediate:
	case stage == ringing:
		s.respond(180, false)
	case stage == early:
		s.respond(183, true)
	case stage == fresh:
		s.respond(180, false)
	}
}

// tellLate tells a phone that answered what it could not be told while it rang.
func (s *session) tellLate() {
	s.mu.Lock()
	untold := s.untold
	s.untold = false
	s.mu.Unlock()
	if untold {
		s.connected()
	}
}
