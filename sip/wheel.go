package sip

import (
	"math/bits"
	"sync"
	"time"
)

// A wheel is the clock of a stack's transactions. They are many, and most of their
// timers are stopped or moved before they are due: in a wheel that costs two
// pointers, where timers of the runtime would wake a thread for each that comes
// before all others. What is due is late by up to wheelTick, never early.
type wheel struct {
	mu     sync.Mutex // a leaf
	base   time.Time
	served int64 // the last tick
	slots  [wheelSlots]*alarm
	busy   [wheelSlots / 64]uint64 // slots that have alarms
	count  int
	timer  *time.Timer
	armed  int64 // tick for which timer is set; 0: none
	closed bool

	contain func(func()) // runs what is due
}

const (
	wheelTick  = 20 * time.Millisecond
	wheelSlots = 2048 // 41 s; what is due later goes round again
)

// An alarm is something that is due once. Its owner has it, by value, and keeps it
// in place; the fields are the wheel's.
type alarm struct {
	owner      ringer
	prev, next *alarm
	tick       int64 // 0: not set
}

type ringer interface{ fire() }

func newWheel(contain func(func())) *wheel { return &wheel{base: time.Now(), contain: contain} }

// set has the owner's fire called at a time, in place of what was set before. It may be called
// with the owner's mutex held; fire is called without it, and must not wait.
func (w *wheel) set(a *alarm, owner ringer, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	tick := max(int64((at.Sub(w.base)+wheelTick-1)/wheelTick), w.served+1)
	if w.closed || a.tick == tick {
		return
	}
	w.unlink(a)
	a.owner = owner
	w.link(a, tick)
	if w.armed == 0 || tick < w.armed {
		w.arm(tick)
	}
}

// stop takes an alarm back. It may be about to ring all the same.
func (w *wheel) stop(a *alarm) {
	w.mu.Lock()
	w.unlink(a)
	w.mu.Unlock()
}

func (w *wheel) link(a *alarm, tick int64) {
	slot := tick % wheelSlots
	a.tick, a.prev, a.next = tick, nil, w.slots[slot]
	if a.next != nil {
		a.next.prev = a
	}
	w.slots[slot] = a
	w.busy[slot/64] |= 1 << (slot % 64)
	w.count++
}

func (w *wheel) unlink(a *alarm) {
	if a.tick == 0 {
		return
	}
	slot := a.tick % wheelSlots
	if a.prev != nil {
		a.prev.next = a.next
	} else if w.slots[slot] = a.next; a.next == nil {
		w.busy[slot/64] &^= 1 << (slot % 64)
	}
	if a.next != nil {
		a.next.prev = a.prev
	}
	a.tick, a.prev, a.next = 0, nil, nil
	w.count--
}

// arm sets the runtime's timer. The caller holds mu.
func (w *wheel) arm(tick int64) {
	w.armed = tick
	wait := time.Until(w.base.Add(time.Duration(tick) * wheelTick))
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, w.turn)
		return
	}
	w.timer.Reset(wait)
}

// turn rings what is due. The next turn does not wait for this one.
func (w *wheel) turn() {
	var due []ringer // an alarm may be set anew before it is rung
	w.mu.Lock()
	now := int64(time.Since(w.base) / wheelTick)
	for tick := max(w.served+1, now-wheelSlots+1); tick <= now; tick++ {
		for a := w.slots[tick%wheelSlots]; a != nil; {
			next := a.next
			if a.tick <= now {
				w.unlink(a)
				due = append(due, a.owner)
			}
			a = next
		}
	}
	w.served, w.armed = max(w.served, now), 0
	if w.count > 0 && !w.closed {
		w.arm(w.nearest())
	}
	w.mu.Unlock()
	for rung := 0; rung < len(due); { // once, unless one panics
		w.contain(func() {
			for rung < len(due) {
				rung++
				due[rung-1].fire()
			}
		})
	}
}

// nearest returns the tick of the next slot that has alarms. The caller holds mu,
// and there is one.
func (w *wheel) nearest() int64 {
	first := w.served + 1
	for ahead := int64(0); ahead < wheelSlots; {
		slot := (first + ahead) % wheelSlots
		if word := w.busy[slot/64] >> (slot % 64); word != 0 {
			return first + ahead + int64(bits.TrailingZeros64(word))
		}
		ahead += 64 - slot%64
	}
	return first + wheelSlots // not reached
}

// close forgets all alarms.
func (w *wheel) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
