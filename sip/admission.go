package sip

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// An admission holds a token bucket for each source address in a table of fixed
// size: sets of a few, of which the one longest quiet gives way. A source that
// gives way begins with a full bucket again.
type admission struct {
	rate, burst float64 // messages a second, messages
	offence     float64 // messages
	trusted     func(netip.Addr) bool
	seed        maphash.Seed
	locks       [64]sync.Mutex // leaves, set n by lock n%64
	sets        [][ways]bucket
}

const ways = 4

type bucket struct {
	addr   netip.Addr
	tokens float64
	at     int64 // ns
}

// newAdmission returns nil where nothing is limited.
func newAdmission(l *Limits) *admission {
	if l.PerSource < 0 {
		return nil
	}
	return &admission{rate: float64(l.PerSource), burst: float64(max(l.Burst, 1)), offence: float64(l.Offence), trusted: l.Trusted,
		seed: maphash.MakeSeed(), sets: make([][ways]bucket, max(l.Sources/ways, 1))}
}

// admit reports whether a source may send one more message now.
func (a *admission) admit(addr netip.Addr) bool {
	if a == nil || a.trusted != nil && a.trusted(addr) {
		return true
	}
	addr = sourceOf(addr)
	set, lock := a.set(addr)
	lock.Lock()
	defer lock.Unlock()
	now := time.Now().UnixNano()
	if b := find(set, addr); b != nil {
		b.tokens = min(a.burst, b.tokens+float64(now-b.at)/1e9*a.rate)
		b.at = now
		if b.tokens < 1 {
			return false
		}
		b.tokens--
		return true
	}
	oldest := &set[0]
	for i := range set {
		if set[i].at < oldest.at {
			oldest = &set[i]
		}
	}
	*oldest = bucket{addr: addr, tokens: a.burst - 1, at: now}
	return true
}

// offend takes what an offence costs from a source, and forgive gives it back.
// Nobody falls behind by more than what comes back within a second.
func (a *admission) offend(addr netip.Addr)  { a.change(addr, -1) }
func (a *admission) forgive(addr netip.Addr) { a.change(addr, 1) }

func (a *admission) change(addr netip.Addr, sign float64) {
	if a == nil || a.offence <= 0 {
		return
	}
	addr = sourceOf(addr)
	set, lock := a.set(addr)
	lock.Lock()
	defer lock.Unlock()
	if b := find(set, addr); b != nil {
		b.tokens = min(a.burst, max(-a.rate, b.tokens+sign*a.offence))
	}
}

// set returns where an address is kept, and the lock of that.
func (a *admission) set(addr netip.Addr) (*[ways]bucket, *sync.Mutex) {
	n := maphash.Comparable(a.seed, addr) % uint64(len(a.sets))
	return &a.sets[n], &a.locks[n%uint64(len(a.locks))]
}

func find(set *[ways]bucket, addr netip.Addr) *bucket {
	for i := range set {
		if set[i].addr == addr {
			return &set[i]
		}
	}
	return nil
}

// sourceOf returns what counts as one source: an IPv4 address, or the network of
// an IPv6 address, out of which a single peer can have any number of addresses.
func sourceOf(addr netip.Addr) netip.Addr {
	if addr.Is4() {
		return addr
	}
	network, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return addr
	}
	return network.Addr()
}
