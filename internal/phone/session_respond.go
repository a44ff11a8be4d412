package phone

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// dress gives a response to the INVITE of a call the headers that chan_pjsip gives
// it, in its order: each response keeps what the one before told of us, and adds
// what is new after that.
func (s *session) dress(r *sip.Message, tx *sip.ServerTransaction) {
	if agent := s.model.Global.UserAgent; agent != "" {
		r.Add("Server", agent)
	}
	if r.Status == 100 {
		return
	}
	s.mu.Lock()
	kept := s.kept
	s.mu.Unlock()
	r.Headers = append(r.Headers, kept...)
	host, _ := tx.Source().Transport.Sent(tx.Source().Remote)
	if r.Status >= 300 {
		s.divertedTo(r, host)
		return
	}
	r.Add("Contact", s.contact(tx.Source()))
	if len(kept) == 0 {
		s.keep(r, "Allow", s.endpoint.methods())
	}
	switch _, told := r.Lookup("Supported"); {
	case told:
	case r.Status >= 200:
		r.Add("Supported", s.endpoint.supported())
	case r.Status == 181:
		s.keep(r, "Supported", strings.TrimPrefix(historyToo, ", "))
	}
	if r.Status >= 200 {
		s.answerTimer(s.request, r)
	}
	s.identity(r, s.request.To.URI, "called")
	if _, told := r.Lookup("P-Asserted-Identity"); told {
		s.identified.Store(true)
	}
	s.divertedTo(r, host)
}

// contact is what the phone is told in Contact.
func (s *session) contact(way sip.Source) string {
	s.mu.Lock()
	dialog := s.dialog
	s.mu.Unlock()
	return dialog.Contact(way)
}

// told180 reports whether rpid_immediate has told who is called before the answer.
func (s *session) told180() bool { return s.endpoint.RPIDImmediate && s.identified.Load() }

// secureContact is the Contact of a call to a SIPS URI, in chan_sip's manner whatever the
// transport (RFC 3261 §12.1.1); empty for others.
func (s *session) secureContact(r *sip.Message) string {
	if s.driver.technology != SIP || r.URI.Scheme != "sips" {
		return ""
	}
	uri := r.Source.Transport.ContactURI(r.URI.User, r.Source.Remote)
	uri.Scheme = "sips"
	return "<" + uri.String() + ">"
}

// keep adds a header that the next response to the INVITE has, too.
func (s *session) keep(r *sip.Message, name, value string) {
	r.Add(name, value)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, sip.Header{Name: name, Value: value})
}

// explain tells the cause for which a call ends in the message that ends it, by
// Reason (RFC 3326) or in chan_sip's manner, also where there is none.
func (s *session) explain(cause int) []sip.Header {
	switch {
	case s.driver.technology == SIP:
		return []sip.Header{{Name: "X-Asterisk-HangupCause", Value: channel.CauseText(cause)}, {Name: "X-Asterisk-HangupCauseCode", Value: itoa(cause)}}
	case s.endpoint.reasonless():
		return nil
	case cause == channel.CauseAnsweredElsewhere:
		return []sip.Header{{Name: "Reason", Value: `SIP;cause=200;text="Call completed elsewhere"`}, reason(cause)}
	}
	return []sip.Header{reason(cause)}
}

// refusalReason is explain for what refuses or cancels a call, where chan_sip says
// only who else has answered.
func (s *session) refusalReason(cause int) []sip.Header {
	switch {
	case s.driver.technology == PJSIP:
		return s.explain(cause)
	case cause == channel.CauseAnsweredElsewhere && !s.incoming:
		return []sip.Header{{Name: "Reason", Value: `SIP;cause=200;text="Call completed elsewhere"`}}
	}
	return nil
}

// causeOr is why the call will end, or in pjsip's manner what its end stands for.
func (s *session) causeOr(otherwise int) int {
	if cause := s.ch.HangupCause(); cause != 0 || s.driver.technology == SIP {
		return cause
	}
	return otherwise
}

// terminated answers the INVITE of a call that the caller has ended by BYE, in
// chan_pjsip's manner.
func (s *session) terminated(bye *sip.Message) {
	s.mu.Lock()
	waits := s.invite != nil && s.driver.technology == PJSIP
	s.mu.Unlock()
	if !waits {
		return
	}
	contact := sip.Header{Name: "Contact", Value: s.contact(bye.Source)}
	s.mu.Lock()
	s.kept = append([]sip.Header{contact}, s.kept...)
	s.mu.Unlock()
	s.refuseFor(487, 0)
}

// cancelled answers the INVITE of a call that the caller has given up.
func (s *session) cancelled(cancel *sip.Message) {
	if s.driver.technology == SIP {
		s.respond(487, false)
		return
	}
	cause := 0
	if _, told := cancel.Lookup("Reason"); told {
		cause = s.toldCause(cancel, channel.CauseNormalClearing)
	}
	s.refuseFor(487, cause)
}
