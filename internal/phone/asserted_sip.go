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
		privacy := choose(restricted, "full", "off")
		m.Add("Remote-Party-ID", a.String()+";party="+role+";privacy="+privacy+";screen="+choose(screened(who.Number.Presentation), "yes", "no"))
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
