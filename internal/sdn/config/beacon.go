package config

import (
	"encoding/binary"
	"encoding/hex"
)

// Bytes are the value of the TLV: three bytes of the organisation, one of the
// subtype, and the information, which may be written as text or as hexadecimal
// digits.
func (t OrgTLV) Bytes() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(t.OUI.number()))[1:]
	b = append(b, byte(t.Subtype.number()))
	if t.Info.IsInt {
		return append(b, []byte(t.Info.String())...)
	}
	if raw, err := hex.DecodeString(t.Info.Text); err == nil {
		return append(b, raw...)
	}
	return append(b, t.Info.Text...)
}

// number is an integer, or one that is written as hexadecimal digits.
func (r *Ref) number() int64 {
	if r.IsInt {
		return r.Number
	}
	raw, err := hex.DecodeString(r.Text)
	if err != nil {
		return 0
	}
	n := int64(0)
	for _, b := range raw {
		n = n<<8 | int64(b)
	}
	return n
}
