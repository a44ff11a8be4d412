package phone

import (
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// identity adds who is at our end in the headers that the endpoint wants: in an
// INVITE who calls, in its responses who is called (RFC 3325, and the draft of
// Remote-Party-ID). uri is ours, role is "calling" or "called".
func (s *session) identity(m *sip.Message, uri sip.URI, role string) {
	e, who := s.endpoint, s.shown(role)
	restricted := who.Number.Presentation.Restricted()
	if !e.SendPAI && !e.SendRPID || !who.Number.Valid || restricted && !e.TrustIDOutbound {
		return
	}
	a := sip.Address{Display: who.Name.Text, URI: bare(uri)}
	a.URI.User = sip.EscapeUser(who.Number.Text)
	if s.driver.technology == PJSIP {
		a.URI.Port = 0
	}
	if restricted && s.driver.technology == PJSIP && role == "calling" {
		m.Add("Privacy", "id")
	}
	if e.SendPAI {
		m.Add("P-Asserted-Identity", a.String())
	}
	if e.SendRPID {
		m.Add("Remote-Party-ID", a.String()+";party="+role+";privacy="+choose(restricted, "full", "off")+";screen=no")
	}
}

// shown is who is at our end as the far end may know it: without
// send_connected_line the one that it was told first.
func (s *session) shown(role string) event.Party {
	who := s.ch.Connected()
	if s.driver.technology != PJSIP || s.endpoint.SendConnectedLine || role != "called" {
		return who
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.named.Number.Valid {
		s.named = who
	}
	return s.named
}
