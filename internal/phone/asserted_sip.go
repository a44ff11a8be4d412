package phone

import (
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// anonymousURI is who calls that does not want to be known (RFC 3323 §4.1).
const anonymousURI = "<sip:anonymous@anonymous.invalid>"

// identitySIP is identity as sendrpid and trust_id_outbound of sip.conf have it: who
// is private is told to who is trusted, with Privacy; by the word legacy as somebody
// anonymous, in Remote-Party-ID with the number all the same.
func (s *session) identitySIP(m *sip.Message, uri sip.URI, role string) {
	e, who := s.endpoint, s.ch.Connected()
	restricted := who.Number.Presentation.Restricted() || who.Name.Presentation.Restricted()
	legacy := e.Peer.TrustOutbound == "Legacy"
	if !e.SendPAI && !e.SendRPID || !who.Number.Valid || who.Number.Text == "" || restricted && e.Peer.TrustOutbound == "No" {
		return
	}
	uri.User = sip.EscapeUser(who.Number.Text)
	if restricted && legacy && e.FromDomain == "" {
		uri.Host = "anonymous.invalid"
	}
	a := sip.Address{Display: who.Name.Text, URI: uri}
	switch {
	case e.SendRPID:
		text := a.String() + ";party=" + role
		if p := who.Number.Presentation; p != event.Unavailable {
			text += ";privacy=" + choose(restricted, "full", "off") + ";screen=" + choose(screened(p), "yes", "no")
		}
		m.Add("Remote-Party-ID", text)
	case restricted && legacy:
		m.Add("P-Asserted-Identity", `"Anonymous" `+anonymousURI)
	default:
		if restricted {
			m.Add("Privacy", "id")
		}
		m.Add("P-Asserted-Identity", a.String())
	}
}

// screened reports whether somebody vouches for a number.
func screened(p event.Presentation) bool { return p&1 != 0 }

// presentedBy is how somebody trusted wants the caller that it names to be
// shown: by the parameters of Remote-Party-ID, or by Privacy beside P-Asserted-Identity.
func presentedBy(m *sip.Message) event.Presentation {
	private, passed := false, false
	if len(m.List("P-Asserted-Identity")) > 0 {
		private = m.Has("Privacy", "id") || m.Has("Privacy", "user")
	} else if list := m.List("Remote-Party-ID"); len(list) > 0 {
		if a, err := sip.ParseAddress(list[0]); err == nil {
			privacy, _ := sip.Param(a.Params, "privacy")
			screen, _ := sip.Param(a.Params, "screen")
			private, passed = privacy != "" && privacy != "off", screen == "yes"
		}
	}
	switch {
	case private && passed:
		return event.ProhibitedPassed
	case private:
		return event.ProhibitedNotScreened
	case passed:
		return event.AllowedPassedScreen
	}
	return event.AllowedNotScreened
}
