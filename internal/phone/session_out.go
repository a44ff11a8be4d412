package phone

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// Request implements channel.Driver: a leg towards an endpoint, or a URI by way of one.
func (d *Driver) Request(_ context.Context, q channel.Request) (*channel.Channel, error) {
	name, _, _ := splitTarget(q.Destination)
	d.refresh(name)
	m := d.Model()
	to, err := d.destination(m, q.Destination)
	if err != nil {
		return nil, err
	}
	e := to.endpoint
	if err := d.inMaintenance(e); err != nil {
		return nil, err
	}
	if !d.callBegins(e) {
		return nil, &channel.RequestError{Cause: channel.CauseUserBusy, Why: "call limit of " + e.Name + " is reached"}
	}
	s, err := d.newSession(m, e, false, d.bindFor(e, to.peer()))
	if err == nil {
		err = s.open(channel.Config{Name: d.name(e), State: event.Down, Caller: e.CallerID, Context: e.Context, Exten: "s", Requestor: q.Requestor, LinkedID: q.LinkedID,
			UniqueID: q.UniqueID, Outgoing: true})
	}
	if err != nil {
		d.callEnds(e, callNone)
		return nil, &channel.RequestError{Cause: channel.CauseSwitchCongestion, Why: err.Error()}
	}
	s.target, s.behalf = to, q.Requestor
	s.callID = sip.NewCallID()
	s.ch.Change(func(c *event.Channel) { c.Protocol = s.callID })
	if d.technology == SIP {
		s.ch.SetVariable("SIPCALLID", s.callID)
		s.ch.SetLocation(channel.Location{Context: e.Context, Priority: 1})
	}
	s.formats = e.offering(usedBy(q))
	if sound := ofKind(s.formats, "audio"); len(sound) > 0 {
		s.format.Store(sound[0])
	}
	s.wishFor(q)
	d.house.add(s)
	return s.ch, nil
}

