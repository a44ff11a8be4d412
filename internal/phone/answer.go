package phone

import (
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// What the two faces say of themselves.
const (
	allowPJSIP     = "OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, MESSAGE, INFO, REFER"
	supportedPJSIP = "100rel, timer, replaces, norefersub"
	acceptPJSIP    = "application/sdp, application/simple-message-summary, application/pidf+xml, application/xpidf+xml, application/cpim-pidf+xml, " +
		"application/dialog-info+xml, application/simple-message-summary, application/pidf+xml, application/dialog-info+xml, message/sipfrag;version=2.0"
	allowSIP     = "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, MESSAGE"
	supportedSIP = "replaces, timer"
	acceptSIP    = "application/sdp"
)

// response makes a response with the headers that every response has. In
// chan_sip's manner that is Server, Allow and Supported; in pjsip's Server alone,
// which comes last and is the stack's to write.
func (d *Driver) response(m *Model, tx *sip.ServerTransaction, r *sip.Message, status int, reason string) *sip.Message {
	tag := choose(status > 100, tx.Tag(), "")
	if d.technology == SIP && r.Method == sip.Register {
		tag = fmt.Sprintf("as%08x", uint32(maphash.String(d.tags, r.CallID))) // one for all that a phone asks
	}
	a := sip.NewResponse(r, status, reason, tag)
	if d.technology == SIP {
		if agent := m.Global.UserAgent; agent != "" {
			a.Add("Server", agent)
		}
		a.Add("Allow", allowSIP)
		a.Add("Supported", supportedSIP)
	}
	return a
}

// reply sends such a response.
func (d *Driver) reply(m *Model, tx *sip.ServerTransaction, r *sip.Message, status int, reason string) {
	d.send(tx, d.response(m, tx, r, status, reason))
}

// send sends a response; a peer that can't be reached any more gets none, and so does
// one whose request was answered already, for which there is no response to make: nil.
func (d *Driver) send(tx *sip.ServerTransaction, a *sip.Message) {
	if a == nil {
		return
	}
	if err := tx.Respond(a); err != nil {
		d.log.Debug("a response was not sent", "status", a.Status, "call", a.CallID, "error", err)
	}
}

// settle sends the final response to a request without a dialog, at the end of its
// handler. The memory of the response, and of a REGISTER, to which nobody comes
// back, is used again.
func (d *Driver) settle(tx *sip.ServerTransaction, r, a *sip.Message) {
	d.send(tx, a)
	a.Release()
	if r.Method == sip.Register {
		r.Release()
	}
}

// date is the Date header of RFC 3261 §20.17.
func date(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }

// security tells a security event about a request.
func (d *Driver) security(name, severity, account string, r *sip.Message, fields ...event.Variable) {
	if !d.bus.Wants(event.KindSecurity) {
		return
	}
	network := r.Source.Transport.Network
	d.bus.Publish(&event.Security{Name: name, Severity: severity, Service: d.technology, AccountID: account, SessionID: r.CallID,
		LocalAddress: securityAddress(network, local(r)), RemoteAddress: securityAddress(network, r.Source.Remote),
		Fields: slices.Clone(fields)}) // so that the caller's need no heap when nobody listens
}

// The two severities of security events.
const (
	informational = "Informational"
	securityError = "Error"
)

// securityAddress writes an address as security events do: IPV4/UDP/127.0.0.1/5060.
func securityAddress(network string, a netip.AddrPort) string {
	family := choose(a.Addr().Unmap().Is4(), "IPV4/", "IPV6/")
	return family + strings.ToUpper(network) + "/" + a.Addr().Unmap().String() + "/" + itoa(int(a.Port()))
}
