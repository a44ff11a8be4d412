package phone

import (
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// farewell is how long a phone that transferred its call is given to send BYE
// itself; RFC 5589 §6.1 lets it do so when it has heard how the transfer went.
const farewell = 32 * time.Second

// maxReferrals is how many REFERs of a call may wait for the phone to answer their
// last NOTIFY. Each keeps a transaction, which nobody else bounds.
const maxReferrals = 4

// referredTo reads Refer-To. Without brackets all of it is the URI, as on the reference:
// what a semicolon begins may belong to its user (RFC 3966 §5.1.5).
func referredTo(text string) (sip.Address, error) {
	if strings.Contains(text, "<") {
		return sip.ParseAddress(text)
	}
	uri, err := sip.ParseURI(strings.TrimSpace(text))
	return sip.Address{URI: uri}, err
}

// refer takes a blind transfer (RFC 3515): the other leg of the call goes on at Refer-To.
func (s *session) refer(dialog *sip.Dialog, tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	to, err := referredTo(r.Get("Refer-To"))
	if err != nil || to.URI.IsZero() {
		d.send(tx, s.inDialog(tx, 400))
		return
	}
	context, ok := s.ch.Variable("TRANSFER_CONTEXT")
	if !ok || context == "" {
		context = s.endpoint.Context
	}
	exten := s.model.user(to.URI.UserText())
	other, status := s.consulted(to.URI)
	switch {
	case status == elsewhere:
		exten, status = externalReplaces, 0
	}
	if status == 0 && !s.endpoint.AllowTransfer {
		status = 603
	}
	if status == 0 && other == nil && (d.hooks.BlindTransfer == nil || d.hooks.ExtensionExists != nil && !d.hooks.ExtensionExists(context, exten, "")) {
		status = 404
	}
	if status != 0 {
		d.send(tx, s.inDialog(tx, status))
		return
	}
	s.mu.Lock()
	many, before := s.referrals >= maxReferrals, s.referred
	if !many {
		s.referrals, s.referred = s.referrals+1, true
	}
	s.mu.Unlock()
	if many {
		d.send(tx, s.inDialog(tx, 491))
		return
	}
	accepted := s.inDialog(tx, 202)
	accepted.Add("Expires", "600")
	if d.technology == PJSIP {
		accepted.Add("Allow", allowPJSIP)
		accepted.Add("Supported", supportedPJSIP)
	}
	d.send(tx, accepted)
	name := "refer"
	if d.technology == SIP {
		name += ";id=" + itoa(int(r.CSeq.Number))
	}
	if d.technology == PJSIP {
		s.notify(dialog, name, "active;expires=600", "SIP/2.0 100 Trying", func(int) {})
	}
	last := func(outcome string) { s.notify(dialog, name, "terminated;reason=noresource", outcome, s.referralEnds) }
	if before {
		last("SIP/2.0 400 Bad Request") // who was to go has gone
		return
	}
	follows := d.technology == PJSIP && s.endpoint.ReferBlindProgress && other == nil
	err = nil
	if other != nil {
		err = d.hooks.AttendedTransfer(s.ch, other.ch)
	} else {
		t := s.transfer(r, to.URI, context, exten)
		if follows {
			t.Follow = (&progress{session: s, dialog: dialog, name: name}).tell
		}
		err = d.hooks.BlindTransfer(s.ch, t)
	}
	switch {
	case err != nil:
		d.log.Warn("a transfer failed", "channel", s.ch.Name(), "to", exten, "error", err)
		s.mu.Lock()
		s.referred = false
		s.mu.Unlock()
		last("SIP/2.0 503 Service Unavailable")
	case !follows:
		last("SIP/2.0 200 OK")
	}
}

// referralEnds counts a REFER out.
func (s *session) referralEnds(int) {
	s.mu.Lock()
	s.referrals--
	s.mu.Unlock()
}

// A Transfer is what a phone asked for by REFER.
type Transfer struct {
	Context, Exten string
	// Before and After are the variables of the leg that goes on, that it gets
	// before and after it is told that it does.
	Before, After []event.Variable
	// Prepare, if not nil, prepares the leg that goes on, after its variables.
	Prepare func(transferee *channel.Channel)
	// Separate says that relayed media is to go through the core first.
	Separate bool
	// Follow, if not nil, is told how it goes on with the leg that goes on.
	Follow func(media.Signal)
}

// transfer makes of a REFER what either driver of the reference makes of it.
func (s *session) transfer(r *sip.Message, to sip.URI, context, exten string) Transfer {
	t := Transfer{Context: context, Exten: exten, Separate: s.driver.technology == PJSIP, Prepare: s.driver.toVoicemail(r)}
	yes := event.Variable{Name: "SIPTRANSFER", Value: "yes"}
	from := []event.Variable{{Name: "SIPREFERRINGCONTEXT", Value: context}}
	by := r.Get("Referred-By")
	if by != "" {
		from = append(from, event.Variable{Name: "__SIPREFERREDBYHDR", Value: by})
	}
	if s.driver.technology == PJSIP {
		t.After = append(append([]event.Variable{yes}, from...), event.Variable{Name: "SIPREFERTOHDR", Value: to.String()})
		return t
	}
	t.Before, t.After = from, []event.Variable{yes}
	if by != "" {
		t.After = append(t.After, event.Variable{Name: "SIPTRANSFER_REFERER", Value: by})
	}
	t.After = append(t.After, event.Variable{Name: "SIPDOMAIN", Value: strings.Trim(to.Host, "[]")})
	return t
}

// notify tells the phone how the transfer that is called name goes; next gets the status of the answer,
// or 0 where there is none.
func (s *session) notify(dialog *sip.Dialog, name, subscription, fragment string, next func(status int)) {
	d := s.driver
	n := dialog.NewRequest(sip.Notify)
	n.Add("Event", name)
	n.Add("Subscription-State", subscription)
	n.SetBody("message/sipfrag;version=2.0", []byte(fragment+"\r\n"))
	answered := func(r *sip.Message, err error) {
		if err != nil || r == nil {
			next(0)
			return
		}
		next(r.Status)
	}
	if err := s.ask(dialog, n, sip.RequestOptions{}, answered); err != nil {
		d.log.Debug("a NOTIFY was not sent", "channel", s.ch.Name(), "error", err)
		next(0)
	}
}

// partLater leaves the end of the dialog to a phone that transferred its call,
// for a while. It reports whether it does.
func (s *session) partLater(dialog *sip.Dialog) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.referred {
		return false
	}
	s.parting = time.AfterFunc(farewell, func() { s.bye(dialog) })
	return true
}

// parted notes that the phone has sent BYE.
func (s *session) parted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.parting != nil {
		s.parting.Stop()
	}
}
