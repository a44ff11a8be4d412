package phone

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
)

// authenticatePeer does for sip.conf what authenticate does for pjsip.conf:
// digests without qop, a wrong password ends in 403. account is the name that
// the sender gave itself. A nil endpoint is an unknown one, who is asked like
// everybody else if alwaysauthreject says so.
func (d *Driver) authenticatePeer(m *Model, e *Endpoint, account string, tx *sip.ServerTransaction, r *sip.Message) bool {
	auths := []*Auth{artificial}
	if e != nil {
		if len(e.Auths) == 0 || e.Peer.InsecureInvite && r.Method == sip.Invite {
			if d.misplaced(m, e, account, tx, r) {
				return false
			}
			d.authenticated(account, r, "0")
			return true
		}
		auths = m.auths(nil, e)
	} else if !m.Global.General.AlwaysAuthReject {
		d.tellRegistrationFailed(r, "No matching peer found")
		d.security("InvalidAccountID", securityError, account, r)
		d.reply(m, tx, r, choose(r.Method == sip.Register, 404, 403), "")
		return false
	}
	v, c := d.verify(m, auths, r)
	switch {
	case v == proven:
		if d.misplaced(m, e, account, tx, r) {
			return false
		}
		d.authenticated(account, r, "1")
		return true
	case v == wrongCredentials && e != nil && !strings.EqualFold(c.Username, e.Name):
		d.security("ChallengeResponseFailed", securityError, account, r, event.Variable{Name: "Challenge", Value: c.Nonce},
			event.Variable{Name: "Response", Value: c.Username}, event.Variable{Name: "ExpectedResponse", Value: e.Name})
		d.tellRegistrationFailed(r, "Username/auth name mismatch")
		d.rejected(m, e, r, "URI_NOT_FOUND")
		d.reply(m, tx, r, 403, "")
		return false
	case v == wrongCredentials:
		d.security("InvalidPassword", securityError, account, r, event.Variable{Name: "Challenge", Value: c.Nonce},
			event.Variable{Name: "ReceivedChallenge", Value: c.Nonce}, event.Variable{Name: "ReceivedHash", Value: c.Response})
		d.tellRegistrationFailed(r, "Wrong password")
		d.rejected(m, e, r, "AUTH_SECRET_FAILED")
		d.reply(m, tx, r, 403, "")
		return false
	}
	nonce := d.noncesFor(auths[0].NonceLifetime).New()
	d.security("ChallengeSent", informational, account, r, event.Variable{Name: "Challenge", Value: nonce})
	d.challengePeer(m, nonce, v, tx, r)
	return false
}

// misplaced refuses a peer that registers by a transport that it is not to use.
func (d *Driver) misplaced(m *Model, e *Endpoint, account string, tx *sip.ServerTransaction, r *sip.Message) bool {
	network := r.Source.Transport.Network
	if r.Method != sip.Register || slices.Contains(e.Peer.Transports, network) {
		return false
	}
	d.security("InvalidTransport", securityError, account, r, event.Variable{Name: "AttemptedTransport", Value: strings.ToUpper(network)})
	d.tell(logging.Error, "'%s' is not a valid transport for '%s'. we only use '%s'! ending call.", strings.ToUpper(network), e.Name,
		strings.ToUpper(strings.Join(e.Peer.Transports, ",")))
	d.tellRegistrationFailed(r, "Device not configured to use this transport type")
	a := d.response(m, tx, r, 403, "")
	a.Add("Date", date(time.Now()))
	d.send(tx, a)
	return true
}

// rejected tells of a peer that may not register as it tries to (authfailureevents).
func (d *Driver) rejected(m *Model, e *Endpoint, r *sip.Message, cause string) {
	if e == nil || r.Method != sip.Register || !m.Global.General.AuthFailureEvents || !d.bus.Wants(event.KindPeerStatus) {
		return
	}
	from := r.Source.Remote
	d.bus.Publish(&event.PeerStatus{Technology: SIP, Peer: e.Name, Status: "Rejected", Cause: cause,
		Address: from.Addr().Unmap().String(), Port: int(from.Port())})
}

// refuseAsUnknown asks like everybody else somebody who is refused in any case, so that
// nobody learns why.
func (d *Driver) refuseAsUnknown(m *Model, tx *sip.ServerTransaction, r *sip.Message) {
	v, _ := d.verify(m, []*Auth{artificial}, r)
	if v == wrongCredentials || !m.Global.General.AlwaysAuthReject {
		d.reply(m, tx, r, 403, "")
		return
	}
	d.challengePeer(m, d.noncesFor(artificial.NonceLifetime).New(), v, tx, r)
}

// challengePeer sends 401.
func (d *Driver) challengePeer(m *Model, nonce string, v verdict, tx *sip.ServerTransaction, r *sip.Message) {
	a := d.response(m, tx, r, 401, "")
	text := `Digest algorithm=MD5, realm=` + sip.Quote(m.realmFor(r)) + `, nonce="` + nonce + `"`
	if v == staleNonce {
		text += ", stale=true"
	}
	a.Add("WWW-Authenticate", text)
	d.send(tx, a)
}

// authenticated tells of a request that may pass. Of an INVITE chan_sip tells
// when the extension is known, under the extension's name: see welcome.
func (d *Driver) authenticated(account string, r *sip.Message, usingPassword string) {
	r.Source.Vouch()
	if r.Method != sip.Invite {
		d.security("SuccessfulAuth", informational, account, r, event.Variable{Name: "UsingPassword", Value: usingPassword})
	}
}

// welcome tells whether an INVITE that may pass has somewhere to go.
func (d *Driver) welcome(e *Endpoint, r *sip.Message, exten string, exists bool) {
	switch {
	case d.technology != SIP:
	case exists:
		password := choose(len(e.Auths) == 0 || e.Peer.InsecureInvite, "0", "1")
		d.security("SuccessfulAuth", informational, exten, r, event.Variable{Name: "UsingPassword", Value: password})
	default:
		d.security("FailedACL", securityError, exten, r, event.Variable{Name: "ACLName", Value: "no_extension_match"})
	}
}

// tellRegistrationFailed writes chan_sip's line about a refused request.
func (d *Driver) tellRegistrationFailed(r *sip.Message, why string) {
	if r.Method == sip.Register {
		d.tell(levelNotice, "Registration from '%s' failed for '%s' - %s", fromHeader(r), r.Source.Remote, why)
		return
	}
	d.tell(levelNotice, "Failed to authenticate device %s for %s, code = -1", fromHeader(r), r.Method)
}

// digestSIP writes credentials in chan_sip's order.
func digestSIP(value string) string {
	c, ok := sip.ParseCredentials(value)
	if !ok {
		return value
	}
	text := "Digest username=" + sip.Quote(c.Username) + ", realm=" + sip.Quote(c.Realm) + ", algorithm=MD5, uri=" + sip.Quote(c.URI) +
		", nonce=" + sip.Quote(c.Nonce) + ", response=" + sip.Quote(c.Response)
	if c.Opaque != "" {
		text += ", opaque=" + sip.Quote(c.Opaque)
	}
	if c.QOP != "" {
		text += fmt.Sprintf(", qop=%s, cnonce=%s, nc=%08x", c.QOP, sip.Quote(c.CNonce), c.NC)
	}
	return text
}
