package sip

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
)

// entropy hands out random bytes that are fetched in batches: each transaction
// needs some.
type entropy struct {
	mu   sync.Mutex
	pool [4096]byte
	left int
}

var random entropy

func (e *entropy) hex(n int) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left < n {
		_, _ = rand.Read(e.pool[:]) // never fails, see crypto/rand
		e.left = len(e.pool)
	}
	e.left -= n
	return hex.EncodeToString(e.pool[e.left : e.left+n])
}

// MagicCookie starts the branches of RFC 3261.
const MagicCookie = "z9hG4bK"

// NewBranch returns a branch that no other transaction has.
func NewBranch() string { return MagicCookie + random.hex(12) }

// NewTag returns a tag, with 64 random bits.
func NewTag() string { return random.hex(8) }

// NewCallID returns a Call-ID.
func NewCallID() string { return random.hex(16) }
