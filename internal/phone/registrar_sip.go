package phone

import (
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// grace is how much longer than promised chan_sip keeps a registration.
const grace = 10 * time.Second

// registerPeer carries out a REGISTER for a peer of sip.conf: it has one contact,
// and the first Contact of the request is the one.
func (d *Driver) registerPeer(q *registering) registered {
	var b binding
	switch {
	case q.Star && (q.Expires != 0 || len(q.Bindings) > 0): // RFC 3261 §10.3 step 6
		return registered{Status: 400}
	case q.Star:
		b.Expires = 0
	case len(q.Bindings) == 0:
		return registered{Status: 200, Contacts: d.location.contacts(q.AOR.Name)}
	default:
		b = q.Bindings[0]
		if !isSIPURI(b.URI) {
			return registered{Status: 400}
		}
	}
	expires := q.lifetime(b)
	lock := d.lock(q.AOR.Name)
	lock.Lock()
	var old *Contact
	for _, c := range d.location.contacts(q.AOR.Name) {
		old = d.location.remove(c.AOR, c.ID)
	}
	var next *Contact
	if expires > 0 {
		next = q.contact(contactID(q.AOR.Name, b.URI, false), b.URI, time.Now().Add(expires+grace))
		if old != nil && old.URI == next.URI {
			next.Status, next.RTT = old.Status, old.RTT
		}
	}
	if old != nil && (next == nil || old.ID != next.ID) {
		d.forget(old)
	}
	if next != nil {
		d.location.put(next)
		d.keepContact(q.AOR, next)
	}
	contacts := d.location.contacts(q.AOR.Name)
	lock.Unlock()
	d.tellPeer(q, old, next)
	return registered{Status: 200, Contacts: contacts}
}

func (d *Driver) tellPeer(q *registering, old, next *Contact) {
	if next == nil {
		if old != nil {
			d.peerGone(old)
		}
		d.dropPeer(q.AOR.Name)
		return
	}
	if old == nil || old.Source != next.Source {
		d.verbose(3, "Registered SIP '%s' at %s", next.AOR, next.Source)
	}
	d.bus.Publish(&event.PeerStatus{Technology: SIP, Peer: next.AOR, Status: "Registered", Address: next.Source.String()})
	if !d.Model().Global.General.RegextenOnQualify {
		d.extendPeer(next.AOR, true)
	}
	d.updatePresence(next.AOR)
	d.qualifySoon(q.AOR)
	d.greetMailboxes(q.AOR, next)
}

// peerGone tells that a peer's registration was taken back or ran out.
func (d *Driver) peerGone(c *Contact) {
	d.verbose(3, "Unregistered SIP '%s'", c.AOR)
	d.bus.Publish(&event.PeerStatus{Technology: SIP, Peer: c.AOR, Status: "Unregistered", Cause: "Expired"})
	d.extendPeer(c.AOR, false)
	d.updatePresence(c.AOR)
	d.deviceChanged(c.AOR)
	d.dropPeer(c.AOR)
	if d.Model().Global.General.Lending.Clear {
		d.dropLent(strings.ToLower(c.AOR))
	}
}

// extendPeer gives the extensions of regexten, or one of the peer's name, to regcontext,
// or takes them back.
func (d *Driver) extendPeer(name string, there bool) {
	m := d.Model()
	e := m.Endpoint(name)
	if m.Global.RegContext == "" || d.hooks.Extend == nil || e == nil || e.Peer == nil {
		return
	}
	for exten := range strings.SplitSeq(orText(e.Peer.RegExten, e.Name), "&") {
		exten, context, given := strings.Cut(strings.TrimSpace(exten), "@")
		if exten != "" {
			d.hooks.Extend(choose(given, context, m.Global.RegContext), exten, there)
		}
	}
}
