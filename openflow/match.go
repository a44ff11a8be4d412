package openflow

import (
	"encoding/binary"
	"strings"
)

// A Match is what a packet must be, §7.2.2: all fields together. Fields that
// others need (EthType before IPProto) stand before them; Sort does that.
type Match []Field

func (m Match) append(b []byte) []byte {
	start := len(b)
	b = append(b, 0, 1, 0, 0)
	for _, f := range m {
		b = f.encode(b)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return pad8(b, start)
}

func (m *Match) decode(r *reader) {
	start := r.off
	if r.u16() != 1 {
		r.fail(ErrMatch)
		return
	}
	end := r.limit(2)
	r.skip(2)
	for r.more() {
		var f Field
		f.read(r)
		if r.err == nil {
			*m = append(*m, f)
		}
	}
	r.restore(end)
	if n := (8 - (r.off-start)%8) % 8; r.err == nil {
		r.skip(n)
	}
}

// Get returns the field of a type.
func (m Match) Get(t FieldType) (Field, bool) {
	for _, f := range m {
		if f.Class == t.Class && f.Number == t.Number {
			return f, true
		}
	}
	return Field{}, false
}

// Sort puts the fields in the order of their numbers, which is one in which
// every field stands behind those that it needs.
func (m Match) Sort() {
	for i := 1; i < len(m); i++ {
		for j := i; j > 0 && m[j].before(m[j-1]); j-- {
			m[j], m[j-1] = m[j-1], m[j]
		}
	}
}

// String is the fields as name=value/mask, joined by commas.
func (m Match) String() string {
	parts := make([]string, len(m))
	for i, f := range m {
		parts[i] = f.String()
	}
	return strings.Join(parts, ",")
}
