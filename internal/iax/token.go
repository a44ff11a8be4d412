package iax

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// tokenLife is how long a call token holds.
const tokenLife = 10 * time.Second

// A mint makes call tokens: who shows one gets packets at the address from which it calls.
// Nothing is kept for a token.
type mint struct{ secret [32]byte }

func newMint() mint {
	var m mint
	_, _ = rand.Read(m.secret[:]) // never fails
	return m
}

func (m *mint) make(to netip.AddrPort, now time.Time) string {
	stamp := strconv.FormatInt(now.Unix(), 10)
	return stamp + "?" + m.sum(to, stamp)
}

func (m *mint) holds(token string, from netip.AddrPort, now time.Time) bool {
	stamp, sum, ok := strings.Cut(token, "?")
	made, err := strconv.ParseInt(stamp, 10, 64)
	if !ok || err != nil || !hmac.Equal([]byte(sum), []byte(m.sum(from, stamp))) {
		return false
	}
	age := now.Sub(time.Unix(made, 0))
	return age >= -time.Second && age <= tokenLife
}

func (m *mint) sum(at netip.AddrPort, stamp string) string {
	h := hmac.New(sha256.New, m.secret[:])
	h.Write([]byte(at.String() + "\n" + stamp))
	return hex.EncodeToString(h.Sum(nil)[:20])
}