// preferred puts those of our formats first that the requestor uses.
func preferred(theirs, ours []*media.Format) []*media.Format {
	list := inOrder(theirs, ours)
	for _, f := range ours {
		if !contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// Call implements channel.Leg: it sends the INVITE.
func (s *session) Call(context.Context) error {
	d, to := s.driver, s.target
	callID := s.callID
	r := d.newRequest(s.model, sip.Invite, bareURI(to.uri), d.addressed(to.uri), callID, 102)
	if d.technology == PJSIP {
		r.Add("Allow", s.endpoint.methods())
		r.Add("Supported", s.endpoint.supported()+s.model.can.history())
		if s.endpoint.Reliable == ReliableRequired {
			r.Add("Require", "100rel")
		}
	} else {
		r.Set("Supported", s.endpoint.supported())
	}
	s.offerTimer(r)
	s.options = d.ways(r, s.endpoint, to.aor, to.contact)
	d.agreements.verify(s.endpoint, r)
	s.origin = s.from()
	r.Set("From", "<sip:invalid>;tag="+s.origin.tag)
	d.trace.dialogs.note(callID, "NewChan", "Channel %s - from %s", s.ch.Name(), callID)
	s.mu.Lock()
	s.request = r
	s.headers.addTo(r)
	s.referTo(r, to.uri)
	passed, _ := s.ch.Value(passedKey{}).(passedOn)
	passed.addTo(r)
	if d.technology == SIP {
		s.addSIPHeaders(r)
	}
	s.origin.fromParams, s.origin.fromURIParams = s.fromHeader, s.fromURI
	s.mu.Unlock()
	s.presents()
	if p := s.endpoint.Peer; p != nil && p.CallCounter {
		s.count(callRinging) // for who counts calls a phone rings as soon as it is called
	}
	if err := s.send(r); err != nil {
		return fmt.Errorf("call %s: %w", s.endpoint.Name, err)
	}
	return nil
}

// presents tells who calls whom they reach: chan_pjsip does as soon as it calls, with
// the number that was dialled where the endpoint has none.
func (s *session) presents() {
	if p := s.ch.Caller(); s.driver.technology == PJSIP && p.Number.Valid {
		s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
	}
}

// bare is a URI without the parameters that only route it.
func bare(u sip.URI) sip.URI {
	u.Params, u.Headers = "", ""
	return u
}

// send sends the INVITE, with an offer made for the way that it goes.
func (s *session) send(r *sip.Message) error {
	d := s.driver
	options := s.options
	options.Prepare = func(m *sip.Message, way sip.Source) {
		s.origin.prepare(m, way)
		host, _ := way.Transport.Sent(way.Remote)
		s.divert(m, host)
		s.identity(m, sip.URI{Scheme: "sip", Host: orText(s.endpoint.FromDomain, host)}, "calling")
		s.asPhone(m)
		m.SetBody("application/sdp", s.firstOffer(way).bytes())
	}
	tx, err := d.stack.Invite(d.ctx, r, sip.InviteOptions{
		DialogOptions: sip.DialogOptions{OnRequest: s.within, OnACK: s.acked, OnEnd: s.lost, ContactUser: s.origin.contactUser, Data: s,
			Symmetric: s.endpoint.RewriteContact || s.endpoint.ForceRport, Rewrite: s.endpoint.RewriteContact},
		Request: options, OnResponse: s.answered,
	})
	if err != nil {
		return err
	}
	if s.sent(tx, r) {
		tx.Cancel()
	}
	return nil
}

// sent keeps the INVITE that is under way, to cancel it. The answer may have been
// quicker: then there is nothing to cancel, and the call ends with BYE. It reports
// whether the call was hung up meanwhile.
func (s *session) sent(tx *sip.ClientTransaction, r *sip.Message) (gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.request == r && s.stage < up {
		s.calling = tx
	}
	return s.gone
}

// from is our From: the endpoint's from_user and from_domain, else who calls.
func (s *session) from() origin {
	o := originOf(s.model, s.endpoint)
	who := s.ch.Connected()
	if s.endpoint.FromUser == "" && who.Number.Valid && (who.Number.Text != "" || s.driver.technology == PJSIP) {
		o.user = who.Number.Text
		if s.endpoint.ContactUser == "" && s.driver.technology == SIP {
			o.contactUser = who.Number.Text
		}
	}
	if o.user == "" && (s.driver.technology == SIP || !who.Number.Valid) {
		o.user = "asterisk"
	}
	o.contactUser = orText(o.contactUser, "asterisk")
	o.display = ""
	if who.Name.Valid && (s.driver.technology == SIP || s.endpoint.FromUser == "") {
		o.display = who.Name.Text
	} else if s.driver.technology == SIP && !who.Number.Valid {
		o.display = "asterisk"
	}
	private := who.Number.Presentation.Restricted()
	if hidden := private || !who.Number.Valid; hidden && (s.driver.technology == PJSIP || private || !s.endpoint.TrustIDOutbound) {
		s.hide(&o)
	}
	if s.driver.technology == PJSIP && s.model.Global.UseCallerIDContact && s.endpoint.ContactUser == "" {
		o.contactUser = o.user
	}
	return o
}

// hide takes who calls out of From. What the endpoint is configured to be called stays.
func (s *session) hide(o *origin) {
	o.display = "Anonymous"
	if s.driver.technology == SIP || s.endpoint.FromUser == "" {
		o.user = "anonymous"
	}
	if s.driver.technology == SIP {
		o.contactUser = o.user
	}
	if s.endpoint.FromDomain == "" {
		o.domain = "anonymous.invalid"
	}
}

// answered takes the responses to our INVITE.
func (s *session) answered(dialog *sip.Dialog, r *sip.Message, err error) {
	if err != nil {
		cause := channel.CauseNoUserResponse
		var f *sip.Failure
		if errors.As(err, &f) && f.Status != 408 {
			cause = channel.CauseSubscriberAbsent
		}
		s.ch.RemoteHangup(cause)
		return
	}
	s.tellOutcome(r)
	s.learn(r)
	s.mu.Lock()
	gone, open := s.gone, s.stage < up
	if dialog != nil && open && (s.dialog == nil || r.Status >= 200) {
		s.dialog = dialog // once a branch has answered the call is with that one
		if r.Status < 200 {
			s.alertedBy = r
		}
	}
	s.mu.Unlock()
	switch {
	case r.Status == 100:
	case r.Status < 200:
		if !gone && open {
			s.progress(r)
		}
	case r.Status < 300:
		s.accepted(dialog, r, gone)
	case r.Status == 401 || r.Status == 407:
		s.authorize(r)
	case r.Status == 422 && s.timed() && s.lengthen(r):
	case s.follow(r):
		s.mu.Lock()
		next := s.request
		s.mu.Unlock()
		if err := s.send(next); err != nil {
			s.ch.RemoteHangup(channel.CauseCongestion)
		}
	default:
		s.refusedWith(r)
	}
}

// tellOutcome lets the leg for which we call, and our own, know how the far end answers.
func (s *session) tellOutcome(r *sip.Message) {
	if r.Status == 100 {
		return
	}
	cause := channel.CauseNormalClearing
	if r.Status >= 300 {
		cause = s.causeOf(r)
	}
	outcome := channel.Outcome{Channel: s.ch.Name(), Tech: fmt.Sprintf("SIP %d %s", r.Status, r.Reason), Cause: cause}
	if s.driver.technology == PJSIP {
		s.ch.NoteOutcome(outcome)
	}
	if s.behalf == nil {
		return
	}
	s.behalf.NoteOutcome(outcome)
	if g := s.model.Global.General; g != nil && g.StoreSIPCause { // where HASH(SIP_CAUSE,channel) reads it
		s.behalf.SetVariable("~HASH~SIP_CAUSE~"+s.ch.Name()+"~", outcome.Tech)
	}
}

// progress takes 180, 183 and their like.
func (s *session) progress(r *sip.Message) {
	s.mu.Lock()
	first := s.stage < early
	s.mu.Unlock()
	heard := len(r.Body) > 0 && s.takeAnswer(r)
	if heard && first {
		s.mu.Lock()
		s.stage = early
		s.mu.Unlock()
	}
	switch {
	case r.Status == 180 || r.Status == 182 && s.driver.technology == SIP:
		s.state(event.Ringing)
		s.driver.ringsNow(SIP + "/" + s.endpoint.Name)
		s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Ringing})
		if heard && first {
			s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Progress})
		}
	case r.Status == 183 && heard:
		s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Progress})
	case r.Status == 183 && !s.endpoint.Ignore183WithoutSDP:
		s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Progress})
	case r.Status == 181:
		s.sentOn(r)
	}
}

