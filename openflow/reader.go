package openflow

import (
	"bytes"
	"encoding/binary"
)

// A reader walks over a message. Its first error stays, and all that is read
// after it is zero, so that generated code need not ask each time.
type reader struct {
	b   []byte // up to the end of the part that is being read
	off int
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.off = len(r.b)
}

// take returns the next n bytes, nil if there are not so many.
func (r *reader) take(n int) []byte {
	if n < 0 || len(r.b)-r.off < n {
		r.fail(ErrShort)
		return nil
	}
	r.off += n
	return r.b[r.off-n : r.off]
}

func (r *reader) more() bool { return r.off < len(r.b) }
func (r *reader) skip(n int) { r.take(n) }
func (r *reader) u8() (v uint8) {
	if b := r.take(1); b != nil {
		v = b[0]
	}
	return v
}

func (r *reader) u16() (v uint16) {
	if b := r.take(2); b != nil {
		v = binary.BigEndian.Uint16(b)
	}
	return v
}

func (r *reader) u32() (v uint32) {
	if b := r.take(4); b != nil {
		v = binary.BigEndian.Uint32(b)
	}
	return v
}

func (r *reader) u64() (v uint64) {
	if b := r.take(8); b != nil {
		v = binary.BigEndian.Uint64(b)
	}
	return v
}

// bytes returns n bytes of the buffer, to be copied at once.
func (r *reader) bytes(n int) []byte { return r.take(n) }

// rest returns a copy of what is left.
func (r *reader) rest() []byte {
	b := r.take(len(r.b) - r.off)
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}

// text reads a string of n bytes that ends at its first zero.
func (r *reader) text(n int) string {
	b := r.take(n)
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// within ends what is read after n bytes more; restore with what it returns
// goes on behind them.
func (r *reader) within(n int) (outer []byte) {
	outer = r.b
	if n < 0 || len(r.b)-r.off < n {
		r.fail(ErrShort)
		return outer
	}
	r.b = r.b[:r.off+n]
	return outer
}

// limit does the same for a struct that began before bytes ago and whose length
// is the 16 bits that come next.
func (r *reader) limit(before int) (outer []byte) {
	outer = r.b
	if len(r.b)-r.off < 2 {
		r.fail(ErrShort)
		return outer
	}
	n := int(binary.BigEndian.Uint16(r.b[r.off:]))
	if n < before+2 || r.off-before+n > len(r.b) {
		r.fail(ErrShort)
		return outer
	}
	r.b = r.b[:r.off-before+n]
	return outer
}

func (r *reader) restore(outer []byte) {
	if r.err == nil {
		r.off = len(r.b)
	} else {
		r.off = len(outer)
	}
	r.b = outer
}

func appendString(b []byte, s string, size int) []byte {
	if len(s) >= size {
		s = s[:size-1] // a zero always ends it
	}
	b = append(b, s...)
	for range size - len(s) {
		b = append(b, 0)
	}
	return b
}
