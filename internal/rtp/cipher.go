package rtp

// A Cipher protects packets of one direction (SRTP, RFC 3711). It is used by
// one goroutine at a time for opening, and may be used by several for sealing.
type Cipher interface {
	// OpenRTP and OpenRTCP check and decipher a datagram in place and return
	// the plain part of it.
	OpenRTP(b []byte) ([]byte, error)
	OpenRTCP(b []byte) ([]byte, error)
	// SealRTP and SealRTCP encipher a packet in place. b has room for
	// cipherRoom more bytes.
	SealRTP(b []byte) ([]byte, error)
	SealRTCP(b []byte) ([]byte, error)
}

// cipherRoom is what sealing may add: the longest tag, the index of SRTCP and a
// key identifier.
const cipherRoom = 32

// SetCipher protects what is sent and opens what is received; nil is in the clear.
func (s *Session) SetCipher(in, out Cipher) {
	s.change(func(r *route) { r.in, r.out = in, out })
}
