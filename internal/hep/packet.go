package hep

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// A Protocol says what a packet carries.
type Protocol uint8

// The protocols that are told of (HEPv3, chunk 0x000b).
const (
	SIP  Protocol = 0x01
	RTCP Protocol = 0x05 // a report as JSON
)

// A Packet is a message that was sent or that came.
type Packet struct {
	From, To netip.AddrPort
	TCP      bool // else it went by UDP
	At       time.Time
	Protocol Protocol
	// Correlation tells which messages belong together: the Call-ID, or a channel's name.
	Correlation string
	Payload     []byte
}

// The types of chunks, all of the vendor 0.
const (
	chunkFamily      = 0x0001
	chunkTransport   = 0x0002
	chunkFrom4       = 0x0003
	chunkTo4         = 0x0004
	chunkFrom6       = 0x0005
	chunkTo6         = 0x0006
	chunkFromPort    = 0x0007
	chunkToPort      = 0x0008
	chunkSeconds     = 0x0009
	chunkMicros      = 0x000a
	chunkProtocol    = 0x000b
	chunkAgent       = 0x000c
	chunkPassword    = 0x000e
	chunkPayload     = 0x000f
	chunkCorrelation = 0x0011
	chunkName        = 0x0013
)

const (
	familyIPv4, familyIPv6 = 2, 10 // as in Linux's <sys/socket.h>
	protocolTCP            = 6
	protocolUDP            = 17
)

// Append appends a packet to b, with what settings say of who sends it.
func Append(b []byte, s *Settings, p *Packet) []byte {
	start := len(b)
	b = append(b, "HEP3\x00\x00"...) // the length follows when it is known
	from, to := known(p.From.Addr(), p.To.Addr()), known(p.To.Addr(), p.From.Addr())
	family, fromChunk, toChunk := byte(familyIPv4), chunkFrom4, chunkTo4
	if from.Is6() {
		family, fromChunk, toChunk = familyIPv6, chunkFrom6, chunkTo6
	}
	transport := byte(protocolUDP)
	if p.TCP {
		transport = protocolTCP
	}
	b = chunk(b, chunkFamily, []byte{family})
	b = chunk(b, chunkTransport, []byte{transport})
	b = number16(b, chunkFromPort, p.From.Port())
	b = number16(b, chunkToPort, p.To.Port())
	b = number32(b, chunkSeconds, uint32(p.At.Unix()))           //nolint:gosec // until 2106
	b = number32(b, chunkMicros, uint32(p.At.Nanosecond()/1000)) //nolint:gosec // below a million
	b = chunk(b, chunkProtocol, []byte{byte(p.Protocol)})
	b = number32(b, chunkAgent, s.id)
	b = chunk(b, fromChunk, from.AsSlice())
	b = chunk(b, toChunk, to.AsSlice())
	if s.password != "" {
		b = chunk(b, chunkPassword, []byte(s.password))
	}
	if p.Correlation != "" {
		b = chunk(b, chunkCorrelation, []byte(p.Correlation))
	}
	if s.name != "" {
		b = chunk(b, chunkName, []byte(s.name))
	}
	b = chunk(b, chunkPayload, p.Payload)
	binary.BigEndian.PutUint16(b[start+4:], uint16(len(b)-start)) //nolint:gosec // send drops longer ones
	return b
}

// known returns an address, or one of another's family that says nothing where it is not known:
// of a stream before it stands.
func known(a, other netip.Addr) netip.Addr {
	switch {
	case a.IsValid():
		return a.Unmap()
	case other.Unmap().Is6():
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// headLength is that of a chunk before its value.
const headLength = 6

func chunk(b []byte, kind int, value []byte) []byte {
	b = append(b, 0, 0, byte(kind>>8), byte(kind))
	b = binary.BigEndian.AppendUint16(b, uint16(headLength+len(value))) //nolint:gosec // send drops longer ones
	return append(b, value...)
}

func number16(b []byte, kind int, n uint16) []byte {
	return chunk(b, kind, binary.BigEndian.AppendUint16(nil, n))
}

func number32(b []byte, kind int, n uint32) []byte {
	return chunk(b, kind, binary.BigEndian.AppendUint32(nil, n))
}
