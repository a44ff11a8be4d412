package phone

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
)

func itoa(n int) string { return strconv.Itoa(n) }

// origHost is the parameter of a rewritten contact that keeps what the phone said.
const origHost = "x-ast-orig-host"

// handleRegister answers the REGISTER of an endpoint of pjsip.conf.
func (d *Driver) handleRegister(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	if len(e.AORs) == 0 {
		d.failedACL(e.Name, r, "registrar_attempt_without_configured_aors")
		d.tell(logging.Warning, "Endpoint '%s' (%s) has no configured AORs", e.Name, r.Source.Remote)
		d.reply(m, tx, r, 403, "")
		return
	}
	a := m.registrarAOR(e, r)
	if a == nil {
		d.security("RequestNotSupported", securityError, e.Name, r, event.Variable{Name: "RequestType", Value: "registrar_requested_aor_not_found"})
		d.tell(logging.Warning, "AOR '' not found for endpoint '%s' (%s)", e.Name, r.Source.Remote)
		d.reply(m, tx, r, 404, "")
		return
	}
	if a.MaxContacts == 0 {
		d.security("RequestNotSupported", securityError, e.Name, r,
			event.Variable{Name: "RequestType", Value: "registrar_attempt_without_registration_permitted"})
		d.tell(logging.Warning, "AOR '%s' has no configured max_contacts. Endpoint '%s' (%s) unable to register", a.Name, e.Name, r.Source.Remote)
		d.reply(m, tx, r, 403, "")
		return
	}
	q := readRegister(m, e, a, r)
	if len(q.Path) > 0 && !r.Has("Supported", "path") {
		answer := d.response(m, tx, r, 420, "")
		answer.Add("Unsupported", "path")
		d.send(tx, answer)
		return
	}
	if !m.contactsAllowed(e, q) {
		d.failedACL(e.Name, r, "contact_acl")
		d.reply(m, tx, r, 403, "")
		return
	}
	done := d.register(q)
	if done.ACLName != "" {
		d.failedACL(e.Name, r, done.ACLName)
	}
	if done.Status != 200 {
		if done.Status == 400 {
			d.tell(logging.Warning, "Failed to validate contacts in REGISTER request from '%s'", e.Name)
		}
		d.reply(m, tx, r, done.Status, "")
		return
	}
	d.settle(tx, r, d.registeredPJSIP(m, tx, q, r, done.Contacts))
}

func (d *Driver) failedACL(account string, r *sip.Message, name string) {
	d.security("FailedACL", securityError, account, r, event.Variable{Name: "ACLName", Value: name})
}

// registrarAOR is the AOR of the endpoint that To names: with its domain, with
// what that stands for, or alone.
func (m *Model) registrarAOR(e *Endpoint, r *sip.Message) *AOR {
	user, host := r.To.URI.UserText(), strings.ToLower(r.To.URI.Host)
	user = m.user(user)
	for _, name := range [...]string{user + "@" + host, user + "@" + m.Aliases[host], user} {
		if slices.Contains(e.AORs, name) {
			return m.AORs[name]
		}
	}
	return nil
}

func (d *Driver) registeredPJSIP(m *Model, tx *sip.ServerTransaction, q *registering, r *sip.Message, contacts []*Contact) *sip.Message {
	a := sip.NewResponse(r, 200, "", tx.Tag())
	now := time.Now()
	a.Add("Date", date(now))
	for _, c := range contacts {
		seconds := int(c.Expires.Sub(now) / time.Second)
		if !c.Static && seconds >= 0 {
			a.Add("Contact", "<"+original(c.URI)+">;expires="+itoa(seconds))
		}
	}
	if q.Expires >= 0 {
		a.Add("Expires", itoa(int(q.lifetime(binding{Expires: q.Expires})/time.Second)))
	}
	if q.AOR.SupportPath {
		a.Add("Supported", "path")
		if len(q.Path) > 0 {
			a.Add("Path", strings.Join(q.Path, ","))
		}
	}
	return a
}

// readRegister takes out of a REGISTER what the registrar needs.
func readRegister(m *Model, e *Endpoint, a *AOR, r *sip.Message) *registering {
	q := &registering{Endpoint: e, AOR: a, Expires: -1, CallID: r.CallID, CSeq: r.CSeq.Number, Source: r.Source.Remote,
		Transport: r.Source.Transport.Network, UserAgent: r.Get("User-Agent"), ViaAddress: r.Via.Host, ViaPort: r.Via.Port,
		Allowed: r.Get("Allow")}
	if n, err := strconv.Atoi(strings.TrimSpace(r.Get("Expires"))); err == nil && n >= 0 {
		q.Expires = n
	}
	if a.SupportPath {
		q.Path = r.List("Path")
	}
	for _, text := range r.List("Contact") {
		c, err := sip.ParseAddress(text)
		switch {
		case err != nil:
			q.Bindings = append(q.Bindings, binding{URI: text, Expires: -1}) // refused later, as no SIP URI
			continue
		case c.Star:
			q.Star = true
			continue
		}
		b := binding{Expires: -1}
		if p, ok := c.Param("expires"); ok {
			if n, err := strconv.Atoi(p); err == nil && n >= 0 {
				b.Expires = n
			}
		}
		b.URI = contactURI(e, c.URI, r) + m.symmetric(r)
		q.Bindings = append(q.Bindings, b)
	}
	return q
}

