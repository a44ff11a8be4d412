package phone

import (
	"github.com/octothorpe/octothorpe/internal/channel"
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
		return "SIP/" + to.User + "@" + to.Host
	case s.driver.technology == PJSIP && s.endpoint.RedirectMethod != "user":
		return "PJSIP/" + s.endpoint.Name + "/" + to.String()
	}
	return s.model.user(to.User)
}

// noteForward keeps who a 3xx says to send the call on, where that is another than
// who was called.
func (s *session) noteForward(r *sip.Message) {
	if s.driver.technology != PJSIP {
		return
	}
	v := s.driver.divertedBy(r)
	if !v.From.Number.Valid {
		return
	}
	if contacts, err := r.Contacts(); err == nil && len(contacts) > 0 {
		v.To = s.driver.named(contacts[0])
	}
	s.ch.SetValue(channel.ForwardedBy{}, v)
}
