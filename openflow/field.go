package openflow

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
)

// ErrMatch says that a match or field is not of the OXM form.
var ErrMatch = errors.New("openflow: not an OXM match")

// A Field is a field of a packet with a value, §7.2.3: in a match perhaps with a
// mask. It is comparable. Made by the methods of FieldType.
type Field struct {
	Class  uint16
	Number uint8
	Size   uint8 // bytes of the value
	masked bool
	value  [16]byte
	mask   [16]byte
	long   string // payload of fields that are longer, or of experimenters
}

// Uint is the field with a value of up to eight bytes.
func (t FieldType) Uint(v uint64) Field {
	f := t.empty()
	put(f.value[:t.Size], v)
	return f
}

// Masked is the field with the bits of mask.
func (t FieldType) Masked(v, mask uint64) Field {
	f := t.Uint(v & mask)
	put(f.mask[:t.Size], mask)
	f.masked = true
	return f
}

// Bytes is the field with these bytes, and with a mask unless that is nil. What
// is too short is filled with zeros in front.
func (t FieldType) Bytes(v, mask []byte) Field {
	f := t.empty()
	right(f.value[:t.Size], v)
	if mask != nil {
		f.masked = true
		right(f.mask[:t.Size], mask)
		for i := range f.value {
			f.value[i] &= f.mask[i]
		}
	}
	return f
}

// MAC is the field with an Ethernet address.
func (t FieldType) MAC(a [6]byte) Field { return t.Bytes(a[:], nil) }

// Addr is the field with an IP address.
func (t FieldType) Addr(a netip.Addr) Field { return t.Bytes(a.AsSlice(), nil) }

// Prefix is the field with a network; a whole address has no mask.
func (t FieldType) Prefix(p netip.Prefix) Field {
	if p.Bits() == p.Addr().BitLen() {
		return t.Addr(p.Addr())
	}
	mask := make([]byte, p.Addr().BitLen()/8)
	for i := range p.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return t.Bytes(p.Addr().AsSlice(), mask)
}

func (t FieldType) empty() Field { return Field{Class: t.Class, Number: t.Number, Size: t.Size} }

func put(b []byte, v uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i], v = byte(v), v>>8
	}
}

func right(to, from []byte) {
	if len(from) > len(to) {
		from = from[len(from)-len(to):]
	}
	copy(to[len(to)-len(from):], from)
}

// Uint is the value as a number; its last eight bytes if there are more.
func (f Field) Uint() (v uint64) {
	for _, b := range f.value[:min(int(f.Size), 16)] {
		v = v<<8 | uint64(b)
	}
	return v
}

// Value is the value's bytes.
func (f Field) Value() []byte { return append([]byte(nil), f.value[:min(int(f.Size), 16)]...) }

// Mask is the mask's bytes, and whether there is one.
func (f Field) Mask() ([]byte, bool) {
	return append([]byte(nil), f.mask[:min(int(f.Size), 16)]...), f.masked
}

// MAC is the value as an Ethernet address.
func (f Field) MAC() (a [6]byte) {
	copy(a[:], f.value[:6])
	return a
}

// Addr is the value as an IP address.
func (f Field) Addr() netip.Addr {
	a, _ := netip.AddrFromSlice(f.Value())
	return a
}

// Is says whether the field is of type t.
func (f Field) Is(t FieldType) bool { return f.Class == t.Class && f.Number == t.Number }

func (f Field) before(g Field) bool {
	if f.Class != g.Class {
		return f.Class > g.Class // the standard's own first: 0x8000
	}
	return f.Number < g.Number
}

// encode writes the field as the element of a match; append, for a SetField,
// comes to the same.
func (f Field) encode(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, f.Class)
	number := f.Number << 1
	if f.masked {
		number |= 1
	}
	if f.long != "" {
		return append(append(b, number, byte(len(f.long))), f.long...)
	}
	if f.masked {
		b = append(b, number, 2*f.Size)
		b = append(b, f.value[:f.Size]...)
		return append(b, f.mask[:f.Size]...)
	}
	return append(append(b, number, f.Size), f.value[:f.Size]...)
}

func (f Field) append(b []byte) []byte { return f.encode(b) }

func (f *Field) read(r *reader) {
	f.Class = r.u16()
	number := r.u8()
	f.Number, f.masked = number>>1, number&1 != 0
	n := int(r.u8())
	payload := r.bytes(n)
	if r.err != nil {
		return
	}
	size := n
	if f.masked {
		size /= 2
	}
	if size > 16 || f.masked && n%2 != 0 || f.Class == 0xffff || size == 0 {
		f.Size, f.long = uint8(size), string(payload)
		return
	}
	f.Size = uint8(size)
	copy(f.value[:], payload[:size])
	if f.masked {
		copy(f.mask[:], payload[size:])
	}
}

// decode reads the field of a SetField, with the padding behind it.
func (f *Field) decode(r *reader) {
	f.read(r)
	r.rest()
}

// String is name=value or name=value/mask.
func (f Field) String() string {
	t, known := fieldTypes[uint32(f.Class)<<8|uint32(f.Number)]
	if !known || f.long != "" {
		return fmt.Sprintf("%#x:%d=%s", f.Class, f.Number, hex.EncodeToString(append([]byte(f.long), f.value[:min(f.Size, 16)]...)))
	}
	s := t.Name + "=" + t.text(f.value[:f.Size])
	if f.masked {
		s += "/" + t.text(f.mask[:f.Size])
	}
	return s
}

func (t FieldType) text(b []byte) string {
	switch t.kind {
	case macField:
		return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5])
	case addrField:
		a, _ := netip.AddrFromSlice(b)
		return a.String()
	case hexField:
		return "0x" + hex.EncodeToString(b)
	}
	var v uint64
	for _, x := range b {
		v = v<<8 | uint64(x)
	}
	return strconv.FormatUint(v, 10)
}
