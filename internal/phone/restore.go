package phone

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// storePatience is how long a start waits for the contacts of the last run, as
// without them phones that are registered can't be called. A slower store has
// them come when it is ready.
const storePatience = 5 * time.Second

// restoreContacts brings back what the store kept, now or, if that takes long,
// later.
func (d *Driver) restoreContacts() {
	if d.store == nil {
		return
	}
	family := choose(d.technology == SIP, peerFamily, contactFamily)
	ctx, cancel := context.WithTimeout(d.ctx, storePatience)
	defer cancel()
	tree, err := d.store.Tree(ctx, family)
	switch {
	case err == nil:
		d.restoreTree(family, tree)
	case errors.Is(err, context.DeadlineExceeded):
		d.log.Warn("the database is slow: registrations of the last run come back when it has been read")
		d.workers.Add(1)
		go func() { defer d.workers.Done(); d.restoreLate(family) }()
	default:
		d.log.Error("registrations of the last run can't be read", "error", err)
	}
}

// restoreLate brings contacts back to a driver that is at work already.
func (d *Driver) restoreLate(family string) {
	tree, err := d.store.Tree(d.ctx, family)
	if err != nil {
		if d.ctx.Err() == nil {
			d.log.Error("registrations of the last run can't be read", "error", err)
		}
		return
	}
	for _, c := range d.restoreTree(family, tree) {
		d.contactStatus(c, NonQualified)
		d.updatePresence(c.AOR)
		if a := d.Model().AOR(c.AOR); a != nil {
			d.qualifySoon(a)
		}
	}
	d.log.Info("registrations of the last run are back", "contacts", len(tree))
}

// restoreTree brings back contacts, and returns them, except what ran out, can't
// be reached any more because its connection is gone, or was registered anew.
func (d *Driver) restoreTree(family string, tree map[string]string) (back []*Contact) {
	now := time.Now()
	for _, key := range slices.Sorted(maps.Keys(tree)) {
		var c *Contact
		var err error
		if d.technology == SIP {
			c, err = restorePeer(key, tree[key], now)
		} else {
			c, err = restore(key, tree[key])
		}
		if err != nil {
			d.log.Warn("a registration of the last run is left out", "error", err)
			d.keeper.remove(family, key)
			continue
		}
		a := d.Model().AOR(c.AOR)
		if a == nil || a.MaxContacts == 0 || c.PruneOnBoot || !now.Before(c.Expires) {
			d.keeper.remove(family, key)
			continue
		}
		c.AOR = a.Name
		if d.putBack(a, c) {
			back = append(back, c)
		}
	}
	return back
}

// putBack adds a contact unless the phone has registered again by now: a peer of
// sip.conf has one contact only, others one of each URI.
func (d *Driver) putBack(a *AOR, c *Contact) bool {
	lock := d.lock(a.Name)
	lock.Lock()
	defer lock.Unlock()
	if d.location.find(a.Name, c.ID) != nil || d.technology == SIP && len(d.location.contacts(a.Name)) > 0 {
		return false
	}
	d.location.put(c)
	d.expireLater(c)
	return true
}
