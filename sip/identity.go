package sip

import (
	"crypto/rand"
	"sync"
)

// entropy hands out random bytes that are fetched in batches: each transaction
// needs some. It may be used concurrently.
type entropy struct {
	mu   sync.Mutex // a leaf
	pool [4096]byte
	left int
}

var random entropy

// text returns a prefix and n random bytes, at most 16, in hexadecimal.
func (e *entropy) text(prefix string, n int) string {
	const digits = "0123456789abcdef"
	var b [64]byte
	end := copy(b[:], prefix)
	e.mu.Lock()
	if e.left < n {
		_, _ = rand.Read(e.pool[:]) // never fails, see crypto/rand
		e.left = len(e.pool)
	}
	e.left -= n
	for _, c := range e.pool[e.left : e.left+n] {
		b[end], b[end+1] = digits[c>>4], digits[c&15]
		end += 2
	}
	e.mu.Unlock()
	return string(b[:end])
}

// MagicCookie starts the branches of RFC 3261.
const MagicCookie = "z9hG4bK"

// NewBranch returns a branch that no other transaction has, with 96 random bits.
func NewBranch() string { return random.text(MagicCookie, 12) }

// NewTag returns a tag, with 64 random bits.
func NewTag() string { return random.text("", 8) }

// NewCallID returns a Call-ID, with 128 random bits in the form of a UUID (RFC 9562 §4),
// which is what people look for in their logs.
func NewCallID() string {
	s := random.text("", 16)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
