package phone

import (
	"crypto/rand"
	"encoding/hex"
)

// randomID returns 32 hexadecimal digits that nobody can guess.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return hex.EncodeToString(b[:])
}
