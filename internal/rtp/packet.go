package rtp

import (
	"encoding/binary"
	"errors"
)

const headerSize = 12

// The ways in which a datagram is no RTP packet.
var (
	errShort   = errors.New("rtp packet is cut short")
	errVersion = errors.New("rtp packet has another version than 2")
	errPadding = errors.New("rtp packet has more padding than payload")
)

// A Packet is an RTP packet (RFC 3550 §5.1), read in place: Payload points into
// the datagram.
type Packet struct {
	Marker    bool
	Type      uint8 // of the payload, 0-127
	Sequence  uint16
	Timestamp uint32
	SSRC      uint32
	Payload   []byte

	start int // of the payload in the datagram
}

// Parse reads a datagram. Contributing sources and header extensions are
// skipped, padding is cut off.
func (p *Packet) Parse(b []byte) error {
	if len(b) < headerSize {
		return errShort
	}
	if b[0]>>6 != 2 {
		return errVersion
	}
	start := headerSize + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < start+4 {
			return errShort
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if len(b) < start {
		return errShort
	}
	end := len(b)
	if b[0]&0x20 != 0 {
		padding := int(b[end-1])
		if padding == 0 || padding > end-start {
			return errPadding
		}
		end -= padding
	}
	p.Marker, p.Type = b[1]&0x80 != 0, b[1]&0x7f
	p.Sequence = binary.BigEndian.Uint16(b[2:])
	p.Timestamp = binary.BigEndian.Uint32(b[4:])
	p.SSRC = binary.BigEndian.Uint32(b[8:])
	p.Payload, p.start = b[start:end], start
	return nil
}

// putHeader writes a header into the first 12 bytes of b. The first octet, which
// tells what follows the header, is kept.
func (p *Packet) putHeader(b []byte) {
	b[1] = p.Type
	if p.Marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.Sequence)
	binary.BigEndian.PutUint32(b[4:], p.Timestamp)
	binary.BigEndian.PutUint32(b[8:], p.SSRC)
}

// isControl tells RTCP from RTP where both share a port (RFC 5761 §4).
func isControl(b []byte) bool { return len(b) >= 8 && b[0]>>6 == 2 && b[1] >= 192 && b[1] <= 223 }
