package phone

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// handle takes every request of the stack, that belongs to no dialog.
func (d *Driver) handle(tx *sip.ServerTransaction, r *sip.Message) {
	m := d.Model()
	if !m.admits(r) {
		d.security("FailedACL", securityError, r.From.URI.UserText(), r, event.Variable{Name: "ACLName", Value: "acl"})
		if tx != nil {
			d.reply(m, tx, r, 403, "")
		}
		return
	}
	switch {
	case r.Method == sip.Ack || tx == nil:
		return
	case d.mailWatches.notified(m, tx, r), d.notified(m, tx, r):
		return
	case r.Method == sip.Bye || r.Method == sip.Cancel || r.To.Tag() != "" && r.Method != sip.Register:
		d.reply(m, tx, r, 481, choose(d.technology == SIP && r.Method == sip.Bye, "Call leg/transaction does not exist", ""))
		return
	}
	if d.technology == SIP {
		d.borrowFor(m, r)
		d.handleSIP(m, tx, r)
		return
	}
	d.refreshFor(m, r)
	d.handlePJSIP(d.Model(), tx, r)
}

// tellUnknown tells of a request of nobody known: of each, or where the credentials of
// the second request may tell who it is only of many.
func (d *Driver) tellUnknown(m *Model, r *sip.Message) {
	why, alarm := "No matching endpoint found", true
	if slices.Contains(m.Global.IdentifierOrder, "auth_username") {
		why, alarm = d.strangers.note(&m.Global, r.Source.Remote.Addr().Unmap(), time.Now())
	}
	if alarm {
		d.security("InvalidAccountID", securityError, r.From.URI.UserText(), r)
		d.refused(r, why)
	}
}

// admits applies the ACLs that hold for everybody.
func (m *Model) admits(r *sip.Message) bool {
	for _, acl := range m.ACLs {
		if !acl.Rules.Allows(r.Source.Remote.Addr()) {
			return false
		}
	}
	return true
}

func (d *Driver) handlePJSIP(m *Model, tx *sip.ServerTransaction, r *sip.Message) {
	if status := wrongContact(r); status != 0 {
		tx.Once()
		d.reply(m, tx, r, status, choose(status == 400, "Missing Contact header", ""))
		return
	}
	e := d.identify(m, r)
	if e == nil {
		d.tellUnknown(m, r)
		d.authenticate(m, nil, tx, r)
		return
	}
	if name, why := e.refuses(r); name != "" {
		d.failedACL(e.Name, r, name)
		d.refused(r, why)
		d.authenticate(m, nil, tx, r) // as if there were no such endpoint
		return
	}
	if e.ForceRport {
		tx.AssumeRport()
	}
	if d.refusesInMaintenance(m, e, tx, r) {
		return
	}
	if !(r.Method == sip.Options && e.AllowUnauthenticatedOptions) && !d.authenticate(m, e, tx, r) {
		return
	}
	if m.can.lacks(takerOf[r.Method]) {
		d.reply(m, tx, r, 501, "")
		return
	}
	switch r.Method {
	case sip.Register:
		d.handleRegister(m, e, tx, r)
	case sip.Options:
		d.handleOptions(m, e.Context, tx, r)
	case sip.Invite:
		d.handleInvite(m, e, false, tx, r)
	case sip.Subscribe:
		d.handleSubscribe(m, e, tx, r)
	case sip.Notify:
		d.handleNotify(m, e, tx, r)
	case sip.Publish:
		d.handlePublish(m, e, tx, r)
	case sip.MessageM:
		d.handleMessage(m, e, tx, r)
	default:
		d.reply(m, tx, r, 501, "")
	}
}

// refuses applies an endpoint's own ACLs to where a request comes from and to
// where its sender wants to be called. It returns how security events name the
// ACL that refuses it, and the log the reason; or nothing.
func (e *Endpoint) refuses(r *sip.Message) (name, why string) {
	if !e.ACL.Allows(r.Source.Remote.Addr()) {
		return "not_match_endpoint_acl", "Not match Endpoint ACL"
	}
	if len(e.ContactACL) == 0 {
		return "", ""
	}
	for _, text := range r.List("Contact") {
		c, err := sip.ParseAddress(text)
		if err != nil || c.Star {
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(c.URI.Host, "[]")); err == nil && !e.ContactACL.Allows(a) {
			return "not_match_endpoint_contact_acl", "Not match Endpoint Contact ACL"
		}
	}
	return "", ""
}

// targeting are the methods whose Contact is where the other side is to be reached.
var targeting = []string{sip.Invite, sip.Subscribe, sip.Update, sip.Refer, sip.Notify}

// wrongContact is how a request is refused that makes a dialog and has no Contact
// (RFC 3261 §8.1.1.8), or one that is no SIP URI; else 0.
func wrongContact(r *sip.Message) int {
	switch {
	case !slices.Contains(targeting, r.Method):
		return 0
	case r.Contact.URI.IsZero():
		return 400
	case r.Contact.URI.Scheme != "sip" && r.Contact.URI.Scheme != "sips":
		return 416
	}
	return 0
}

