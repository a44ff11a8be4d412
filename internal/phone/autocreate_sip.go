package phone

import (
	"maps"
	"slices"
	"strings"
)

// autoCreate is what autocreatepeer of sip.conf says: whether who registers under a
// name that nobody has becomes a peer, with what [general] gives to peers and without a
// secret. It is one until its registration ends, or until a reload if it is volatile.
type autoCreate uint8

const (
	autoOff autoCreate = iota
	autoVolatile
	autoPersisted
)

var autoWords = [...]string{"Off", "Volatile", "Persisted"}

// String is the word of `sip show settings`.
func (a autoCreate) String() string { return autoWords[a] }

// setAutoCreate reads autocreatepeer. What is no word of it is Off, as in the reference.
func setAutoCreate(v *sipDraft, s string) error {
	v.general.AutoCreatePeer = autoOff
	switch {
	case isTrue(s):
		v.general.AutoCreatePeer = autoVolatile
	case strings.EqualFold(s, "persist"):
		v.general.AutoCreatePeer = autoPersisted
	default:
		return among(s)
	}
	return nil
}

// withPeer is the model with one peer more, of a name.
func (m *Model) withPeer(name string) *Model {
	draft := m.draft(name, "peer")
	draft.Peer.Dynamic, draft.Peer.auto = true, true
	key := strings.ToLower(name)
	next := m.copied()
	next.add(key, draft.object(key))
	next.indexSIP()
	return next
}

// withoutPeer is the opposite of withPeer.
func (m *Model) withoutPeer(name string) *Model {
	next := m.copied()
	next.forget(strings.ToLower(name))
	next.indexSIP()
	return next
}

// copied is the model with tables of its own, to be changed before anybody sees it.
func (m *Model) copied() *Model {
	next := *m
	next.Endpoints, next.AORs, next.Auths, next.order = maps.Clone(m.Endpoints), maps.Clone(m.AORs), maps.Clone(m.Auths), slices.Clone(m.order)
	return &next
}

// createPeer makes a peer of a name that nobody has, if that is wanted, and returns the
// model that is in force then.
func (d *Driver) createPeer(m *Model, name string) *Model {
	for name != "" && m.Global.General.AutoCreatePeer != autoOff && m.Endpoint(name) == nil {
		if next := m.withPeer(name); d.model.CompareAndSwap(m, next) {
			return next
		}
		m = d.Model()
	}
	return m
}

// dropPeer takes a peer back that was made so, as its registration has ended.
func (d *Driver) dropPeer(name string) {
	for {
		m := d.Model()
		if e := m.Endpoint(name); e == nil || e.Peer == nil || !e.Peer.auto {
			return
		}
		if d.model.CompareAndSwap(m, m.withoutPeer(name)) {
			return
		}
	}
}

// dropIdle takes it back where its REGISTER has left it without a contact.
func (d *Driver) dropIdle(m *Model, name string) {
	if m.Global.General.AutoCreatePeer == autoOff {
		return
	}
	if e := m.Endpoint(name); e != nil && e.Peer.auto && len(d.location.contacts(e.Name)) == 0 {
		d.dropPeer(name)
	}
}

// keepPeers gives a new model the peers of the old one that were made so, if they are
// to outlive a reload.
func (m *Model) keepPeers(old *Model) *Model {
	if old == nil || m.Technology != SIP || m.Global.General.AutoCreatePeer != autoPersisted {
		return m
	}
	for _, name := range old.order {
		if e := old.Endpoints[name]; e.Peer.auto && m.Endpoints[name] == nil {
			m = m.withPeer(e.Name)
		}
	}
	return m
}
