package phone

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// forwardedTo returns where a response of class 3xx sends the call: a number to
// look for in the dialplan, or the dial string of an address where the endpoint
// may be sent to any (redirect_method, promiscredir). It is empty for all other
// responses.
func (s *session) forwardedTo(r *sip.Message) string {
	if r.Status < 300 || r.Status > 399 {
		return ""
	}
	contacts, err := r.Contacts()
	if err != nil || len(contacts) == 0 {
		return ""
	}
	to := contacts[0].URI
	switch {
	case s.driver.technology == SIP && s.endpoint.Peer.PromiscRedir:
		place := "SIP/" + to.User + "@" + to.Host
		if to.Port != 0 {
			place += ":" + itoa(to.Port)
		}
		return place
	case s.driver.technology == PJSIP && s.endpoint.RedirectMethod != "user":
		return "PJSIP/" + s.endpoint.Name + "/" + to.String()
	}
	return s.model.user(to.User)
}

// noteForward keeps where a 3xx sends the call on, and who says so where that is
// another than who was called. To chan_sip it is the number that was dialled.
func (s *session) noteForward(r *sip.Message) {
	v := s.driver.divertedBy(r)
	if contacts, err := r.Contacts(); err == nil && len(contacts) > 0 {
		v.To = s.driver.named(contacts[0])
	}
	if s.driver.technology == SIP && !v.From.Number.Valid {
		v.Reason = "cfu"
		if s.behalf != nil {
			v.From = event.Party{Number: event.Number{Valid: true, Text: s.behalf.Location().Exten}}
		}
	}
	s.ch.SetValue(channel.ForwardedBy{}, v)
}

// follow repeats the INVITE to where a 3xx sends it, where the endpoint is sent on by
// the driver and not by the core (redirect_method=uri_pjsip): to those who watch it is
// the same call. It reports whether it did.
func (s *session) follow(r *sip.Message) bool {
	if s.driver.technology != PJSIP || s.endpoint.RedirectMethod != "uri_pjsip" || r.Status < 300 || r.Status > 399 {
		return false
	}
	contacts, err := r.Contacts()
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	for _, c := range contacts {
		to := bareURI(c.URI)
		if (to.Scheme != "sip" && to.Scheme != "sips") || slices.Contains(s.followed, to.String()) || len(s.followed) >= maxFollowed {
			continue
		}
		s.followed = append(s.followed, to.String())
		next := s.request.Clone()
		next.URI = to
		next.Set("CSeq", itoa(int(s.request.CSeq.Number)+1)+" "+sip.Invite)
		next.Remove("Route") // of who was called first
		s.request, s.dialog, s.options.To = next, nil, sip.Source{}
		return true
	}
	return false
}

// maxFollowed is how many places a call follows.
const maxFollowed = 20
