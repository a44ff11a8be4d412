package phone

import (
	"context"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// house is the sessions of a driver.
type house struct {
	driver *Driver

	mu   sync.Mutex // a leaf
	open map[*session]struct{}
	past Media // of those that have ended
}

func newHouse(d *Driver) *house { return &house{driver: d, open: map[*session]struct{}{}} }

func (h *house) add(s *session) {
	h.mu.Lock()
	h.open[s] = struct{}{}
	h.mu.Unlock()
}

// audibly is how many packets, a second of sound, are more than what is under way as keys change.
const audibly = 50

// remove forgets a session whose media has ended.
func (h *house) remove(s *session) {
	last := s.audio.Stats()
	h.mu.Lock()
	_, open := h.open[s]
	if open {
		delete(h.open, s)
		h.past.add(last)
	}
	h.mu.Unlock()
	if open && last.Undeciphered >= audibly {
		h.driver.log.Warn("a phone's packets could not be deciphered: it has another key, or sends without one",
			"channel", s.ch.Name(), "packets", last.Undeciphered, "deciphered", last.Packets)
	}
}

// close implements sessions. The channels were ended before by their owners.
func (h *house) close() {
	h.mu.Lock()
	list := make([]*session, 0, len(h.open))
	for s := range h.open {
		list = append(list, s)
	}
	h.mu.Unlock()
	for _, s := range list {
		s.audio.Close()
		s.unravel()
		s.audio.Wait()
		for _, t := range s.threads() {
			t.rtp.Wait()
		}
	}
}

// invite implements sessions: a call comes in.
func (h *house) invite(in *incoming) {
	d, e, r := h.driver, in.endpoint, in.request
	refuse := func(status int, reason string) { d.send(in.tx, in.answer(status, reason)) }
	exten := in.model.userOf(r.URI)
	if exten == "" {
		exten = "s"
	}
	caller := in.model.userOf(r.From.URI)
	if d.refusesDomain(in) {
		return
	}
	if d.wantsSIPS(in) {
		return
	}
	offer, no := readOffer(d, e, r)
	if no.status != 0 {
		d.send(in.tx, no.explain(in.answer(no.status, "")))
		return
	}
	if d.refusesExtensions(in) {
		return
	}
	picksUp := d.hooks.PicksUp != nil && d.hooks.PickUp != nil && d.hooks.PicksUp(exten)
	exists := picksUp || d.hooks.ExtensionExists == nil || d.hooks.ExtensionExists(e.Context, exten, caller)
	d.welcome(e, r, exten, exists)
	if !exists {
		if d.technology == SIP {
			d.tell(levelNotice, "Call from '%s' (%s) to extension '%s' rejected because extension not found in context '%s'.",
				e.Name, r.Source.Remote, exten, e.Context)
		} else {
			d.tell(levelNotice, " %s: Call (%s:%s) to extension '%s' rejected because extension not found in context '%s'.",
				e.Name, strings.ToUpper(r.Source.Transport.Network), r.Source.Remote, exten, e.Context)
		}
		refuse(choose(d.incomplete(e, exten, caller), 484, 404), "")
		return
	}
	if tooBrief(e, r) {
		d.send(in.tx, e.briefly(in.answer(422, "")))
		return
	}
	var a agreed
	if offer != nil {
		if a, no = d.agree(e, r, offer); no.status != 0 {
			if d.technology == PJSIP {
				refuse(100, "")
			}
			d.send(in.tx, no.explain(in.answer(no.status, "")))
			return
		}
	}
	old, refused := d.refusesReplaces(in)
	if refused {
		return
	}
	if !d.callBegins(e) {
		d.tell(levelNotice, "Call from peer '%s' rejected due to usage limit", e.Name)
		refuse(480, "")
		return
	}
	s, err := d.newSession(in.model, e, true, d.bindFor(e, r.Source.Remote.Addr()))
	if err == nil {
		s.offer, s.request, s.invite, s.answer = offer, r, in.tx, in.answer
		err = s.open(channel.Config{Name: d.name(e), State: firstState(d), Caller: s.party(r), DialedNum: exten, Context: e.Context, Exten: exten})
	}
	if err != nil {
		d.callEnds(e, callNone)
		d.log.Warn("a call was refused", "endpoint", e.Name, "error", err)
		d.refusesFull(in, err, offer != nil)
		return
	}
	h.add(s)
	h.begin(s, in, a, old)
}

// incomplete reports whether more digits may make an extension of what was dialled,
// and the endpoint may send them (RFC 3578 §2.1).
func (d *Driver) incomplete(e *Endpoint, exten, caller string) bool {
	return e.AllowOverlap && d.hooks.ExtensionBegins != nil &&
		d.hooks.ExtensionBegins(orText(e.OverlapContext, e.Context), exten, caller)
}

// firstState is that of a new leg that comes in: the reference's SIP channels
// come to ring a moment later, after their variables.
func firstState(d *Driver) event.ChannelState {
	if d.technology == SIP {
		return event.Down
	}
	return event.Ring
}

// introduce sets the variables of a leg that came in, before its dialplan starts.
func (s *session) introduce(r *sip.Message) {
	domain := strings.Trim(r.URI.Host, "[]")
	if s.driver.technology == PJSIP {
		s.ch.SetVariable("SIPDOMAIN", domain)
		return
	}
	uri := r.From.URI
	if list := r.List("Contact"); len(list) > 0 {
		if a, err := sip.ParseAddress(list[0]); err == nil {
			uri = bare(a.URI)
		}
	}
	s.ch.SetVariable("SIPURI", uri.String())
	s.ch.SetVariable("SIPDOMAIN", domain)
	s.ch.SetVariable("SIPCALLID", r.CallID)
	s.speak()
	s.ch.SetState(event.Ring)
}

// begin lets the dialplan have the call, or has it take the place of old, if not nil.
func (h *house) begin(s *session, in *incoming, a agreed, old *session) {
	d, r := h.driver, in.request
	s.count(callOf(event.Ring, false))
	dialog, err := in.tx.Dialog(sip.DialogOptions{Data: s, Contact: s.secureContact(r), ContactUser: orText(s.endpoint.ContactUser, choose(d.technology == SIP, in.model.contactUser(r.URI), "")), OnRequest: s.within, OnACK: s.acked, OnEnd: s.lost,
		Symmetric: s.endpoint.ForceRport || s.endpoint.RewriteContact, Rewrite: s.endpoint.RewriteContact})
	if err != nil {
		d.send(in.tx, in.answer(503, ""))
		s.ch.Hangup(channel.CauseCongestion)
		s.ch.End()
		return
	}
	s.mu.Lock()
	s.dialog = dialog
	s.mu.Unlock()
	diverted, _ := d.diverted(r)
	s.ch.Change(func(c *event.Channel) { c.Protocol, c.Redirect = r.CallID, diverted })
	d.trace.dialogs.note(r.CallID, "NewChan", "Channel %s - from %s", s.ch.Name(), r.CallID)
	if s.offer != nil {
		s.take(a)
		s.hears(s.offer)
	} else if sound := ofKind(s.endpoint.Formats, "audio"); len(sound) > 0 {
		s.format.Store(sound[0])
	}
	in.tx.OnCancel(func(cancel *sip.Message) {
		s.cancelled(cancel)
		s.mu.Lock()
		s.stage = over
		s.mu.Unlock()
		if d.technology == SIP {
			s.ch.RemoteHangup(channel.CauseUntold)
			return
		}
		s.tellStatus(487)
		_, told := cancel.Lookup("Reason")
		s.ch.RemoteHangup(s.toldCause(cancel, choose(told, channel.CauseNormalClearing, channel.CauseInterworking)))
	})
	s.respond(100, false)
	if line := originatingLine(r.From); line != "" {
		s.assign("CALLERID(ani2)", line)
	}
	s.introduce(r)
	if old != nil {
		s.takePlace(old)
		return
	}
	if d.hooks.PicksUp != nil && d.hooks.PickUp != nil && d.hooks.PicksUp(s.ch.Location().Exten) {
		d.hooks.PickUp(s.ch)
		return
	}
	d.hooks.Start(s.ch)
}

// respond answers the INVITE of an incoming call. With media the answer to the
// offer goes along, or where there was none our own offer.
func (s *session) respond(status int, withMedia bool) bool {
	return s.respondWith(status, "", withMedia, nil)
}

// refuseFor refuses the INVITE of an incoming call, and says the cause.
func (s *session) refuseFor(status, cause int) bool {
	if s.driver.technology == SIP && cause != 0 {
		return s.respondWith(status, "", false, s.explain(cause))
	}
	return s.respondWith(status, "", false, s.refusalReason(cause))
}

// refuseCause refuses it because the call was ended with a cause.
func (s *session) refuseCause(cause int) bool {
	status := s.driver.statusOfCause(cause)
	return s.respondWith(status, choose(s.driver.technology == SIP, choose(cause == channel.CauseInterworking, "Network error", reasonsSIP[status]), ""), false, s.refusalReason(cause))
}

func (s *session) respondWith(status int, reason string, withMedia bool, more []sip.Header) bool {
	s.mu.Lock()
	tx, answer, offer, kept := s.invite, s.answer, s.offer, len(s.kept)
	if status >= 200 {
		s.invite = nil
	}
	withMedia = withMedia && (!s.described || s.asked) // once told reliably it is known
	s.mu.Unlock()
	if tx == nil {
		return false
	}
	r := answer(status, reason)
	if r == nil {
		return false // it was cancelled just now
	}
	switch {
	case s.driver.technology == PJSIP:
		s.dress(r, tx)
	case status == 100:
		r.Add("Contact", s.contact(tx.Source()))
	}
	if s.driver.technology == SIP {
		r.Set("Supported", s.endpoint.supported())
		s.tellTimer(s.request, r)
		host, _ := tx.Source().Transport.Sent(tx.Source().Remote)
		switch status {
		case 180, 183, 200:
			s.identity(r, sip.URI{Scheme: "sip", Host: orText(s.endpoint.FromDomain, host)}, "called")
		case 181:
			s.divertedFrom(r, host)
		}
	}
	reliable := s.reliably()
	if status > 100 && status < 200 && reliable {
		r.Add("Require", "100rel")
		s.mu.Lock()
		s.described = s.described || withMedia
		s.mu.Unlock()
	}
	if kept == 0 || !reliable {
		r.Headers = append(r.Headers, more...)
	}
	if s.driver.technology == PJSIP && status >= 300 && s.told180() {
		s.identity(r, s.request.To.URI, "called")
	}
	if withMedia {
		s.body(r, tx.Source(), offer)
	}
	if status == 180 || status == 183 || status == 200 {
		s.chargeSetup(r)
	}
	if status == 200 {
		s.mu.Lock()
		s.acceptedWith = true
		s.mu.Unlock()
	}
	if err := tx.Respond(r); err != nil {
		s.driver.log.Debug("a response was not sent", "channel", s.ch.Name(), "status", status, "error", err)
		return false
	}
	return true
}

func (s *session) body(r *sip.Message, way sip.Source, offer *description) {
	var d *description
	s.mu.Lock()
	theirs, holding, asked := s.agreed.theirs, s.holding, s.asked
	if offer == nil && asked {
		d = s.local // the offer stands that went out before the answer
	}
	s.mu.Unlock()
	if offer != nil {
		d = s.describe(way, offer, nil, theirs.mirrored().holding(holding))
	} else if d == nil {
		s.mu.Lock()
		s.asked = true
		s.mu.Unlock()
		d = s.describe(way, nil, s.offered(), sendRecv.holding(holding))
	}
	r.SetBody("application/sdp", d.bytes())
}

// offered are the formats of our offer to who asks for one: all of the endpoint's,
// or within a call those in use, unless all_codecs_on_empty_reinvite says otherwise.
func (s *session) offered() []*media.Format {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chosen {
		return s.formats
	}
	if !s.agreed.settled() {
		for _, kind := range []string{"video", "text"} {
			if list := ofKind(s.endpoint.Formats, kind); len(list) > 0 && s.endpoint.most(kind) > 0 && s.local == nil {
				s.wishes = append(s.wishes, wish{kind: kind, formats: list})
			}
		}
		return s.endpoint.Formats
	}
	if s.model.Global.AllCodecsOnEmptyReinvite || s.driver.technology != PJSIP {
		return s.endpoint.Formats
	}
	return s.agreed.formats
}

// acked takes the ACK of our 2xx, which may bring the answer to our offer.
func (s *session) acked(dialog *sip.Dialog, ack *sip.Message) {
	s.mu.Lock()
	leaving := s.leaving
	s.leaving = false
	if leaving {
		s.mu.Unlock()
		s.parted()
		s.bye(dialog)
		return
	}
	asked, first := s.asked, !s.agreed.settled()
	s.asked = false
	bye := s.unacknowledged
	s.unacknowledged = nil
	s.renewals.ready = s.renewals.ready || bye != nil
	s.mu.Unlock()
	if bye != nil {
		defer s.driver.owing.settle(s)
		bye()
		return
	}
	if asked && !s.takeAcked(ack) && first && s.driver.technology == PJSIP {
		s.mu.Lock()
		s.renewals.ready = true // that was the ACK, so the BYE need not wait for it
		s.mu.Unlock()
		s.ch.Hangup(choose(len(ack.Body) == 0, 0, channel.CauseBearerNotAvailable)) // there never was any media
		return
	}
	s.settled()
}

// afterACK has the end of a call that came in wait for the ACK of our 2xx, before which
// no BYE may go (RFC 3261 §15). Where none comes the dialog ends itself.
func (s *session) afterACK(bye func()) func() {
	return func() {
		s.mu.Lock()
		wait := s.incoming && s.acceptedWith && !s.renewals.ready
		if wait {
			s.unacknowledged = bye
			s.driver.owing.add(s)
		}
		s.mu.Unlock()
		if !wait {
			bye()
		}
	}
}

func (s *session) takeAcked(ack *sip.Message) bool {
	answer, err := s.driver.answerIn(ack)
	if err != nil {
		s.driver.log.Debug("the answer in an ACK is unreadable", "channel", s.ch.Name(), "error", err)
		return false
	}
	a, ok := s.agrees(answer, s.endpoint.Formats)
	if !ok {
		return false
	}
	s.take(a)
	s.hears(answer)
	s.holds(a.held)()
	return true
}

// lost takes the end of the dialog that no BYE announced.
func (s *session) lost(dialog *sip.Dialog, err error) {
	if s.letGo(dialog) {
		return
	}
	s.driver.owing.settle(s)
	s.driver.log.Log(context.Background(), levelNotice, "A call was lost", "channel", s.ch.Name(), "reason", err)
	s.ch.RemoteHangup(channel.CauseNoUserResponse)
}

// letGo reports whether a dialog is that of a branch of our INVITE which was let
// go: another has answered, and what becomes of this one is nothing to the call.
func (s *session) letGo(dialog *sip.Dialog) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.incoming && s.acceptedBy != nil && s.dialog != dialog
}

