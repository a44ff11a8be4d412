package phone

import (
	"sync"
	"time"
)

// expireLater ends the contact's registration when its time is up.
func (d *Driver) expireLater(c *Contact) {
	d.expiry.plan(d.clock, c.ID, time.Until(c.Expires), func() { d.expire(c.AOR, c.ID) })
}

// expire removes a contact whose time is up. One that was registered anew
// meanwhile stays, for its new time.
func (d *Driver) expire(aor, id string) {
	lock := d.lock(aor)
	lock.Lock()
	c := d.location.find(aor, id)
	switch {
	case c == nil:
		lock.Unlock()
		return
	case time.Now().Before(c.Expires):
		d.expireLater(c)
		lock.Unlock()
		return
	}
	d.end(c, "expiration", lock)
}

// end takes a contact away and tells of it. The caller holds the lock of the AOR,
// which is released before.
func (d *Driver) end(c *Contact, why string, lock *sync.Mutex) {
	d.location.remove(c.AOR, c.ID)
	d.forget(c)
	lock.Unlock()
	if d.technology == SIP {
		d.peerGone(c)
	} else {
		d.tellRemoved(c, why)
	}
}

// RemoveContact ends a registration before its time, as "sip unregister" does.
// It reports false if there is none.
func (d *Driver) RemoveContact(aor, id string) bool {
	lock := d.lock(aor)
	lock.Lock()
	c := d.location.find(aor, id)
	if c == nil || c.Static {
		lock.Unlock()
		return false
	}
	d.end(c, "request", lock)
	return true
}

// setStatic makes the contacts of the configuration those of the model, and
// removes registered ones of AORs that are gone.
func (d *Driver) setStatic(m *Model) {
	wanted := map[string]bool{}
	for _, a := range m.AORs {
		for _, uri := range a.Contacts {
			id := contactID(a.Name, uri, true)
			wanted[id] = true
			if d.location.find(a.Name, id) == nil {
				c := &Contact{ID: id, AOR: a.Name, URI: uri, Static: true}
				d.location.put(c)
				d.contactStatus(c, NonQualified)
			}
		}
	}
	for _, c := range d.location.all() {
		a := m.AOR(c.AOR)
		switch {
		case c.Static && !wanted[c.ID]:
			d.location.remove(c.AOR, c.ID)
			d.contactStatus(c, Removed)
			if a == nil { // those that are there follow below
				d.updatePresence(c.AOR)
			}
		case !c.Static && (a == nil || a.MaxContacts == 0):
			d.RemoveContact(c.AOR, c.ID)
		}
	}
	for _, a := range m.AORs {
		d.updatePresence(a.Name)
	}
}
