package phone

import (
	"slices"
	"sync"

	"github.com/octothorpe/octothorpe/internal/event"
)

// presence remembers which endpoints could be reached when it was told last.
type presence struct {
	mu     sync.Mutex // a leaf
	online map[string]bool
}

// reachable reports whether any contact of an endpoint can be called: one that
// answers, or one that nobody asks.
func (d *Driver) reachable(e *Endpoint) bool {
	m := d.Model()
	for _, name := range e.AORs {
		a := m.AOR(name)
		if a == nil {
			continue
		}
		for _, c := range d.location.contacts(a.Name) {
			if d.available(a, c) {
				return true
			}
		}
	}
	return false
}

func (d *Driver) available(a *AOR, c *Contact) bool {
	return c.Status == Reachable || c.Status == Lagged || c.Status == NonQualified && a.QualifyFrequency == 0
}

// updatePresence tells of the endpoints of an AOR that have become reachable or are so no more.
func (d *Driver) updatePresence(aor string) {
	for _, e := range d.Model().endpointsOf(aor) {
		now := d.reachable(e)
		d.presence.mu.Lock()
		changed := d.presence.online[e.Name] != now
		d.presence.online[e.Name] = now
		d.presence.mu.Unlock()
		if !changed {
			continue
		}
		if d.technology == PJSIP {
			word := choose(now, "Reachable", "Unreachable")
			d.verbose(2, "Endpoint %s is now %s", e.Name, word)
			if context := d.Model().Global.RegContext; context != "" && d.hooks.Extend != nil {
				d.hooks.Extend(context, e.Name, now)
			}
			if d.bus.Wants(event.KindPeerStatus) {
				d.bus.Publish(&event.PeerStatus{Technology: PJSIP, Peer: e.Name, Status: word})
			}
		}
		d.deviceChanged(e.Name)
	}
}

// endpointsOf returns the endpoints that use an AOR.
func (m *Model) endpointsOf(aor string) []*Endpoint {
	if m.Technology == SIP {
		if e := m.Endpoint(aor); e != nil {
			return []*Endpoint{e}
		}
		return nil
	}
	return m.byAOR[aor]
}

// indexAORs builds what endpointsOf reads.
func (m *Model) indexAORs() {
	m.byAOR = map[string][]*Endpoint{}
	for _, name := range m.order {
		e := m.Endpoints[name]
		for _, aor := range e.AORs {
			if !slices.Contains(m.byAOR[aor], e) {
				m.byAOR[aor] = append(m.byAOR[aor], e)
			}
		}
	}
}

// contactStatus tells AMI's ContactStatus, which only pjsip.conf's contacts have.
func (d *Driver) contactStatus(c *Contact, s ContactStatus) {
	if d.technology != PJSIP || !d.bus.Wants(event.KindContactStatus) {
		return
	}
	for _, e := range d.Model().endpointsOf(c.AOR) {
		d.bus.Publish(&event.ContactStatus{URI: c.URI, Status: s.String(), AOR: c.AOR, Endpoint: e.Name, RTT: c.RTT,
			UserAgent: c.UserAgent, ViaAddress: c.ViaAddress, CallID: c.CallID, ID: c.ID})
	}
}

// testEvent tells one of the reference's points of its own tests.
func (d *Driver) testEvent(state, file, function string, fields ...event.Variable) {
	if d.bus.Wants(event.KindTestEvent) {
		d.bus.Publish(&event.TestEvent{State: state, File: file, Function: function, Fields: slices.Clone(fields)})
	}
}
