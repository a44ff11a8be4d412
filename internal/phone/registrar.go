package phone

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
)

// A registering is what a REGISTER (RFC 3261 §10) asks for, once its sender is
// known and trusted.
type registering struct {
	Endpoint *Endpoint
	AOR      *AOR
	Bindings []binding
	Star     bool // Contact: *
	Expires  int  // of the header, in seconds; −1 without one

	Path                                   []string
	UserAgent, CallID, ViaAddress, Allowed string
	CSeq                                   uint32
	ViaPort                                int
	Source                                 netip.AddrPort
	Transport                              string
}

// A binding is one Contact of a REGISTER.
type binding struct {
	URI     string
	Expires int // of the parameter, in seconds; −1 without one
}

// A registered is how a REGISTER went.
type registered struct {
	Status   int
	Contacts []*Contact // those of the AOR now
	ACLName  string     // of the security event FailedACL, where one is due
}

// A change is one thing that a registration did to a contact.
type change struct {
	contact *Contact
	what    changeKind
	why     string // of a removal, for the log
}

type changeKind uint8

const (
	contactAdded changeKind = iota
	contactRefreshed
	contactRemoved
)

// register carries out a REGISTER for pjsip.conf's AORs. The lock of the AOR is
// held until what changed is with the store and the clock, too, so that they have
// the order of the location; events are told afterwards.
func (d *Driver) register(q *registering) registered {
	if q.AOR.MaxContacts == 0 {
		return registered{Status: 403}
	}
	if q.foreign() {
		return registered{Status: 416}
	}
	if !validBindings(q) {
		return registered{Status: 400, ACLName: "registrar_invalid_contacts_provided"}
	}
	lock := d.lock(q.AOR.Name)
	lock.Lock()
	changes, full := d.bind(q, time.Now())
	d.keep(q.AOR, changes)
	contacts := d.location.contacts(q.AOR.Name)
	lock.Unlock()
	if full {
		d.tell(logging.Warning, "Registration attempt from endpoint '%s' (%s) to AOR '%s' will exceed max contacts of %d",
			q.Endpoint.Name, q.Source, q.AOR.Name, q.AOR.MaxContacts)
		return registered{Status: 403, ACLName: "registrar_attempt_exceeds_maximum_configured_contacts"}
	}
	d.tellChanges(q.AOR, changes)
	return registered{Status: 200, Contacts: contacts}
}

// foreign reports whether a contact is a URI that is no SIP URI.
func (q *registering) foreign() bool {
	return slices.ContainsFunc(q.Bindings, func(b binding) bool {
		u, err := sip.ParseURI(b.URI)
		return err == nil && u.Scheme != "sip" && u.Scheme != "sips"
	})
}

// validBindings checks what RFC 3261 §10.3 step 6 and 7 ask.
func validBindings(q *registering) bool {
	if q.Star {
		return len(q.Bindings) == 0 && q.Expires == 0
	}
	for _, b := range q.Bindings {
		if !isSIPURI(b.URI) {
			return false
		}
	}
	return true
}

// bind works out what changes, and puts it into the location.
func (d *Driver) bind(q *registering, now time.Time) (changes []change, full bool) {
	have := slices.DeleteFunc(slices.Clone(d.location.contacts(q.AOR.Name)), func(c *Contact) bool { return c.Static })
	if q.Star {
		for _, c := range have {
			changes = append(changes, change{c, contactRemoved, "request"})
		}
	}
	// One REGISTER may name thousands: none of this looks through a list for each.
	byID, last := make(map[string]*Contact, len(have)), make(map[string]int, len(q.Bindings))
	for _, c := range have {
		byID[c.ID] = c
	}
	for i, b := range q.Bindings {
		last[b.URI] = i
	}
	named := make(map[string]bool, len(q.Bindings))
	added := 0
	for i, b := range q.Bindings {
		if last[b.URI] != i {
			continue // each counts once, and the last word holds
		}
		id := contactID(q.AOR.Name, b.URI, false)
		expires := q.lifetime(b)
		old := byID[id]
		named[id] = true
		switch {
		case expires == 0 && old == nil:
		case expires == 0:
			changes = append(changes, change{old, contactRemoved, "request"})
			added--
		case old == nil:
			changes = append(changes, change{q.contact(id, b.URI, now.Add(expires)), contactAdded, ""})
			added++
		default:
			next := q.contact(id, b.URI, now.Add(expires))
			next.Status, next.RTT = old.Status, old.RTT
			changes = append(changes, change{next, contactRefreshed, ""})
		}
	}
	surplus := len(have) + added - q.AOR.MaxContacts
	if added > 0 && surplus > 0 {
		spare := q.spare(have, named)
		if len(spare) < surplus {
			return nil, true
		}
		for _, c := range spare[:surplus] {
			changes = append(changes, change{c, contactRemoved, "remove existing"})
		}
	}
	d.location.apply(q.AOR.Name, changes)
	return changes, false
}

