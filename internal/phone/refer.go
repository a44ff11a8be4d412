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

// refer takes a transfer (RFC 3515): the other leg of the call goes on at Refer-To, or
// talks to who the phone consulted.
func (s *session) refer(dialog *sip.Dialog, tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	to, no := s.referTarget(r)
	if no.status != 0 {
		d.send(tx, s.refersNot(tx, r, no))
		return
	}
	context, ok := s.ch.Variable("TRANSFER_CONTEXT")
	if !ok || context == "" {
		context = s.endpoint.Context
	}
	exten := s.model.userOf(to.URI)
	other, status := s.consulted(to.URI)
	if status == elsewhere {
		exten, status = externalReplaces, 0
	}
	if status == 0 && !s.endpoint.AllowTransfer {
		status = 603
	}
	if status != 0 {
		d.send(tx, s.refersNot(tx, r, refusal{status: status}))
		return
	}
	s.mu.Lock()
	many, before := s.referrals >= maxReferrals, s.referred
	byClient := s.clientTransfers
	if !many {
		s.referrals, s.referred = s.referrals+1, before || !byClient
	}
	s.mu.Unlock()
	if many {
		d.send(tx, s.inDialog(tx, 491))
		return
	}
	f := s.follower(dialog, tx, r)
	f.begins()
	switch {
	case before: // who was to go has gone
		f.ends(400)
		return
	case byClient:
		s.handOver(f, to.URI, other)
		return
	case other == nil && (d.hooks.BlindTransfer == nil || d.hooks.ExtensionExists != nil && !d.hooks.ExtensionExists(context, exten, "")):
		s.staysHere()
		f.ends(404)
		return
	}
	follows := d.technology == PJSIP && s.endpoint.ReferBlindProgress && other == nil && !f.silent
	var err error
	if other != nil {
		f.tries()
		err = d.hooks.AttendedTransfer(s.ch, other.ch)
	} else {
		t := s.transfer(r, to.URI, context, exten)
		t.Separated = f.tries
		if follows {
			t.Follow = (&progress{session: s, dialog: dialog, name: f.event}).tell
		}
		err = d.hooks.BlindTransfer(s.ch, t)
	}
	switch {
	case err != nil:
		d.log.Warn("a transfer failed", "channel", s.ch.Name(), "to", exten, "error", err)
		s.staysHere()
		f.ends(choose(d.technology == SIP, 503, 400))
	case !follows:
		f.ends(200)
	default:
		f.tries()
	}
}

// staysHere takes back that the phone transferred its call.
func (s *session) staysHere() {
	s.mu.Lock()
	s.referred = false
	s.mu.Unlock()
}

// referTarget is where a REFER sends the other leg, or how to refuse it.
func (s *session) referTarget(r *sip.Message) (to sip.Address, no refusal) {
	inSIP := s.driver.technology == SIP
	text, there := r.Lookup("Refer-To")
	if !there {
		return to, refusal{status: 400, reason: choose(inSIP, "Bad Request (Refer-to missing)", "")}
	}
	to, err := referredTo(text)
	if err != nil || to.URI.IsZero() || to.URI.Scheme != "sip" && to.URI.Scheme != "sips" {
		return to, refusal{status: choose(inSIP, 603, 400), reason: choose(inSIP, "Declined (Non sip: uri)", "")}
	}
	return to, refusal{}
}

// refersNot is the refusal of a REFER.
func (s *session) refersNot(tx *sip.ServerTransaction, r *sip.Message, no refusal) *sip.Message {
	a := s.worded(tx, no.status, no.reason)
	if a != nil && s.driver.technology == SIP {
		a.Add("Contact", s.contact(r.Source))
	}
	return a
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
	// Separated, if not nil, is called when it does, before the leg goes on.
	Separated func()
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
// or 0 where there is none. A phone whose media comes back to us hears of that first.
func (s *session) notify(dialog *sip.Dialog, name, subscription, fragment string, next func(status int)) {
	s.handed(func() { s.notifyNow(dialog, name, subscription, fragment, next) })
}

func (s *session) notifyNow(dialog *sip.Dialog, name, subscription, fragment string, next func(status int)) {
	d := s.driver
	n := dialog.NewRequest(sip.Notify)
	n.Add("Event", name)
	n.Add(choose(d.technology == SIP, "Subscription-state", "Subscription-State"), subscription)
	if d.technology == SIP {
		n.Add("Allow", allowSIP)
		n.Add("Supported", s.endpoint.supported())
	} else {
		n.Add("Allow-Events", allowEvents)
	}
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
