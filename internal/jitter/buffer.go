package jitter

import (
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// A Packet is a piece of sound and its place among the others.
type Packet struct {
	// At is when the sender took it, on the sender's clock: see [Clock].
	At time.Duration
	// Length is how much sound it holds.
	Length time.Duration
	Frame  media.Frame
}

// Verdict is what became of a packet.
type Verdict uint8

// The verdicts of Put.
const (
	Queued Verdict = iota
	Late
	Twice
)

// Stats count what a buffer saw.
type Stats struct {
	Received, Played uint64
	// Late came when their place had passed, Twice were there already.
	Late, Twice uint64
	// Skipped were left out as too much waited.
	Skipped uint64
	// Lost are the gaps in what was played, in packets; those that came late or were left out are among them.
	Lost uint64
	// Resyncs is how often it began anew.
	Resyncs uint64
	// Delay is the time between a packet that took the shortest way and its turn.
	Delay time.Duration
}

// A Buffer holds packets back until it is their turn.
//
// A packet's place is At + offset; its turn is place + shift on our clock. So
// beginning anew is another offset, and changing the delay another shift, and what
// is queued keeps its order through both.
type Buffer struct {
	config  Config
	queue   []Packet // by place, which is what their At holds
	begun   bool
	renewed bool // the next packet is of another clock
	played  bool // since it began anew
	offset  time.Duration
	shift   time.Duration
	next    time.Duration // the place behind what was played last
	ways    ways
	late    int           // in a row
	since   time.Duration // when the first of those came
	stats   Stats
}

// lateRun is how many packets come late in a row, one after the other and not all at
// once, before the buffer takes it that the clocks have drifted apart, or that the
// sender's stood still while nobody talked.
const lateRun = 5

// pause is the gap from which on it is a pause, not a loss.
const pause = 500 * time.Millisecond

// New returns an empty buffer.
func New(c Config) *Buffer { return &Buffer{config: c} }

// Config returns what the buffer was made with.
func (b *Buffer) Config() Config { return b.config }

// Stats returns what it saw so far.
func (b *Buffer) Stats() Stats {
	s := b.stats
	s.Delay = b.Delay()
	return s
}

// Delay is how long a packet that takes the shortest way waits.
func (b *Buffer) Delay() time.Duration {
	if !b.begun {
		return b.start()
	}
	return b.shift - b.ways.shortest()
}

// start is the delay to begin with.
func (b *Buffer) start() time.Duration {
	if b.config.Kind == Adaptive {
		return min(b.config.TargetExtra, b.config.MaxSize)
	}
	return b.config.MaxSize
}

// Put takes a packet that has arrived now.
func (b *Buffer) Put(p Packet, now time.Duration) Verdict {
	b.stats.Received++
	p.At += b.offset
	if !b.begun {
		b.begun, b.played = true, false
		b.shift, b.next = now+b.start()-p.At, p.At
		b.ways.reset()
	} else if b.renewed || b.jumped(now-p.At) || b.late >= lateRun && now-b.since >= lateRun*p.Length/2 {
		p.At = b.restart(p.At, now)
	}
	b.skip(now-p.At, now)
	b.measure(now-p.At, p.At)
	switch i, there := slices.BinarySearchFunc(b.queue, p, byPlace); {
	case p.At < b.next && b.played, b.turn(p)+p.Length <= now:
		if b.late == 0 {
			b.since = now
		}
		b.late++
		b.stats.Late++
		return Late
	case there:
		b.stats.Twice++
		return Twice
	default:
		b.late = 0
		b.next = min(b.next, p.At)
		b.queue = slices.Insert(b.queue, i, p)
		return Queued
	}
}

func byPlace(a, b Packet) int {
	switch {
	case a.At < b.At:
		return -1
	case a.At > b.At:
		return 1
	}
	return 0
}

func (b *Buffer) turn(p Packet) time.Duration { return p.At + b.shift }

// jumped tells whether a packet that took a way is none of those before it.
func (b *Buffer) jumped(way time.Duration) bool {
	return (way - b.ways.shortest()).Abs() > b.config.Resync
}

// skip makes the delay what it was in the beginning where a sender whose clock is
// faster has filled the buffer. What would have been heard in between is left out.
func (b *Buffer) skip(way, now time.Duration) {
	most := 2 * b.config.MaxSize
	if b.config.Kind == Adaptive {
		most += b.config.Resync // it shrinks by and by
	}
	if b.shift-way <= most {
		return
	}
	b.shift = way + b.start()
	for len(b.queue) > 0 && b.turn(b.queue[0])+b.queue[0].Length <= now {
		b.take()
		b.stats.Skipped++
	}
}

// restart gives a packet a new place, behind all that are queued, and those after it
// with it.
func (b *Buffer) restart(at, now time.Duration) (place time.Duration) {
	b.stats.Resyncs++
	place = max(now+b.start()-b.shift, b.next)
	if n := len(b.queue); n > 0 {
		place = max(place, b.queue[n-1].At+b.queue[n-1].Length)
	} else {
		b.next, b.played = place, false
	}
	b.offset += place - at
	b.late, b.renewed = 0, false
	b.ways.reset()
	return place
}

// measure learns from the way that a packet took.
func (b *Buffer) measure(way, place time.Duration) {
	b.ways.add(way)
	if b.config.Kind != Adaptive {
		return
	}
	target := b.target()
	if target > b.shift || len(b.queue) == 0 && place-b.next > pause {
		b.shift = target // nobody hears a change in a pause
	}
}

// target is the shift that an adaptive buffer aims at.
func (b *Buffer) target() time.Duration {
	return b.ways.shortest() + min(b.ways.spread()+b.config.TargetExtra, b.config.MaxSize)
}

// Next returns when it is the turn of the first packet, and false where there is none.
func (b *Buffer) Next() (due time.Duration, ok bool) {
	if len(b.queue) == 0 {
		return 0, false
	}
	return b.turn(b.queue[0]), true
}

// Get hands out the first packet if it is its turn.
func (b *Buffer) Get(now time.Duration) (p Packet, ok bool) {
	if due, some := b.Next(); !some || due > now {
		return Packet{}, false
	}
	p = b.take()
	if gap := p.At - b.next; gap > 0 && gap < pause && p.Length > 0 {
		b.stats.Lost += uint64((gap + p.Length/2) / p.Length)
	}
	b.next, b.played = p.At+p.Length, true
	b.stats.Played++
	if b.config.Kind == Adaptive {
		b.shrink(p.Length)
	}
	return p, true
}

// shrink takes a little of a delay that is too long, and more of one that is longer
// than allowed. What is less than a packet too long stays as it is.
func (b *Buffer) shrink(length time.Duration) {
	step := length / 10
	if b.Delay() > b.config.MaxSize {
		step = length / 2
	}
	if excess := b.shift - b.target(); excess > length {
		b.shift -= min(excess, step)
	}
}

// Renew has the buffer begin anew with the next packet, whose times are those of
// another clock.
func (b *Buffer) Renew() { b.renewed = b.begun }

// Drain hands out what is left, whose turn it is or not.
func (b *Buffer) Drain() []Packet {
	list := b.queue
	b.queue, b.begun = nil, false
	return list
}

func (b *Buffer) take() Packet {
	p := b.queue[0]
	n := copy(b.queue, b.queue[1:])
	b.queue[n] = Packet{}
	b.queue = b.queue[:n]
	return p
}
