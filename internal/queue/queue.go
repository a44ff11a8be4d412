package queue

import (
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/state"
)

// A Queue has callers who wait and members who answer them.
type Queue struct {
	house *House
	name  string

	mu          sync.Mutex // a leaf: nothing is published or called while it is held
	settings    *Settings
	members     []*Member // in the order in which they came
	byInterface map[string]*Member
	entries     []*entry     // who waits, the first in front
	round       turnOf       // rrmemory, rrordered
	gone        bool         // it is not in the file any more
	availTold   bool         // it was told that a member can be called
	bounded     int          // of entries, those with bounds of penalties
	unsorted    bool         // somebody stands where its priority does not put it
	listeners   atomic.Int32 // of entries, those who want to know of a new position
	wrapTimer   *time.Timer
	figures
}

// figures are the statistics of a queue.
type figures struct {
	completed, inLevel, abandoned, abandonedInLevel int
	holdTime, talkTime                              int // seconds, as a sliding mean
}

func newQueue(h *House, name string, s *Settings) *Queue {
	return &Queue{house: h, name: name, settings: s, byInterface: map[string]*Member{}}
}

// device and availDevice are the devices that say whether somebody waits, and whether
// a member can be called.
func (q *Queue) device() string      { return "Queue:" + q.name }
func (q *Queue) availDevice() string { return "Queue:" + q.name + "_avail" }

// Device returns the state of a device of queues, by what follows "Queue:".
func (h *House) Device(name string) string {
	if q := h.Find(name); q != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		if len(q.entries) > 0 {
			return state.Ringing
		}
		return state.NotInUse
	}
	if short, ok := strings.CutSuffix(name, "_avail"); ok {
		if q := h.Find(short); q != nil {
			q.mu.Lock()
			defer q.mu.Unlock()
			if q.anyAvailable() {
				return state.NotInUse
			}
			return state.InUse
		}
	}
	if at := strings.Index(name, "_pause_"); at > 0 {
		if q := h.Find(name[:at]); q != nil {
			if m := q.Member(name[at+len("_pause_"):]); m != nil {
				q.mu.Lock()
				defer q.mu.Unlock()
				if m.paused {
					return state.InUse
				}
			}
			return state.NotInUse
		}
	}
	return state.Unknown
}

// tellAvail tells whether a member can be called, if that is news: that none can be is
// no news where none could.
func (q *Queue) tellAvail() {
	q.mu.Lock()
	free := q.anyAvailable()
	news := free || q.availTold
	q.availTold = q.availTold || free
	q.mu.Unlock()
	if news {
		q.house.Devices.Look(q.availDevice())
	}
}

// anyAvailable tells whether a member can be called now. q.mu is held.
func (q *Queue) anyAvailable() bool {
	now := time.Now()
	return slices.ContainsFunc(q.members, func(m *Member) bool { return m.available(now) })
}

// free returns how many callers may look for a member at once: as many as there are
// members, one where all are rung or autofill is off. q.mu is held.
func (q *Queue) free(now time.Time) int {
	n := 0
	for _, m := range q.members {
		if !m.available(now) {
			continue
		}
		n++
		if !q.settings.autofill || q.settings.strategy == ringAll {
			break
		}
	}
	return n
}

// kick wakes those whose turn it may be. It is called after each change of members or
// callers, and costs as much as there are callers whose turn it is.
func (q *Queue) kick() {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	n := q.free(now)
	for _, e := range q.entries {
		if n == 0 {
			break
		}
		if e.pending {
			if q.settings.strategy == ringAll { // all members ring for it
				break
			}
			continue
		}
		e.poke()
		if n--; !q.settings.autofill {
			break
		}
	}
	if q.settings.leaveEmpty != 0 && len(q.entries) > 0 {
		q.wakeLeavers(now)
	}
	q.armWrapup(now)
}

// wakeLeavers wakes those who may find nobody left. q.mu is held.
func (q *Queue) wakeLeavers(now time.Time) {
	all := q.empty(nil, q.settings.leaveEmpty, now)
	if !all && q.bounded == 0 {
		return
	}
	for _, e := range q.entries {
		if all || e.bounded() {
			e.poke()
		}
	}
}

// armWrapup has those who wait look again when the next member has rested. q.mu is held.
func (q *Queue) armWrapup(now time.Time) {
	if len(q.entries) == 0 {
		return
	}
	least := time.Duration(0)
	for _, m := range q.members {
		if rest := m.wrapsUp(now); rest > 0 && (least == 0 || rest < least) {
			least = rest
		}
	}
	switch {
	case least == 0:
	case q.wrapTimer == nil:
		q.wrapTimer = time.AfterFunc(least, q.kick)
	default:
		q.wrapTimer.Reset(least)
	}
}