// spare returns the contacts that may make room for new ones, those that expire
// soonest first; with remove_unavailable those that do not answer come before.
func (q *registering) spare(have []*Contact, named map[string]bool) []*Contact {
	list := slices.DeleteFunc(slices.Clone(have), func(c *Contact) bool {
		return named[c.ID] || !q.AOR.RemoveExisting && c.Status != Unreachable
	})
	if !q.AOR.RemoveExisting && !q.AOR.RemoveUnavailable {
		return nil
	}
	slices.SortStableFunc(list, func(a, b *Contact) int {
		if q.AOR.RemoveUnavailable && (a.Status == Unreachable) != (b.Status == Unreachable) {
			return choose(a.Status == Unreachable, -1, 1)
		}
		return a.Expires.Compare(b.Expires)
	})
	return list
}

// lifetime returns how long a binding lasts, within the AOR's limits; 0 removes it.
func (q *registering) lifetime(b binding) time.Duration {
	seconds := b.Expires
	if seconds < 0 {
		seconds = q.Expires
	}
	if seconds == 0 {
		return 0
	}
	if seconds < 0 {
		return q.AOR.DefaultExpiration
	}
	return min(max(time.Duration(min(seconds, math.MaxInt32))*time.Second, q.AOR.MinimumExpiration), q.AOR.MaximumExpiration)
}

func (q *registering) contact(id, uri string, expires time.Time) *Contact {
	return &Contact{ID: id, AOR: q.AOR.Name, URI: uri, Expires: expires, Endpoint: q.Endpoint.Name, Path: q.Path,
		UserAgent: q.UserAgent, CallID: q.CallID, CSeq: q.CSeq, ViaAddress: q.ViaAddress, ViaPort: q.ViaPort,
		Source: q.Source, Transport: q.Transport, Allowed: q.Allowed, PruneOnBoot: q.Transport != "" && q.Transport != "udp"}
}

// keep gives what a registration did to the store and to the clock. The caller
// holds the lock of the AOR.
func (d *Driver) keep(a *AOR, changes []change) {
	for _, c := range changes {
		if c.what == contactRemoved {
			d.forget(c.contact)
		} else {
			d.keepContact(a, c.contact)
		}
	}
}

func (d *Driver) keepContact(a *AOR, c *Contact) {
	if d.giveBack(c.AOR, c) {
		if p := d.lending.find(strings.ToLower(c.AOR)); p == nil || !p.kept {
			return // its row says when it ends
		}
	} else {
		d.keeper.put(c.record(d.technology, a))
	}
	d.expireLater(c)
}

// forget takes a contact that is gone from the store and the clock. The caller
// holds the lock of the AOR.
func (d *Driver) forget(c *Contact) {
	if family, key := c.storeKey(d.technology); !d.giveBack(c.AOR, nil) {
		d.keeper.remove(family, key)
	}
	d.expiry.forget(d.clock, c.ID)
}

// tellChanges tells what a registration did, in the reference's order.
func (d *Driver) tellChanges(a *AOR, changes []change) {
	for _, c := range changes {
		switch c.what {
		case contactAdded:
			seconds := lifetimeText(c.contact)
			d.verbose(3, "Added contact '%s' to AOR '%s' with expiration of %s seconds", c.contact.URI, a.Name, seconds)
			d.testEvent("AOR_CONTACT_ADDED", "res_pjsip_registrar.c", "register_aor_core", contactFields(c.contact, seconds)...)
			d.contactStatus(c.contact, NonQualified)
			d.left.Delete(a.Name)
			d.updatePresence(a.Name)
			d.qualifySoon(a)
			d.greetMailboxes(a, c.contact)
		case contactRefreshed:
			d.greetMailboxes(a, c.contact)
			d.testEvent("AOR_CONTACT_REFRESHED", "res_pjsip_registrar.c", "register_aor_core",
				contactFields(c.contact, lifetimeText(c.contact))...)
			if d.Model().Global.SendContactStatusOnRenew {
				d.contactStatus(c.contact, Updated)
			}
		case contactRemoved:
			d.tellRemoved(c.contact, c.why)
		}
	}
}

// tellRemoved tells that a contact is gone.
func (d *Driver) tellRemoved(c *Contact, why string) {
	d.verbose(3, "Removed contact '%s' from AOR '%s' due to %s", c.URI, c.AOR, why)
	d.testEvent("AOR_CONTACT_REMOVED", "res_pjsip_registrar.c", "registrar_contact_delete",
		event.Variable{Name: "Contact", Value: c.URI}, event.Variable{Name: "AOR", Value: c.AOR},
		event.Variable{Name: "UserAgent", Value: c.UserAgent})
	d.verbose(2, "Contact %s/%s has been deleted", c.AOR, c.URI)
	if d.technology == PJSIP && len(d.location.contacts(c.AOR)) == 0 {
		d.left.Store(c.AOR, true)
	}
	d.updatePresence(c.AOR)
	d.contactStatus(c.with(Removed, 0), Removed)
}

func lifetimeText(c *Contact) string {
	return strconv.Itoa(int(time.Until(c.Expires).Round(time.Second) / time.Second))
}

func contactFields(c *Contact, seconds string) []event.Variable {
	return []event.Variable{{Name: "Contact", Value: c.URI}, {Name: "AOR", Value: c.AOR},
		{Name: "Expiration", Value: seconds}, {Name: "UserAgent", Value: c.UserAgent}}
}