func (d *Driver) handleSIP(m *Model, tx *sip.ServerTransaction, r *sip.Message) {
	g := m.Global.General
	switch r.Method {
	case sip.Register:
		d.handleRegisterSIP(m, tx, r)
	case sip.Invite:
		if scheme := r.URI.Scheme; scheme != "sip" && scheme != "sips" {
			d.reply(m, tx, r, 416, "Unsupported URI scheme")
			return
		}
		e := d.identify(m, r)
		account := r.From.URI.UserText()
		switch {
		case e == nil && g.AllowGuest:
			r.Source.Vouch() // who may call as a guest is not to lose the call's connection
			d.handleInvite(m, m.guest, true, tx, r)
			return
		case e != nil && !e.ACL.Allows(r.Source.Remote.Addr()):
			d.security("FailedACL", securityError, e.Name, r, event.Variable{Name: "ACLName", Value: "device_must_match_acl"})
			e = nil
		}
		if e != nil && (e.ForceRport || e.Peer.AutoForceRport) {
			tx.ForceRport()
		}
		if d.authenticatePeer(m, e, account, tx, r) {
			d.handleInvite(m, e, false, tx, r)
		}
	case sip.Options:
		context := g.Context
		if g.AuthOptions {
			if e := d.identify(m, r); e != nil {
				if !d.authenticatePeer(m, e, e.Name, tx, r) {
					return
				}
				context = e.Context
			}
		}
		d.handleOptions(m, context, tx, r)
	case sip.Refer:
		d.reply(m, tx, r, 603, "Declined (No dialog)")
	case sip.Notify:
		if strings.EqualFold(strings.TrimSpace(r.Get("Event")), "keep-alive") { // of a phone behind a NAT
			d.reply(m, tx, r, 200, "")
			return
		}
		d.reply(m, tx, r, 489, "Bad event")
	case sip.Subscribe:
		d.handleSubscribeSIP(m, tx, r)
	case sip.Publish:
		d.reply(m, tx, r, 489, "Bad Event")
	case sip.MessageM:
		d.handleMessageSIP(m, tx, r)
	case sip.Info, sip.Update, sip.Prack:
		d.reply(m, tx, r, 481, "Call leg/transaction does not exist")
	default:
		d.tell(levelNotice, "Unknown SIP command '%s' from '%s'", r.Method, r.Source.Remote)
		a := d.response(m, tx, r, 501, "Method Not Implemented")
		a.Add("Accept", acceptSIP)
		d.send(tx, a)
	}
}

// handleInvite gives a call to the sessions.
func (d *Driver) handleInvite(m *Model, e *Endpoint, guest bool, tx *sip.ServerTransaction, r *sip.Message) {
	if d.sessions == nil || d.hooks.Start == nil {
		d.reply(m, tx, r, 503, "")
		return
	}
	d.sessions.invite(&incoming{model: m, endpoint: e, guest: guest, tx: tx, request: r,
		answer: func(status int, reason string) *sip.Message { return d.response(m, tx, r, status, reason) }})
}

// handleOptions answers whether an extension is there. Without a user the
// question is whether we are.
func (d *Driver) handleOptions(m *Model, context string, tx *sip.ServerTransaction, r *sip.Message) {
	status, exten := 200, m.userOf(r.URI)
	if d.technology == SIP {
		if scheme := r.URI.Scheme; scheme != "sip" && scheme != "sips" {
			a := d.response(m, tx, r, 416, "Unsupported URI scheme")
			a.Add("Accept", acceptSIP)
			d.send(tx, a)
			return
		}
		exten = orText(exten, "s")
	}
	if exten != "" && (exten != "s" || d.technology == SIP) && d.hooks.ExtensionExists != nil && !d.hooks.ExtensionExists(context, exten, m.userOf(r.From.URI)) {
		status = 404
	}
	a := d.response(m, tx, r, status, "")
	if d.technology == SIP {
		if status == 200 {
			over := choose(r.Source.Transport.Network == "udp", "", ";transport="+r.Source.Transport.Network)
			a.Add("Contact", "<"+r.URI.Scheme+":"+local(r).String()+over+">")
		}
		a.Add("Accept", acceptSIP)
	} else {
		d.tellAll(a)
	}
	d.send(tx, a)
}

// tellAll adds to the answer to OPTIONS what chan_pjsip says of itself.
func (d *Driver) tellAll(a *sip.Message) {
	a.Add("Accept", d.Model().can.accepts())
	a.Add("Allow", d.Model().can.allows())
	a.Add("Supported", d.Model().extensions())
	a.Add("Accept-Encoding", "identity")
	a.Add("Accept-Language", "en")
}
