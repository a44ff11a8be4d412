package phone

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// A location is the location service of RFC 3261 §10: the contacts of every
// AOR. Reading takes a shared lock for the time of a map access.
type location struct {
	mu      sync.RWMutex // a leaf
	aors    map[string][]*Contact
	sources map[netip.AddrPort]string // the AOR of whom registered from there last
	moved   func(old, next *Contact)  // is told of every change; nil for nobody
}

// tell tells of a change. It holds no lock.
func (l *location) tell(old, next *Contact) {
	if l.moved != nil {
		l.moved(old, next)
	}
}

func newLocation() *location {
	return &location{aors: map[string][]*Contact{}, sources: map[netip.AddrPort]string{}}
}

// at returns the AOR that registered from an address last, or "".
func (l *location) at(a netip.AddrPort) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.sources[a]
}

// gone forgets where a contact came from; l.mu is held.
func (l *location) gone(c *Contact) {
	if c != nil && l.sources[c.Source] == c.AOR {
		delete(l.sources, c.Source)
	}
}

// over counts the contacts that registered from an address over a network.
func (l *location) over(a netip.AddrPort, network string) int {
	n := 0
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, list := range l.aors {
		for _, c := range list {
			if c.Source == a && strings.EqualFold(c.Transport, network) {
				n++
			}
		}
	}
	return n
}

// contacts returns the contacts of an AOR by ID. The slice is the caller's to
// read, not to change.
func (l *location) contacts(aor string) []*Contact {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.aors[aor]
}

// all returns every contact, by AOR and URI.
func (l *location) all() []*Contact {
	l.mu.RLock()
	var list []*Contact
	for _, contacts := range l.aors {
		list = append(list, contacts...)
	}
	l.mu.RUnlock()
	slices.SortFunc(list, func(a, b *Contact) int {
		if c := strings.Compare(a.AOR, b.AOR); c != 0 {
			return c
		}
		return strings.Compare(a.URI, b.URI)
	})
	return list
}

// find returns the contact with an ID, or nil.
func (l *location) find(aor, id string) *Contact {
	for _, c := range l.contacts(aor) {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// put adds a contact, or replaces the one of its ID, and returns that.
func (l *location) put(c *Contact) (old *Contact) {
	defer func() { l.tell(old, c) }()
	l.mu.Lock()
	defer l.mu.Unlock()
	list := slices.Clone(l.aors[c.AOR])
	at, found := slices.BinarySearchFunc(list, c.ID, func(e *Contact, id string) int { return strings.Compare(e.ID, id) })
	if found {
		old, list[at] = list[at], c
	} else {
		list = slices.Insert(list, at, c)
	}
	l.aors[c.AOR] = list
	l.gone(old)
	if c.Source.IsValid() {
		l.sources[c.Source] = c.AOR
	}
	return old
}

// apply does what a registration changes of one AOR, at once.
func (l *location) apply(aor string, changes []change) {
	var before []*Contact // of each change
	defer func() {
		for i, old := range before {
			if c := changes[i]; c.what != contactRemoved {
				l.tell(old, c.contact)
			} else if old != nil {
				l.tell(old, nil)
			}
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make(map[string]*Contact, len(l.aors[aor])+len(changes))
	for _, c := range l.aors[aor] {
		list[c.ID] = c
	}
	for _, c := range changes {
		before = append(before, list[c.contact.ID])
		l.gone(list[c.contact.ID])
		if c.what == contactRemoved {
			delete(list, c.contact.ID)
			continue
		}
		list[c.contact.ID] = c.contact
		if c.contact.Source.IsValid() {
			l.sources[c.contact.Source] = c.contact.AOR
		}
	}
	if len(list) == 0 {
		delete(l.aors, aor)
		return
	}
	l.aors[aor] = slices.SortedFunc(maps.Values(list), func(a, b *Contact) int { return strings.Compare(a.ID, b.ID) })
}

// replace puts c in the place of old if old is still there, and reports whether it was.
func (l *location) replace(old, c *Contact) (done bool) {
	defer func() {
		if done {
			l.tell(old, c)
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.Index(l.aors[old.AOR], old)
	if at < 0 {
		return false
	}
	list := slices.Clone(l.aors[old.AOR])
	list[at] = c
	l.aors[old.AOR] = list
	return true
}

// remove takes a contact away and returns it as it was last; nil if it was gone.
func (l *location) remove(aor, id string) (last *Contact) {
	defer func() {
		if last != nil {
			l.tell(last, nil)
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.aors[aor]
	at := slices.IndexFunc(list, func(c *Contact) bool { return c.ID == id })
	if at < 0 {
		return nil
	}
	c := list[at]
	l.gone(c)
	if len(list) == 1 {
		delete(l.aors, aor)
	} else {
		l.aors[aor] = slices.Delete(slices.Clone(list), at, at+1)
	}
	return c
}