// within takes the requests of the other side within the call.
func (s *session) within(dialog *sip.Dialog, tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	respond := func(status int) { d.send(tx, s.inDialog(tx, status)) }
	if s.letGo(dialog) {
		respond(choose(r.Method == sip.Bye, 200, 481))
		return
	}
	if s.isGone() && s.afterwards(tx, r) || d.technology == SIP && s.withinSIP(tx, r) {
		return
	}
	if s.endpoint.can.lacks(takerOf[r.Method]) { // where the reference says nothing at all
		respond(501)
		return
	}
	switch r.Method {
	case sip.Bye:
		if a := s.inDialog(tx, 200); a != nil {
			s.chargeEnd(a)
			d.send(tx, a)
		}
		s.terminated(r)
		s.parted()
		s.mu.Lock()
		s.stage = over
		s.mu.Unlock()
		s.tellBoth()
		s.ch.RemoteHangup(s.toldCause(r, channel.CauseNormalClearing))
	case sip.Invite, sip.Update:
		s.renegotiate(tx, r)
		if d.technology == PJSIP && r.Method == sip.Invite && r.Get("Replaces") != "" {
			s.ch.RemoteHangup(channel.CauseUntold) // as the reference does, whatever it is to replace
		}
	case sip.Info:
		f, ok, status := s.info(r)
		respond(status)
		if ok {
			s.ch.Deliver(f)
		}
	case sip.Prack:
		s.pracked(tx, r)
	case sip.Options:
		a := s.inDialog(tx, 200)
		if a != nil && d.technology == PJSIP {
			d.tellAll(a)
		}
		d.send(tx, a)
	case sip.Refer:
		s.refer(dialog, tx, r)
	case sip.Notify:
		respond(200)
		s.referTold(r)
	case sip.MessageM:
		status := s.text(r)
		respond(status)
		if status < 300 && len(r.Body) > 0 {
			s.ch.Deliver(media.Frame{Kind: media.TextFrame, Data: r.Body})
		}
	default:
		respond(501)
	}
}

