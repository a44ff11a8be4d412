package queue

import (
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// An entry is a caller who waits in a queue. What is not said to be under the queue's
// lock is of the goroutine that owns the caller's leg.
type entry struct {
	q     *Queue
	c     *channel.Channel
	began time.Time
	until time.Time // none: for ever

	priority           int     // under q.mu
	most, least, raise int     // penalties of the members that may be called; under q.mu
	hasLeast, hasRaise bool    // the caller came with them
	pending            bool    // it looks for a member; under q.mu
	withdrawn          *string // why somebody takes it out; under q.mu
	kept, inherited    bool    // its place is kept for an heir; an heir has it; under q.mu
	original           int
	changes            []change // of the penalties, that are still to come

	line    turnOf // linear
	wake    chan struct{}
	listens atomic.Bool // wants to know of a new position
	keys    chan byte
	digits  string
	heard
}

// heard is what a caller was told already.
type heard struct {
	lastPosition time.Time
	positionSaid int
	lastPeriodic time.Time
	nextPeriodic int
	told         bool // some position was told
}

// listen says whether the caller wants to know of a new position.
func (e *entry) listen(yes bool) {
	switch {
	case e.listens.Swap(yes) == yes:
	case yes:
		e.q.listeners.Add(1)
	default:
		e.q.listeners.Add(-1)
	}
}

// poke has the caller's goroutine look around.
func (e *entry) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// noMost is the greatest penalty of who has no bound.
const noMost = math.MaxInt32

// bounded tells whether not every penalty will do. q.mu is held, or e is new.
func (e *entry) bounded() bool { return e.most != noMost || e.least > 0 }

// takes tells whether a member of a penalty may be called. q.mu is held.
func (e *entry) takes(penalty int) bool {
	return penalty <= e.most && (e.least == 0 || penalty >= e.least)
}

// waited returns for how long the caller is in the queue, in whole seconds.
func (e *entry) waited() int { return int(time.Since(e.began) / time.Second) }

// newEntry makes the entry of a caller from the variables that say how it waits.
func (q *Queue) newEntry(c *channel.Channel) *entry {
	e := &entry{q: q, c: c, began: time.Now(), most: noMost, wake: make(chan struct{}, 1), keys: make(chan byte, 32)}
	whole := func(name string, otherwise int) int {
		text, _ := c.Variable(name)
		n, err := strconv.Atoi(text)
		if err != nil {
			return otherwise
		}
		return n
	}
	e.priority = whole("QUEUE_PRIO", 0)
	if n := whole("QUEUE_MAX_PENALTY", noMost); n >= 0 {
		e.most = n
	}
	const none = math.MinInt32
	least, raise := whole("QUEUE_MIN_PENALTY", none), whole("QUEUE_RAISE_PENALTY", none)
	e.hasLeast, e.hasRaise = least != none, raise != none
	e.least, e.raise = max(least, 0), max(raise, 0)
	return e
}

// enter puts the caller into the queue, or says why not.
func (e *entry) enter(position int) (reason string) {
	q := e.q
	q.mu.Lock()
	switch {
	case q.empty(e, q.settings.joinEmpty, time.Now()):
		q.mu.Unlock()
		return "JOINEMPTY"
	case q.settings.maxLength > 0 && len(q.entries) >= q.settings.maxLength:
		q.mu.Unlock()
		return "FULL"
	}
	at, count := q.insert(e, position)
	e.original = at
	q.mu.Unlock()
	q.house.Devices.Look(q.device())
	q.house.tell("QueueCallerJoin", e.c.Snapshot(), nil, field("Queue", q.name), field("Position", number(at)), field("Count", number(count)))
	if count > at { // those behind may be in the wrong place now
		q.kick()
	}
	return ""
}

// leave takes the caller out of the queue. It may be called again.
func (e *entry) leave() {
	position, count := e.q.leave(e)
	if position == 0 {
		return
	}
	q := e.q
	q.house.Devices.Look(q.device())
	q.house.tell("QueueCallerLeave", e.c.Snapshot(), nil, field("Queue", q.name), field("Position", number(position)), field("Count", number(count)))
	e.c.SetVariable("QUEUEPOSITION", number(position))
	q.kick()
	q.house.dismantle(q)
}

// abandon counts the caller as one who was not answered, and tells it.
func (e *entry) abandon() {
	q := e.q
	wait := e.waited()
	q.mu.Lock()
	q.abandoned++
	if wait <= int(q.settings.serviceLevel/seconds) {
		q.abandonedInLevel++
	}
	position := q.position(e)
	q.mu.Unlock()
	e.c.SetVariable("ABANDONED", "TRUE")
	q.house.tell("QueueCallerAbandon", e.c.Snapshot(), nil, field("Queue", q.name), field("Position", number(position)),
		field("OriginalPosition", number(e.original)), field("HoldTime", number(wait)))
}

// look sets what a look for a member has to heed.
func (e *entry) look(pending bool) {
	e.q.mu.Lock()
	e.pending = pending
	e.q.mu.Unlock()
}

// adjust changes the penalties as the rule says for the time that the caller waits, and
// returns when it is to be done again; 0 is never. Who looks for members is a second late,
// so that a change at the time of an attempt counts from the next on.
func (e *entry) adjust(looks bool) time.Duration {
	late := time.Duration(0)
	if looks {
		late = time.Second
	}
	for len(e.changes) > 0 {
		c := e.changes[0]
		if left := time.Until(e.began.Add(c.after + late)); left > 0 {
			return left
		}
		e.changes = e.changes[1:]
		for _, v := range e.shift(c) {
			e.c.SetVariable(v.Name, v.Value)
		}
	}
	return 0
}

// shift makes a change, of the penalties that the caller came with alone, and returns the
// variables that tell of them.
func (e *entry) shift(c change) (told []event.Variable) {
	q := e.q
	q.mu.Lock()
	defer q.mu.Unlock()
	was := e.bounded()
	if e.most != noMost {
		e.most = max(c.most.to(e.most), 0)
		told = append(told, field("QUEUE_MAX_PENALTY", number(e.most)))
	}
	if e.hasLeast {
		e.least = min(max(c.least.to(e.least), 0), e.most)
		told = append(told, field("QUEUE_MIN_PENALTY", number(e.least)))
	}
	if e.hasRaise {
		e.raise = max(c.raise.to(e.raise), 0)
		told = append(told, field("QUEUE_RAISE_PENALTY", number(e.raise)))
	}
	if now := e.bounded(); now != was {
		q.bounded += map[bool]int{true: 1, false: -1}[now]
	}
	return told
}

// hear is told what the caller sends while it waits.
func (e *entry) hear(f media.Frame) {
	if f.Kind != media.DTMFEnd {
		return
	}
	select {
	case e.keys <- f.Digit:
	default: // nobody presses so many at once
	}
}

// setVariables says on a leg how its queue does.
func (q *Queue) setVariables(c *channel.Channel) {
	for _, v := range q.variables() {
		c.SetVariable(v.Name, v.Value)
	}
}

func (q *Queue) variables() []event.Variable {
	q.mu.Lock()
	defer q.mu.Unlock()
	share, _ := q.performance()
	return []event.Variable{field("QUEUENAME", q.name), field("QUEUEMAX", number(q.settings.maxLength)), field("QUEUESTRATEGY", q.settings.strategy.String()),
		field("QUEUECALLS", number(len(q.entries))), field("QUEUEHOLDTIME", number(q.holdTime)), field("QUEUETALKTIME", number(q.talkTime)),
		field("QUEUECOMPLETED", number(q.completed)), field("QUEUEABANDONED", number(q.abandoned)),
		field("QUEUESRVLEVEL", number(int(q.settings.serviceLevel/seconds))), field("QUEUESRVLEVELPERF", percent(share))}
}

func percent(share float64) string { return strconv.FormatFloat(share, 'f', 1, 64) }
