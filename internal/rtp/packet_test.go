package rtp

import (
	"bytes"
	"testing"

	pion "github.com/pion/rtp"
)

func TestParse(t *testing.T) {
	head := []byte{0x80, 0x80 | 8, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8}
	with := func(first byte, rest ...byte) []byte {
		b := append(bytes.Clone(head), rest...)
		b[0] = first
		return b
	}
	tests := []struct {
		name string
		data []byte
		want []byte // payload
		err  error
	}{
		{"plain", with(0x80, 9, 9), []byte{9, 9}, nil},
		{"empty", with(0x80), []byte{}, nil},
		{"contributing sources", with(0x82, 0, 0, 0, 1, 0, 0, 0, 2, 7), []byte{7}, nil},
		{"extension", with(0x90, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 7), []byte{7}, nil},
		{"padding", with(0xa0, 7, 0, 2), []byte{7}, nil},
		{"all padding", with(0xa0, 0, 0, 3), []byte{}, nil},
		{"short", head[:11], nil, errShort},
		{"version", with(0x40, 7), nil, errVersion},
		{"sources cut", with(0x8f, 0, 0), nil, errShort},
		{"extension cut", with(0x90, 0xbe, 0xde, 0, 9, 0), nil, errShort},
		{"extension head cut", with(0x90, 0xbe), nil, errShort},
		{"padding zero", with(0xa0, 7, 0), nil, errPadding},
		{"padding too long", with(0xa0, 7, 3), nil, errPadding},
	}
	for _, test := range tests {
		var p Packet
		if err := p.Parse(test.data); err != test.err {
			t.Errorf("%s: %v, want %v", test.name, err, test.err)
			continue
		}
		if test.err == nil && (!bytes.Equal(p.Payload, test.want) || !p.Marker || p.Type != 8 || p.Sequence != 0x1234 ||
			p.Timestamp != 0x01020304 || p.SSRC != 0x05060708) {
			t.Errorf("%s: %+v", test.name, p)
		}
	}
}

// FuzzParse compares with another implementation where both take a packet.
func FuzzParse(f *testing.F) {
	f.Add([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xff})
	f.Add([]byte{0xb1, 0x80, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 1, 2, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Packet
		var other pion.Packet
		if p.Parse(data) != nil || other.Unmarshal(data) != nil {
			return
		}
		if p.Sequence != other.SequenceNumber || p.Timestamp != other.Timestamp || p.SSRC != other.SSRC ||
			p.Type != other.PayloadType || p.Marker != other.Marker || !bytes.Equal(p.Payload, other.Payload) {
			t.Fatalf("%+v, want %+v", p, other)
		}
		b := bytes.Clone(data)
		p.putHeader(b)
		if !bytes.Equal(b, data) {
			t.Fatalf("header written back as %x, was %x", b[:12], data[:12])
		}
	})
}