func (s *session) isGone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone
}

// inDialog makes a response to a request within the call. It is nil where the request
// has been answered: our BYE may have crossed it, which refuses what waits (RFC 3261
// §15.1.2), or it has waited for longer than a request does.
func (s *session) inDialog(tx *sip.ServerTransaction, status int) *sip.Message {
	r := tx.Response(status, "")
	if r != nil && s.driver.technology == SIP {
		if agent := s.model.Global.UserAgent; agent != "" {
			r.Add("Server", agent)
		}
		r.Add("Supported", s.endpoint.supported())
	}
	if r != nil && status >= 300 && status != 481 {
		r.Headers = append(r.Headers, s.refusalReason(0)...)
	}
	return r
}

// renegotiate answers a re-INVITE, UPDATE or PRACK: hold, resume, another address or codec.
func (s *session) renegotiate(tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	if d.technology == SIP && r.Method == sip.Update {
		d.send(tx, s.worded(tx, 501, "Method Not Implemented"))
		return
	}
	s.learn(r)
	if tooBrief(s.endpoint, r) {
		d.send(tx, s.endpoint.briefly(s.inDialog(tx, 422)))
		return
	}
	offer, no := readOffer(d, s.endpoint, r)
	if no.status != 0 {
		d.send(tx, no.explain(s.inDialog(tx, no.status)))
		return
	}
	if offer == nil {
		s.trying(tx, r)
		a := s.inDialog(tx, 200)
		if a == nil {
			return
		}
		s.tellAbilities(a, r)
		if r.Method == sip.Invite {
			s.body(a, tx.Source(), nil)
		}
		tell := func() {}
		if r.Method == sip.Invite {
			tell = s.holds(false) // who asks for an offer is there again
		}
		d.send(tx, a)
		tell()
		return
	}
	if s.isHeard(offer) {
		s.tellAgain(tx, r)
		return
	}
	if r.Method == sip.Invite && s.wantsFax(tx, r, offer) {
		return
	}
	agreedNow, no := d.agree(s.endpoint, r, offer)
	if no.status != 0 {
		d.send(tx, no.explain(s.inDialog(tx, no.status)))
		return
	}
	before := s.pictures()
	s.trying(tx, r)
	s.mu.Lock()
	s.offer = offer
	s.mu.Unlock()
	s.take(agreedNow)
	s.hears(offer)
	a := s.inDialog(tx, 200)
	if a == nil {
		return
	}
	s.tellAbilities(a, r)
	s.body(a, tx.Source(), offer)
	tell := s.holds(agreedNow.held) // before they are told: what we offer next heeds it
	d.send(tx, a)
	s.ch.MediaChanged()
	tell()
	s.tellStreams(before)
	s.faxEnds()
}
