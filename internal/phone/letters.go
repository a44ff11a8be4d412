package phone

import "crypto/rand"

// fiveLetters is a name within one message: of a boundary, a body, an instance.
func fiveLetters() string {
	var b [5]byte
	_, _ = rand.Read(b[:])
	for i := range b {
		b[i] = 'a' + b[i]%26
	}
	return string(b[:])
}
