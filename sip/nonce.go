package sip

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"sync"
	"sync/atomic"
	"time"
)

// Nonces makes and checks nonces: the time and its HMAC, so that nothing has to
// be kept for those that are never used, and beside them the counts that were
// used, against replays. It may be used concurrently.
type Nonces struct {
	macs sync.Pool // of *nonceMAC, with the key
	life time.Duration
	most int // entries in each of used and older
	seq  atomic.Uint64

	mu    sync.Mutex // a leaf
	used  map[nonceID]nonceUse
	older map[nonceID]nonceUse // of the turn before; the two are dropped in turn
	turn  time.Time            // when used was begun
	floor time.Time            // nonces from before it are too old, unless they are still in a map
}

// A nonceID is the time in milliseconds, 6 bytes, and a number.
type nonceID [12]byte

// A nonceUse is which counts of a nonce were seen: bit i stands for high-i, and
// all that is lower counts as seen.
type nonceUse struct {
	high uint32
	seen uint64
}

// maxNonces is how many nonces in use are kept for each half of the memory, about
// 40 bytes each. When there are more, the oldest are forgotten early, and nonces
// from that time are stale: memory is bounded and nothing can be replayed, but
// some clients are asked once more.
const maxNonces = 65536

const (
	nonceMACSize = 12
	nonceLength  = 2 * (len(nonceID{}) + nonceMACSize)
)

// NewNonces returns nonces that are good for a time, with a key of their own.
func NewNonces(life time.Duration) *Nonces {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	return NewNoncesWithKey(life, key)
}

// NewNoncesWithKey returns nonces that others with the same key take for theirs:
// after a restart, or on another machine. Replays are found by each for itself.
func NewNoncesWithKey(life time.Duration, key []byte) *Nonces {
	n := &Nonces{life: life, most: maxNonces, used: map[nonceID]nonceUse{}, turn: time.Now()}
	key = bytes.Clone(key)
	n.macs.New = func() any { return &nonceMAC{hash: hmac.New(sha256.New, key)} }
	var start [8]byte
	_, _ = rand.Read(start[:])
	for _, b := range start {
		n.seq.Store(n.seq.Load()<<8 | uint64(b))
	}
	return n
}

// New returns a fresh nonce.
func (n *Nonces) New() string {
	var b [len(nonceID{}) + nonceMACSize]byte
	now, seq := uint64(time.Now().UnixMilli()), n.seq.Add(1)
	for i := range 6 {
		b[i], b[6+i] = byte(now>>(40-8*i)), byte(seq>>(40-8*i))
	}
	mac := n.mac(nonceID(b[:]))
	copy(b[len(nonceID{}):], mac[:])
	return hexText(b[:])
}

// A nonceMAC is the hash, and room for what goes in and comes out: what an
// interface gets lies on the heap.
type nonceMAC struct {
	hash hash.Hash
	id   nonceID
	sum  [sha256.Size]byte
}

func (n *Nonces) mac(id nonceID) (mac [nonceMACSize]byte) {
	m := n.macs.Get().(*nonceMAC)
	m.id = id
	m.hash.Reset()
	m.hash.Write(m.id[:])
	copy(mac[:], m.hash.Sum(m.sum[:0]))
	n.macs.Put(m)
	return mac
}

// read takes a nonce apart that is ours.
func (n *Nonces) read(nonce string) (id nonceID, made time.Time, ok bool) {
	var b [nonceLength / 2]byte
	if len(nonce) != nonceLength {
		return id, made, false
	}
	var digits [nonceLength]byte
	copy(digits[:], nonce)
	if _, err := hex.Decode(b[:], digits[:]); err != nil {
		return id, made, false
	}
	copy(id[:], b[:])
	want := n.mac(id)
	if subtle.ConstantTimeCompare(want[:], b[len(id):]) != 1 {
		return id, made, false
	}
	var ms int64
	for _, c := range id[:6] {
		ms = ms<<8 | int64(c)
	}
	return id, time.UnixMilli(ms), true
}

// Valid reports whether a nonce is ours and young enough; stale is one that is
// ours and was good once.
func (n *Nonces) Valid(nonce string) (ok, stale bool) {
	_, made, ours := n.read(nonce)
	if !ours {
		return false, false
	}
	ok = n.young(made)
	return ok, !ok
}

func (n *Nonces) young(made time.Time) bool {
	age := time.Since(made)
	return age < n.life && age > -n.life
}

// Use notes that a nonce was used with a count, and reports whether that is new;
// if not, the request is to be challenged again, with stale. Counts may come out
// of order, up to 64 late. A count of 0 (credentials without qop, which have none)
// uses the nonce up. It is false for a nonce that is not Valid, too. Call it when
// the credentials are proven.
func (n *Nonces) Use(nonce string, count uint32) bool {
	id, made, ours := n.read(nonce)
	if !ours || !n.young(made) {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := time.Now(); now.Sub(n.turn) > n.life || len(n.used) >= n.most {
		n.older, n.used = n.used, make(map[nonceID]nonceUse)
		n.floor, n.turn = n.turn, now
	}
	use, known := n.used[id]
	if !known {
		if use, known = n.older[id]; !known && made.Before(n.floor.Truncate(time.Millisecond)) {
			return false // it may have been forgotten
		}
	}
	if !use.take(count, known) {
		return false
	}
	n.used[id] = use
	return true
}

// take marks a count as seen, and reports whether it was not yet.
func (u *nonceUse) take(count uint32, known bool) bool {
	switch {
	case count == 0:
		if known {
			return false
		}
		u.high, u.seen = 1<<32-1, 1<<64-1
	case count > u.high:
		u.seen = u.seen<<min(count-u.high, 64) | 1
		u.high = count
	default:
		late := u.high - count
		if late >= 64 || u.seen&(1<<late) != 0 {
			return false
		}
		u.seen |= 1 << late
	}
	return true
}
