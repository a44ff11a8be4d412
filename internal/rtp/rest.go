package rtp

import (
	"net/netip"
	"slices"
	"time"
)

// Sockets that a call has left stay bound for a while, for the next call: to make, bind and
// watch the four of a call and to close them again is a tenth of what a call costs.
const (
	// restSilent is how long nothing may have come before a pair is used again: the
	// packets of a phone that has not heard of its call's end come every 20 ms.
	restSilent = 500 * time.Millisecond
	// restMost is how long a pair stays that nobody takes, and restIdle how long all do
	// once there is no call any more.
	restMost = 1500 * time.Millisecond
	restIdle = 100 * time.Millisecond
	// restPairs bounds how many stay.
	restPairs = 256
)

// pair is two sockets that are bound, and nobody's.
type pair struct {
	port    uint16
	since   int64 // when it was left, as now tells it
	sockets       // of the system
}

// rest holds the pairs that nobody uses, by local address, those that were left first at
// the front.
type rest struct {
	pairs map[netip.Addr][]*pair
	all   int
}

func (r *rest) count(local netip.Addr) int { return len(r.pairs[local]) }

// put keeps a pair, unless there are enough or it can't be kept.
func (r *rest) put(local netip.Addr, b *pair) bool {
	if r.all >= restPairs || !b.whole() {
		return false
	}
	if r.pairs == nil {
		r.pairs = map[netip.Addr][]*pair{}
	}
	b.since = now()
	r.pairs[local] = append(r.pairs[local], b)
	r.all++
	return true
}

// take returns the pair that was left first, if it has been silent for long enough or, with
// last, there is no other port.
func (r *rest) take(local netip.Addr, last bool, now int64) *pair {
	pairs := r.pairs[local]
	if len(pairs) == 0 {
		return nil
	}
	b := pairs[0]
	if !last && now-max(b.since, b.heard()) < int64(restSilent) {
		return nil
	}
	r.drop(local, 1)
	return b
}

// over takes out the pairs that were left at a time or before it.
func (r *rest) over(then int64) map[netip.Addr][]*pair {
	over := map[netip.Addr][]*pair{}
	for local, pairs := range r.pairs {
		n := 0
		for n < len(pairs) && pairs[n].since <= then {
			n++
		}
		over[local] = slices.Clone(pairs[:n])
		r.drop(local, n)
	}
	return over
}

// drop forgets the first n pairs of an address.
func (r *rest) drop(local netip.Addr, n int) {
	pairs := r.pairs[local]
	clear(pairs[:n])
	r.pairs[local] = pairs[n:]
	if r.all -= n; len(pairs) == n {
		delete(r.pairs, local)
	}
}
