package phone

import (
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// withinSIP answers what chan_sip answers in a manner of its own within a call. It
// reports whether it did.
func (s *session) withinSIP(tx *sip.ServerTransaction, r *sip.Message) bool {
	switch r.Method {
	case sip.Invite, sip.Update, sip.Bye, sip.Prack, sip.MessageM, sip.Refer:
		return false
	case sip.Info:
		if !foreignInfo(r) {
			return false
		}
		s.driver.send(tx, s.worded(tx, 415, "Unsupported media type"))
	case sip.Options:
		a := s.worded(tx, 200, "")
		if a != nil {
			a.Add("Contact", s.contact(r.Source))
			a.Add("Accept", acceptSIP)
		}
		s.driver.send(tx, a)
	case sip.Notify:
		return s.refusesNotify(tx, r)
	case sip.Subscribe:
		s.driver.send(tx, s.worded(tx, 403, "Forbidden (within dialog)"))
	default:
		a := s.worded(tx, 501, "Method Not Implemented")
		if a != nil {
			a.Add("Accept", acceptSIP)
		}
		s.driver.send(tx, a)
	}
	return true
}

// refusesNotify answers a NOTIFY that does not tell how a transfer goes.
func (s *session) refusesNotify(tx *sip.ServerTransaction, r *sip.Message) bool {
	event, _, _ := strings.Cut(r.Get("Event"), ";")
	switch {
	case !strings.EqualFold(strings.TrimSpace(event), "refer"):
		s.driver.send(tx, s.worded(tx, 489, "Bad event"))
	case mediaType(r) != "message/sipfrag":
		s.driver.send(tx, s.worded(tx, 400, "Bad request"))
	default:
		return false
	}
	return true
}

// worded is inDialog in other words than the usual ones.
func (s *session) worded(tx *sip.ServerTransaction, status int, reason string) *sip.Message {
	a := s.inDialog(tx, status)
	if a != nil && reason != "" {
		a.Reason = reason
	}
	return a
}

// trying answers a re-INVITE that is taken with 100, as chan_sip does at once.
func (s *session) trying(tx *sip.ServerTransaction, r *sip.Message) {
	if s.driver.technology != SIP || r.Method != sip.Invite {
		return
	}
	a := s.inDialog(tx, 100)
	if a == nil {
		return
	}
	s.tellTimer(r, a)
	a.Add("Contact", s.contact(r.Source))
	s.driver.send(tx, a)
}