// sentOn tells the leg that calls that its call is sent on, or so it seems.
func (s *session) sentOn(r *sip.Message) {
	v := event.Redirection{}
	if s.driver.technology == PJSIP {
		v = s.driver.divertedBy(r)
	} else if by, ok := s.driver.diversionOf(r); ok {
		v = by
	}
	s.ch.Change(func(c *event.Channel) { c.Redirect = v })
	s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Redirecting, Value: channel.PartyOf{Redirect: v}})
}

func (s *session) takeAnswer(r *sip.Message) bool {
	if s.answeredEnough(r) {
		return true
	}
	answer, err := s.driver.answerIn(r)
	if err != nil {
		s.driver.log.Debug("an answer is unreadable", "channel", s.ch.Name(), "error", err)
		return false
	}
	// An answer with a codec that the dialplan did not have offered will do, if it is
	// one of the endpoint's.
	a, ok := s.agrees(answer, preferred(s.formats, s.endpoint.Formats))
	if !ok {
		return false
	}
	s.take(a)
	s.hears(answer)
	s.mu.Lock()
	s.answeredBy = r.To.Tag()
	s.mu.Unlock()
	return true
}

// answeredEnough reports whether the description in a response to our INVITE changes
// nothing, because one came before: from the same far end, where pjsip.conf wants no
// second answer, or from another branch, where it wants to hear the first.
func (s *session) answeredEnough(r *sip.Message) bool {
	system, e := &s.model.System, s.endpoint
	s.mu.Lock()
	by := s.answeredBy
	s.mu.Unlock()
	switch {
	case s.driver.technology != PJSIP || by == "":
		return false
	case by == r.To.Tag():
		return !system.AcceptMultipleSDPAnswers || !e.AcceptMultipleSDP
	}
	return !system.FollowEarlyMediaFork || !e.FollowEarlyMediaFork
}

// accepted takes the 2xx.
func (s *session) accepted(dialog *sip.Dialog, r *sip.Message, gone bool) {
	if err := dialog.ACK("", nil); err != nil {
		s.driver.log.Debug("an ACK was not sent", "channel", s.ch.Name(), "error", err)
	}
	s.mu.Lock()
	second := s.stage == up
	if !second {
		s.acceptedBy = r
	}
	s.mu.Unlock()
	switch {
	case second: // another branch answered, too (RFC 3261 §13.2.2.4)
		_ = dialog.Bye()
		return
	case gone:
		s.answeredLate(dialog)
		return
	case !s.settles(r):
		if len(r.Body) == 0 && s.driver.technology == PJSIP {
			_ = dialog.Bye(sip.Header{Name: "Reason", Value: `SIP;cause=406;text="SDP offer/answer incomplete"`})
			s.answeredDumb()
			return
		}
		_ = dialog.Bye(s.explain(channel.CauseBearerNotAvailable)...)
		s.ch.RemoteHangup(channel.CauseBearerNotAvailable)
		return
	}
	s.mu.Lock()
	if gone = s.gone; !gone {
		s.stage, s.calling = up, nil
	}
	s.mu.Unlock()
	if gone { // meanwhile, too late for CANCEL and too early for BYE
		s.answeredLate(dialog)
		return
	}
	s.agreedTimer(r)
	s.watchMedia()
	s.listenForFax()
	s.state(event.Up)
	s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
	s.settled()
	s.tellLate()
}

