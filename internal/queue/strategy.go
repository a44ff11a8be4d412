package queue

import (
	"math/rand/v2"
	"time"
)

// A strategy says who of the members is called first.
type strategy int

const (
	ringAll strategy = iota
	leastRecent
	fewestCalls
	random
	rrMemory
	linear
	wRandom
	rrOrdered
)

var strategyNames = [...]string{"ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "linear", "wrandom", "rrordered"}

func (s strategy) String() string { return strategyNames[s] }

// perPenalty is how much a penalty outweighs all else.
const perPenalty = 1_000_000

// turnOf remembers where the next round begins: whose turn it is in a queue (rrmemory),
// or with one caller (linear).
type turnOf struct {
	at      int
	wrapped bool // somebody stands behind at
}

// place ranks who stands at a position: those from at on come before the others.
func (t *turnOf) place(position int) int {
	if position < t.at {
		return 1000 + position
	}
	if position > t.at {
		t.wrapped = true
	}
	return position
}

// next moves on behind those that were called: best is the rank of the best who was
// not, or less than 0.
func (t *turnOf) next(best int) {
	switch {
	case best >= 0:
		t.at = best % 1000
	case t.wrapped:
		t.at = 0
	default:
		t.at++
	}
	t.wrapped = false
}

// candidate is a member who may be called for an entry, the lower rank first.
type candidate struct {
	member *Member
	rank   int
	done   bool // called, or can't be
}

// candidates ranks the members of a queue for a caller. q.mu is held.
func (q *Queue) candidates(e *entry, now time.Time) []*candidate {
	var list []*candidate
	heed := len(q.members) > q.settings.penaltyMembers
	for i, m := range q.members {
		penalty := 0
		if heed {
			if !e.takes(m.penalty) || q.house.settings().negativeInvalid && m.penalty < 0 {
				continue
			}
			penalty = max(m.penalty, e.raise)
		}
		list = append(list, &candidate{member: m, rank: q.rank(e, m, i, penalty, now)})
	}
	return list
}

func (q *Queue) rank(e *entry, m *Member, position, penalty int, now time.Time) int {
	base := penalty * perPenalty
	switch q.settings.strategy {
	case linear:
		return base + e.line.place(position)
	case rrMemory, rrOrdered:
		return base + q.round.place(position)
	case random:
		return base + rand.IntN(1000)
	case wRandom:
		return rand.IntN((1 + max(penalty, 0)) * 1000)
	case fewestCalls:
		return base + m.calls
	case leastRecent:
		if m.lastCall.IsZero() {
			return base
		}
		return base + max(perPenalty-int(now.Sub(m.lastCall)/time.Second), 1)
	}
	return base
}

// best returns the first of those that are not done, or nil.
func best(list []*candidate) *candidate {
	var found *candidate
	for _, c := range list {
		if !c.done && (found == nil || c.rank < found.rank) {
			found = c
		}
	}
	return found
}

// rankOf is the rank within its penalty of the best of those that are not done, or -1.
func rankOf(list []*candidate) int {
	if c := best(list); c != nil {
		return c.rank % perPenalty
	}
	return -1
}