// contactURI is the URI at which a contact will be called: with rewrite_contact
// the address that the request came from, what the phone said in a parameter.
func contactURI(e *Endpoint, u sip.URI, r *sip.Message) string {
	if network := r.Source.Transport.Network; network != "ws" && network != "wss" && (e.Technology == SIP || !e.RewriteContact) {
		return u.String()
	}
	source := r.Source.Remote
	port := u.Port
	if port == 0 {
		port = 5060
	}
	host := hostText(source.Addr())
	if strings.EqualFold(u.Host, host) && port == int(source.Port()) {
		return u.String()
	}
	was := u.Host
	if u.Port != 0 {
		was += ":" + itoa(u.Port)
	}
	u.Host, u.Port = host, int(source.Port())
	if network := r.Source.Transport.Network; network != "udp" && u.Transport() == "" {
		u.Params += ";transport=" + network
	}
	u.Params += ";" + origHost + "=" + was
	return u.String()
}

// original undoes contactURI, for the phone's own eyes.
func original(uri string) string {
	uri, _ = cutTransport(uri)
	u, err := sip.ParseURI(uri)
	if err != nil {
		return uri
	}
	was, ok := u.Param(origHost)
	if !ok {
		return uri
	}
	u.Params, _, _ = strings.Cut(u.Params, ";"+origHost+"=")
	host, port, found := strings.Cut(was, ":")
	if strings.HasPrefix(was, "[") {
		if end := strings.IndexByte(was, ']'); end >= 0 {
			host, port, found = was[:end+1], strings.TrimPrefix(was[end+1:], ":"), end+1 < len(was)
		}
	}
	u.Host, u.Port = host, 0
	if found {
		u.Port, _ = strconv.Atoi(port)
	}
	return u.String()
}

func hostText(a netip.Addr) string {
	a = a.Unmap()
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}

// contactsAllowed applies the ACLs of contacts to those that are addresses.
func (m *Model) contactsAllowed(e *Endpoint, q *registering) bool {
	for _, b := range q.Bindings {
		u, err := sip.ParseURI(b.URI)
		if err != nil {
			continue
		}
		a, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
		if err != nil {
			continue
		}
		if !e.ContactACL.Allows(a) {
			return false
		}
		for _, acl := range m.ACLs {
			if !acl.Contact.Allows(a) {
				return false
			}
		}
	}
	return true
}

// handleRegisterSIP answers the REGISTER of a peer of sip.conf, whom To names.
func (d *Driver) handleRegisterSIP(m *Model, tx *sip.ServerTransaction, r *sip.Message) {
	account := r.To.URI.UserText()
	m = d.createPeer(m, account)
	defer d.dropIdle(m, account)
	e := m.Endpoint(account)
	if e != nil && e.Peer.Kind == "user" {
		e = nil
	}
	if e != nil && !e.ACL.Allows(r.Source.Remote.Addr()) {
		d.failedACL(account, r, "device_must_match_acl")
		d.tellRegistrationFailed(r, "Device does not match ACL")
		d.reply(m, tx, r, 403, "")
		return
	}
	if e != nil && !e.Peer.Dynamic {
		d.tell(logging.Error, "Peer '%s' is trying to register, but not configured as host=dynamic", e.Name)
		d.failedACL(account, r, "peer_not_dynamic")
		d.tellRegistrationFailed(r, "Peer is not supposed to register")
		d.rejected(m, e, r, "AUTH_PEER_NOT_DYNAMIC")
		d.refuseAsUnknown(m, tx, r)
		return
	}
	if e != nil && (e.ForceRport || e.Peer.AutoForceRport) {
		tx.ForceRport()
	}
	if !d.authenticatePeer(m, e, account, tx, r) {
		return
	}
	a := m.AOR(e.Name)
	q := readRegister(m, e, a, r)
	if !m.contactsAllowed(e, q) {
		d.failedACL(account, r, "contact_acl")
		d.reply(m, tx, r, 603, "Denied")
		return
	}
	q.Source = peerSource(e, q)
	done := d.registerPeer(q)
	if done.Status != 200 {
		a := d.response(m, tx, r, done.Status, "")
		a.Add("Date", date(time.Now()))
		d.send(tx, a)
		return
	}
	d.settle(tx, r, d.registeredSIP(m, tx, q, r, done.Contacts))
}

// peerSource is where a registered peer is called: behind a NAT where it sent
// from, else where its contact says.
func peerSource(e *Endpoint, q *registering) netip.AddrPort {
	if e.ForceRport || len(q.Bindings) == 0 {
		return q.Source
	}
	u, err := sip.ParseURI(q.Bindings[0].URI)
	if err != nil {
		return q.Source
	}
	a, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil {
		return q.Source
	}
	port := u.Port
	if port == 0 {
		port = choose(u.Transport() == "tls" || u.Scheme == "sips", 5061, 5060)
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port))
}

func (d *Driver) registeredSIP(m *Model, tx *sip.ServerTransaction, q *registering, r *sip.Message, contacts []*Contact) *sip.Message {
	a := d.response(m, tx, r, 200, "")
	now, seconds := time.Now(), 0
	for _, c := range contacts {
		left := c.Expires.Sub(now)
		if len(q.Bindings) > 0 {
			left -= grace // what was promised
		}
		seconds = int((left + time.Second/2) / time.Second)
	}
	a.Add("Expires", itoa(seconds))
	for _, c := range contacts {
		a.Add("Contact", "<"+c.URI+">;expires="+itoa(seconds))
	}
	a.Add("Date", date(now))
	return a
}
