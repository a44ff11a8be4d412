package queue

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Who consults a queue and then transfers a call there leaves it to the other leg, which
// comes to the same step of the dialplan: that one inherits the place, and how long was
// waited for it. Between the two the place is kept.

// placeKept is how long a place is kept for an heir.
const placeKept = 2 * time.Second

// bequeath keeps the place of a caller whose call goes on with another leg. It reports
// whether there is a place to keep, or it was inherited already.
func (s *serving) bequeath() bool {
	if s.ended || !s.c.Yielded() {
		return false
	}
	e, q := s.entry, s.q
	q.mu.Lock()
	defer q.mu.Unlock()
	if e.inherited {
		return true
	}
	if q.position(e) == 0 {
		return false
	}
	e.kept, e.pending = true, true
	time.AfterFunc(placeKept, func() {
		q.mu.Lock()
		lapsed := e.kept && !e.inherited
		e.kept = false
		q.mu.Unlock()
		if lapsed {
			stood := []string{number(q.positionOf(e)), number(e.original), number(e.waited())}
			e.abandon()
			q.house.Log.Write(q.name, e.c.UniqueID(), "NONE", "ABANDON", stood...)
			e.leave()
		}
	})
	return true
}

// inherit takes the place of a leg at the same step of the dialplan that has left its
// call to another. It reports whether there is one.
func (s *serving) inherit(at channel.Location) bool {
	if by, ok := s.c.Variable("ATTENDEDTRANSFER"); !ok || by == "" { // nobody has left it a call
		return false
	}
	q, e := s.q, s.entry
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, o := range q.entries {
		if o.inherited || !o.kept && !o.c.Yielded() || o.c.Location() != at {
			continue
		}
		o.inherited, o.kept = true, false
		o.listen(false)
		e.began, e.until, e.original, e.changes = o.began, o.until, o.original, o.changes
		e.priority, e.most, e.least, e.raise = o.priority, o.most, o.least, o.raise
		e.heard = o.heard
		q.entries[i] = e
		return true
	}
	return false
}
