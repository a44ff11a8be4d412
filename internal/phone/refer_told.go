package phone

import (
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// A follower tells a phone how the transfer goes that it asked for by REFER: by the
// answer and by NOTIFY, or where the phone wants no subscription (RFC 4488) by the
// answer alone, which then waits for the outcome.
type follower struct {
	session *session
	dialog  *sip.Dialog
	tx      *sip.ServerTransaction
	request *sip.Message
	event   string
	silent  bool   // without a subscription
	trying  func() // tells that it is tried, once; nil where that was told
}

func (s *session) follower(dialog *sip.Dialog, tx *sip.ServerTransaction, r *sip.Message) *follower {
	f := &follower{session: s, dialog: dialog, tx: tx, request: r, event: "refer"}
	if s.driver.technology == SIP {
		f.event += ";id=" + itoa(int(r.CSeq.Number))
		return f
	}
	f.silent = strings.EqualFold(strings.TrimSpace(r.Get("Refer-Sub")), "false")
	return f
}

// begins accepts the REFER.
func (f *follower) begins() {
	s := f.session
	switch {
	case f.silent:
		return
	case s.driver.technology == SIP:
		s.driver.send(f.tx, s.inDialog(f.tx, 202))
		return
	}
	a := s.inDialog(f.tx, 202)
	if a != nil {
		a.Add("Expires", "600")
		a.Add("Contact", s.contact(f.request.Source))
		a.Add("Allow", s.model.can.allows())
		a.Add("Supported", s.model.extensions())
	}
	s.driver.send(f.tx, a)
	f.trying = func() { s.notify(f.dialog, f.event, "active;expires=600", "SIP/2.0 100 Trying", func(int) {}) }
}

// tries tells that the transfer is tried, if that was not told yet. It waits until the
// media that went past us comes back, as then the phone hears of that first.
func (f *follower) tries() {
	if f.trying != nil {
		f.trying()
		f.trying = nil
	}
}

// wordsSIP are chan_sip's for outcomes of a transfer.
var wordsSIP = map[int]string{404: "Not found", 503: "Service Unavailable (can't handle one-legged xfers)"}

// ends tells the outcome.
func (f *follower) ends(status int) {
	f.tries()
	s := f.session
	if f.silent {
		a := s.inDialog(f.tx, choose(status == 200, 202, status))
		if a != nil {
			// before Reason
			a.Headers = append([]sip.Header{{Name: "Refer-Sub", Value: "false"}}, a.Headers...)
		}
		s.driver.send(f.tx, a)
		s.referralEnds(status)
		return
	}
	words := sip.ReasonPhrase(status)
	if s.driver.technology == SIP {
		words = orText(wordsSIP[status], words)
	}
	s.notify(f.dialog, f.event, "terminated;reason=noresource", fmt.Sprintf("SIP/2.0 %d %s", status, words), s.referralEnds)
}
