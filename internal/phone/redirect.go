package phone

import (
	"cmp"
	"slices"
	"strconv"

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
	if s.driver.technology == PJSIP && r.Status != 302 {
		return // chan_pjsip tells who calls of no other
	}
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
// the same call. Of several places each is tried when the one before refuses, the one of
// the highest q first (RFC 3261 §8.1.3.4). It reports whether it did.
func (s *session) follow(r *sip.Message) bool {
	if s.driver.technology != PJSIP || s.endpoint.RedirectMethod != "uri_pjsip" || r.Status >= 600 {
		return false
	}
	var places []sip.Address
	if r.Status < 400 {
		places, _ = r.Contacts() // none is none
		slices.SortStableFunc(places, func(a, b sip.Address) int { return cmp.Compare(weight(b), weight(a)) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return false
	}
	for _, c := range places {
		to := bareURI(c.URI)
		if (to.Scheme == "sip" || to.Scheme == "sips") && !slices.Contains(s.followed, to) && len(s.followed) < maxFollowed {
			s.followed, s.places = append(s.followed, to), append(s.places, to)
		}
	}
	if len(s.places) == 0 {
		return false
	}
	next := s.request.Clone()
	next.URI, s.places = s.places[0], s.places[1:]
	next.Set("CSeq", itoa(int(s.request.CSeq.Number)+1)+" "+sip.Invite)
	next.Remove("Route") // of who was called first
	s.request, s.dialog, s.options.To = next, nil, sip.Source{}
	return true
}

// weight is the q of a Contact, 1 where it has none.
func weight(a sip.Address) float64 {
	text, _ := sip.Param(a.Params, "q")
	q, err := strconv.ParseFloat(text, 64)
	if err != nil || q < 0 || q > 1 {
		return 1
	}
	return q
}

// maxFollowed is how many places a call follows.
const maxFollowed = 20