// answeredLate ends the dialog of a call that was hung up before its answer was taken.
func (s *session) answeredLate(dialog *sip.Dialog) {
	if s.driver.technology != SIP {
		_ = dialog.Bye()
		return
	}
	cause := channel.CauseNormalClearing
	if s.ch.HangupCause() == channel.CauseAnsweredElsewhere {
		cause = channel.CauseAnsweredElsewhere
	}
	_ = dialog.Bye(s.explain(cause)...)
}

// answeredDumb ends a call that was answered without a description: as in the
// reference it was answered all the same, and its caller knows.
func (s *session) answeredDumb() {
	s.mu.Lock()
	s.stage, s.calling = over, nil
	s.mu.Unlock()
	s.state(event.Up)
	s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
	s.ch.RemoteHangup(channel.CauseNormalClearing)
}

// settles reports whether a 2xx settles the media: by its description, or without
// one where a provisional response had brought the answer (RFC 3264, RFC 6337 §2.1).
func (s *session) settles(r *sip.Message) bool {
	if len(r.Body) > 0 {
		return s.takeAnswer(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.agreed.settled()
}

// authorize repeats the INVITE with credentials.
func (s *session) authorize(r *sip.Message) {
	s.mu.Lock()
	s.tried++
	request := s.request
	again := !s.gone && s.tried <= maxProofs
	s.mu.Unlock()
	if !again {
		s.refusedWith(r)
		return
	}
	next := s.driver.authorize(request, r, s.model.outboundAuths(s.endpoint))
	if next == nil {
		s.driver.tell(levelNotice, "Failed to authenticate on INVITE to '%s'", request.Get("To"))
		s.refusedWith(r)
		return
	}
	s.mu.Lock()
	s.request, s.dialog = next, nil
	s.mu.Unlock()
	if err := s.send(next); err != nil {
		s.ch.RemoteHangup(channel.CauseCongestion)
	}
}

// proves reports whether credentials are for a challenge: where it comes again they are
// wrong, and there are no others.
func proves(credentials string, c sip.Challenge) bool {
	return strings.Contains(credentials, "nonce="+sip.Quote(c.Nonce))
}

// forRealm reports whether credentials are for a realm.
func forRealm(credentials, realm string) bool {
	return strings.Contains(credentials, "realm="+sip.Quote(realm))
}

// firstOffer is our offer in the INVITE; when that goes out again it is the same one.
func (s *session) firstOffer(way sip.Source) *description {
	s.mu.Lock()
	before := s.local
	s.mu.Unlock()
	d := s.describe(way, nil, s.formats, sendRecv)
	if before != nil && s.driver.technology == PJSIP {
		d.version = before.version
	}
	return d
}

// lengthen repeats the INVITE with the interval that a 422 asks for (RFC 4028 §7.3), once.
func (s *session) lengthen(r *sip.Message) bool {
	least, ok := sip.ParseSessionExpires(r.Get("Min-SE"))
	s.mu.Lock()
	now, _ := sip.ParseSessionExpires(s.request.Get("Session-Expires"))
	if !ok || least.Interval <= now.Interval || s.gone {
		s.mu.Unlock()
		return false
	}
	next := s.request.Clone()
	next.Set("Session-Expires", wholeSeconds(least.Interval))
	next.Set("Min-SE", wholeSeconds(least.Interval))
	next.Set("CSeq", itoa(int(s.request.CSeq.Number)+1)+" "+sip.Invite)
	s.request, s.dialog = next, nil
	s.mu.Unlock()
	return s.send(next) == nil
}

// refusedWith takes a final response that is no 2xx.
func (s *session) refusedWith(r *sip.Message) {
	s.mu.Lock()
	s.stage = over
	s.mu.Unlock()
	cause := s.causeOf(r)
	if s.driver.technology == SIP && r.Status == 480 {
		s.sentOn(r)
	}
	if to := s.forwardedTo(r); to != "" {
		s.noteForward(r)
		s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Forward, Value: to})
	}
	if s.driver.technology == SIP {
		if r.Status == 487 {
			cause = channel.CauseNormalClearing
		}
		s.mu.Lock()
		s.unsettled = stillThere[r.Status]
		s.mu.Unlock()
		signal := endsBy(r.Status)
		if signal == media.NoSignal {
			s.ch.RemoteHangup(cause)
			return
		}
		s.ch.SetCause(cause)
		s.ch.Deliver(media.Frame{Kind: media.Control, Signal: signal, Cause: cause})
		return
	}
	s.tellStatus(r.Status)
	s.ch.RemoteHangup(cause)
}
