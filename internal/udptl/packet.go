package udptl

import (
	"encoding/binary"
	"errors"
)

// Correction is a way to make up for lost packets.
type Correction uint8

// The ways.
const (
	None       Correction = iota // T38FaxUdpEC is not said
	FEC                          // t38UDPFEC: parity of several packets
	Redundancy                   // t38UDPRedundancy: the packets before go along
)

// packet is a UDPTL packet (T.38 §9.1.4).
type packet struct {
	sequence uint16
	primary  []byte
	repeated [][]byte // the packets before it, the last one first
	fec      bool     // parities go along, if any
	span     int      // how many packets a parity is of
	parity   [][]byte
}

// The limits of what is read.
const (
	maxDatagram = 2048
	maxRepeated = 16
)

var errPacket = errors.New("udptl packet")

// parse reads a datagram. Its parts share the memory of b.
func (p *packet) parse(b []byte) error {
	*p = packet{}
	if len(b) < 4 {
		return errPacket
	}
	p.sequence = binary.BigEndian.Uint16(b)
	r := reader{b: b[2:]}
	p.primary = r.open()
	switch kind := r.octet(); {
	case r.bad:
		return errPacket
	case kind&0x80 == 0:
		p.repeated = r.list()
	default:
		if r.octet() != 1 { // the length of the number that follows
			return errPacket
		}
		p.fec, p.span = true, int(r.octet())
		p.parity = r.list()
	}
	if r.bad {
		return errPacket
	}
	return nil
}

// reader reads what is encoded by the aligned packed encoding rules (X.691).
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) octet() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

// length reads a length determinant. Those in fragments are longer than any datagram.
func (r *reader) length() int {
	n := int(r.octet())
	switch {
	case n&0x80 == 0:
		return n
	case n&0x40 == 0:
		return n&0x3f<<8 | int(r.octet())
	}
	r.bad = true
	return 0
}

// open reads an open type: octets behind their number.
func (r *reader) open() []byte {
	n := r.length()
	if r.bad || n > len(r.b) {
		r.bad = true
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) list() (list [][]byte) {
	n := r.length()
	if n > maxRepeated {
		r.bad = true
	}
	for i := 0; i < n && !r.bad; i++ {
		list = append(list, r.open())
	}
	return list
}

// append writes the packet.
func (p *packet) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, p.sequence)
	b = appendOpen(b, p.primary)
	list := p.repeated
	if p.fec {
		b = append(b, 0x80, 1, byte(p.span))
		list = p.parity
	} else {
		b = append(b, 0)
	}
	b = appendLength(b, len(list))
	for _, v := range list {
		b = appendOpen(b, v)
	}
	return b
}

func appendOpen(b, v []byte) []byte { return append(appendLength(b, len(v)), v...) }

func appendLength(b []byte, n int) []byte {
	if n < 128 {
		return append(b, byte(n))
	}
	return append(b, 0x80|byte(n>>8), byte(n))
}

// xor is the parity of packets of any lengths, the short ones filled with zeros.
func xor(list ...[]byte) []byte {
	var sum []byte
	for _, v := range list {
		for len(sum) < len(v) {
			sum = append(sum, 0)
		}
		for i, c := range v {
			sum[i] ^= c
		}
	}
	return sum
}