// isTurn tells whether a caller may look for a member. q.mu is held.
func (q *Queue) isTurn(e *entry, now time.Time) bool {
	n, before := q.free(now), 0
	for _, other := range q.entries {
		if other == e {
			return before < n
		}
		if !q.settings.autofill {
			return false
		}
		if !other.pending || q.settings.strategy == ringAll { // for whom all members ring
			if before++; before >= n {
				return false
			}
		}
	}
	return false
}

// empty tells whether a queue has nobody whom a mask lets count, for a caller or with
// nil for any. q.mu is held.
func (q *Queue) empty(e *entry, mask Mask, now time.Time) bool {
	if mask == 0 {
		return false
	}
	for _, m := range q.members {
		switch {
		case e != nil && mask&emptyPenalty != 0 && !e.takes(m.penalty):
		case !mask.reachable(m.status):
		case m.paused && mask&emptyPaused != 0:
		case mask&emptyWrapup != 0 && (m.inCall > 0 && m.wrapupTime() > 0 || m.wrapsUp(now) > 0):
		default:
			return false
		}
	}
	return true
}

// position returns where a caller stands, from 1 on; 0 is nowhere. q.mu is held.
func (q *Queue) position(e *entry) int { return slices.Index(q.entries, e) + 1 }

// positionOf is position for those who do not hold the lock.
func (q *Queue) positionOf(e *entry) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.position(e)
}

// insert puts a caller behind those of the same or more priority, or where the caller
// wants to stand, and returns the position and how many wait. q.mu is held.
func (q *Queue) insert(e *entry, wanted int) (position, count int) {
	at := q.placeOf(e.priority)
	if wanted > 0 && wanted-1 < at {
		first := at
		for first > 0 && q.entries[first-1].priority <= e.priority {
			first--
		}
		at = max(wanted-1, first)
	}
	q.entries = slices.Insert(q.entries, at, e)
	if e.bounded() {
		q.bounded++
	}
	return at + 1, len(q.entries)
}

// placeOf is how many stand before a newcomer of a priority. q.mu is held.
func (q *Queue) placeOf(priority int) int {
	if len(q.entries) == 0 {
		q.unsorted = false
	}
	if !q.unsorted {
		return sort.Search(len(q.entries), func(i int) bool { return q.entries[i].priority < priority })
	}
	for i, e := range q.entries {
		if e.priority < priority {
			return i
		}
	}
	return len(q.entries)
}

// leave takes a caller out and returns where it stood and how many still wait.
func (q *Queue) leave(e *entry) (position, count int) {
	q.mu.Lock()
	if position = q.position(e); position > 0 {
		q.entries = slices.Delete(q.entries, position-1, position)
		if e.bounded() {
			q.bounded--
		}
	}
	count = len(q.entries)
	wake := []*entry(nil)
	e.listen(false)
	if position > 0 && q.listeners.Load() > 0 {
		for _, other := range q.entries[position-1:] {
			if other.listens.Load() {
				wake = append(wake, other)
			}
		}
	}
	q.mu.Unlock()
	for _, other := range wake {
		other.poke()
	}
	return position, count
}

// count counts a call that a member has taken. q.mu is held.
func (f *figures) connected(hold int) {
	if f.completed == 0 && f.holdTime == 0 {
		f.holdTime = hold
		return
	}
	f.holdTime = (3*f.holdTime + hold) / 4
}

func (f *figures) ended(hold, talk, level int) {
	if f.completed == 0 {
		f.talkTime = talk
	} else {
		f.talkTime = (3*f.talkTime + talk) / 4
	}
	f.completed++
	if hold <= level {
		f.inLevel++
	}
}

// performance is the share of calls that were answered in time, in percent: of those
// that were answered, and of all.
func (f *figures) performance() (answered, all float64) {
	if f.completed > 0 {
		answered = 100 * float64(f.inLevel) / float64(f.completed)
	}
	if n := f.completed + f.abandoned; n > 0 {
		all = 100 * float64(f.inLevel+f.abandonedInLevel) / float64(n)
	}
	return answered, all
}

// Reset begins the statistics of a queue anew.
func (q *Queue) Reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.figures = figures{}
	for _, m := range q.members {
		m.calls, m.lastCall = 0, time.Time{}
	}
}
