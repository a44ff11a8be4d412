package config

import (
	"encoding/binary"
	"encoding/hex"
)

// Bytes are the value of the TLV: three bytes of the organisation, one of the
// subtype, and the information, which may be written as text or as hexadecimal
// digits.
func (t OrgTLV) Bytes() []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(t.OUI.Number))[1:]
	b = append(b, byte(t.Subtype.Number))
	if raw, err := hex.DecodeString(t.Info.Text); err == nil {
		return append(b, raw...)
	}
	return append(b, t.Info.Text...)
}
