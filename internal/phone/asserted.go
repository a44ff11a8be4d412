package phone

import (
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// identity adds who is at our end in the headers that the endpoint wants: in an
// INVITE who calls, in its responses who is called (RFC 3325, and the draft of
// Remote-Party-ID). uri is ours, role is "calling" or "called".
func (s *session) identity(m *sip.Message, uri sip.URI, role string) {
	if s.driver.technology == SIP {
		s.identitySIP(m, uri, role)
		return
	}
	e, who := s.endpoint, s.shown(role)
	if e.can.lacks(moduleIdentities) {
		return
	}
	restricted := who.Number.Presentation.Restricted()
	if !e.SendPAI && !e.SendRPID || !who.Number.Valid || restricted && !e.TrustIDOutbound {
		return
	}
	a := sip.Address{Display: who.Name.Text, URI: bare(uri)}
	a.URI.User = sip.EscapeUser(who.Number.Text)
	a.URI.Port = 0
	if restricted && role == "calling" {
		m.Add("Privacy", "id")
	}
	if e.SendPAI {
		m.Add("P-Asserted-Identity", a.String())
	}
	if e.SendRPID {
		m.Add("Remote-Party-ID", a.String()+";party="+role+";privacy="+choose(restricted, "full", "off")+";screen=no")
	}
}

// originatingLine is the kind of line that a call comes from, a number that
// networks tell in From by one of three names.
func originatingLine(from sip.Address) string {
	for _, name := range [...]string{"isup-oli", "ss7-oli", "oli"} {
		value, ok := from.URI.Param(name)
		if !ok {
			value, ok = sip.Param(from.Params, name)
		}
		if _, err := strconv.Atoi(value); ok && err == nil {
			return value
		}
	}
	return ""
}

// asPhone marks the URIs of a message whose user is a telephone number as such, for
// endpoints with user_eq_phone.
func (s *session) asPhone(m *sip.Message) {
	if s.driver.technology != PJSIP || !s.endpoint.UserEqPhone {
		return
	}
	m.URI = telephone(m.URI)
	for _, name := range [...]string{"From", "To", "P-Asserted-Identity", "Remote-Party-ID"} {
		value, ok := m.Lookup(name)
		if !ok {
			continue
		}
		if a, err := sip.ParseAddress(value); err == nil {
			a.URI = telephone(a.URI)
			m.Set(name, a.String())
		}
	}
}

// telephone adds user=phone to a URI of a telephone number (RFC 3261 §19.1.1).
func telephone(u sip.URI) sip.URI {
	digits := strings.TrimPrefix(u.User, "+")
	if _, has := u.Param("user"); has || digits == "" || strings.Trim(digits, "0123456789*#") != "" {
		return u
	}
	u.Params += ";user=phone"
	return u
}

// shown is who is at our end as the far end may know it: without
// send_connected_line the one that it was told first.
func (s *session) shown(role string) event.Party {
	who := s.ch.Connected()
	if s.endpoint.SendConnectedLine || role != "called" {
		return who
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.named.Number.Valid {
		s.named = who
	}
	return s.named
}
