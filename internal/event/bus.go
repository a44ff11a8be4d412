package event

import (
	"sync"
	"sync/atomic"
	"time"
)

// An Event is one of this package's event structs.
type Event interface{ Kind() Kind }

// A Stamped event is one with its place in history.
type Stamped struct {
	Seq  uint64 // counts from 1, without gaps, across all events that were published
	Time time.Time
	Event
}

// A Bus carries events from the core to the encoders of the interfaces.
//
// Publish calls the encoders one after the other in the order in which they
// subscribed, and one event at a time, so that everybody sees one order. An
// encoder must do no I/O, must not wait and must not publish: what it has to tell
// itself it hands to Follow.
type Bus struct {
	mu       sync.Mutex // orders publications; held while encoders run, which is why they may not wait
	seq      uint64
	wanted   [kinds]atomic.Int32
	encoders []*subscription
	follow   []Event
	now      func() time.Time
}

type subscription struct {
	kinds  Set
	encode func(Stamped)
}

// NewBus returns a bus to which nobody listens.
func NewBus() *Bus { return &Bus{now: time.Now} }

// Wants reports whether somebody listens to events of this kind. A publisher
// that has work to build an event asks first.
func (b *Bus) Wants(k Kind) bool { return b.wanted[k].Load() > 0 }

// Withhold has nobody hear of a kind from now on, whoever listens.
func (b *Bus) Withhold(k Kind) { b.wanted[k].Add(-1 << 30) }

// Publish hands an event to all encoders that want its kind.
func (b *Bus) Publish(e Event) {
	k := e.Kind()
	if b.wanted[k].Load() <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tell(e)
	for len(b.follow) > 0 {
		next := b.follow
		b.follow = nil
		for _, e := range next {
			b.tell(e)
		}
	}
}

// tell calls the encoders; b.mu is held.
func (b *Bus) tell(e Event) {
	k := e.Kind()
	if b.wanted[k].Load() <= 0 {
		return
	}
	b.seq++
	s := Stamped{Seq: b.seq, Time: b.now(), Event: e}
	for _, sub := range b.encoders {
		if sub.kinds.Has(k) {
			sub.encode(s)
		}
	}
}

// Follow has an event published right behind the one that is being encoded. Only
// an encoder may call it, while it encodes: a call record follows the end of its leg.
func (b *Bus) Follow(e Event) {
	if b.Wants(e.Kind()) {
		b.follow = append(b.follow, e)
	}
}

// Subscribe adds an encoder for the kinds and returns what removes it. After
// cancel has returned the encoder is not called again.
func (b *Bus) Subscribe(kinds Set, encode func(Stamped)) (cancel func()) {
	sub := &subscription{kinds: kinds, encode: encode}
	b.mu.Lock()
	b.encoders = append(b.encoders[:len(b.encoders):len(b.encoders)], sub)
	b.mu.Unlock()
	b.count(kinds, 1)
	var once sync.Once
	return func() { once.Do(func() { b.remove(sub) }) }
}

func (b *Bus) remove(sub *subscription) {
	b.count(sub.kinds, -1)
	b.mu.Lock()
	defer b.mu.Unlock()
	rest := make([]*subscription, 0, len(b.encoders))
	for _, other := range b.encoders {
		if other != sub {
			rest = append(rest, other)
		}
	}
	b.encoders = rest
}

func (b *Bus) count(set Set, by int32) {
	for k := Kind(0); k < kinds; k++ {
		if set.Has(k) {
			b.wanted[k].Add(by)
		}
	}
}

// Set is a set of kinds.
type Set [2]uint64

// All is the set of every kind.
var All = Set{^uint64(0), ^uint64(0)}

// Kinds returns the set of the given kinds.
func Kinds(list ...Kind) Set {
	var s Set
	for _, k := range list {
		s[k>>6] |= 1 << (k & 63)
	}
	return s
}

// Has reports whether the set contains the kind.
func (s Set) Has(k Kind) bool { return s[k>>6]&(1<<(k&63)) != 0 }
