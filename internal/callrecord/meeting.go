package callrecord

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// dial makes the record of a channel that calls one of the two. It is the oldest
// that has no other yet, or one more.
func (l *Ledger) dial(e *event.DialBegin, at time.Time) {
	peer := l.see(e.Peer, at)
	if peer == nil || l.settings.IgnoreDials {
		return
	}
	if e.Channel == nil {
		peer.originated = true
		for _, r := range peer.records {
			if r.stage == alone {
				r.stage = dialling
			}
		}
		return
	}
	caller := l.see(e.Channel, at)
	if caller == nil {
		return
	}
	found := false
	for _, r := range caller.records {
		if r.stage == alone && r.b == nil {
			r.b, r.stage, found = e.Peer, dialling, true
		}
	}
	if !found {
		r := l.add(caller, at)
		r.b, r.stage = e.Peer, dialling
	}
}

// dialled notes the end of a call: the other answered, or the record is closed.
func (l *Ledger) dialled(e *event.DialEnd, at time.Time) {
	l.see(e.Peer, at)
	who := e.Peer
	if e.Channel != nil {
		who = e.Channel
	}
	p := l.know(who)
	if p == nil || l.settings.IgnoreDials {
		return
	}
	for _, r := range p.records {
		if r.stage != dialling || e.Channel != nil && (r.b == nil || r.b.UniqueID != e.Peer.UniqueID) {
			continue
		}
		r.disposition = ofDial(e.Status, l.settings)
		if r.disposition == answered {
			r.stage = reached
		} else {
			l.end(r, at)
		}
	}
}

// pick returns first the one of two that keeps the record when they meet: whom
// CDR_PROP(party_A) marked, else who was not called by another, else the older.
func pick(one, two *page) (a, b *page) {
	switch {
	case one.partyA != two.partyA:
		if two.partyA {
			one, two = two, one
		}
	case one.called() != two.called():
		if one.called() {
			one, two = two, one
		}
	case two.now.Created.Before(one.now.Created):
		one, two = two, one
	}
	return one, two
}

// holds reports whether a bridge is one in which channels wait, which is to be
// alone, not to meet.
func holds(b *event.Bridge) bool { return b.Technology == "holding_bridge" }

// enter makes records of the channel with all whom it meets in a bridge.
func (l *Ledger) enter(e *event.BridgeEnter, at time.Time) {
	p := l.see(e.Channel, at)
	if p == nil || l.settings.IgnoreStates || holds(e.Bridge) {
		return
	}
	if e.Fetched { // from now on it is one that was called
		p.originated, p.ran = false, false
	}
	for _, id := range e.Bridge.Channels {
		other := l.pages[id]
		if other == nil || other == p || !in(other, e.Bridge.ID) {
			continue
		}
		if known(p, other, e.Bridge.ID) || known(other, p, e.Bridge.ID) {
			continue
		}
		a, b := pick(p, other)
		l.meet(a, b, e.Bridge.ID, at)
	}
	for _, r := range p.records {
		if r.open() {
			r.stage, r.bridge = joined, e.Bridge.ID
		}
	}
}

// in reports whether a channel is in a bridge by what is known of it.
func in(p *page, bridge string) bool { return p.now.BridgeID == bridge }

// known joins two that have a record of each other, as one called the other.
func known(a, b *page, bridge string) (found bool) {
	for _, r := range a.records {
		if r.open() && r.b != nil && r.b.UniqueID == b.now.UniqueID {
			r.stage, r.bridge, found = joined, bridge, true
		}
	}
	return found
}

// meet joins two in a record of a's that has no other, or in a new one.
func (l *Ledger) meet(a, b *page, bridge string, at time.Time) {
	found := false
	for _, r := range a.records {
		if r.open() && r.b == nil {
			r.b, r.stage, r.bridge, found = b.now, joined, bridge, true
		}
	}
	if !found {
		r := l.add(a, at)
		r.b, r.stage, r.bridge = b.now, joined, bridge
	}
}

// leave closes the records of a channel in a bridge, its own and those of whom it met.
func (l *Ledger) leave(e *event.BridgeLeave, at time.Time) {
	p := l.see(e.Channel, at)
	if p == nil || l.settings.IgnoreStates || holds(e.Bridge) {
		return
	}
	for _, r := range p.records {
		if r.stage == joined && r.bridge == e.Bridge.ID {
			l.end(r, at)
		}
	}
	for _, id := range e.Bridge.Channels {
		other := l.pages[id]
		if other == nil {
			continue
		}
		for _, r := range other.records {
			if r.stage == joined && r.bridge == e.Bridge.ID && r.b != nil && r.b.UniqueID == e.Channel.UniqueID {
				l.end(r, at)
			}
		}
	}
}
