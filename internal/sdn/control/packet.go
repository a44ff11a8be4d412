package control

import (
	"encoding/binary"
	"net/netip"
)

// A packet is what a controller needs of a frame.
type packet struct {
	dst, src  [6]byte
	vid       int // 0: no tag
	etherType uint16
	body      []byte // behind the EtherType
}

// parse reads an Ethernet frame with at most one tag; false if it is none.
func parse(b []byte) (p packet, ok bool) {
	if len(b) < 14 {
		return p, false
	}
	copy(p.dst[:], b)
	copy(p.src[:], b[6:])
	p.etherType = binary.BigEndian.Uint16(b[12:])
	b = b[14:]
	if p.etherType == 0x8100 {
		if len(b) < 4 {
			return p, false
		}
		p.vid = int(binary.BigEndian.Uint16(b) & 0xfff)
		p.etherType = binary.BigEndian.Uint16(b[2:])
		b = b[4:]
	}
	p.body = b
	return p, true
}

// frame builds an Ethernet frame, with a tag unless vid is 0.
func frame(dst, src [6]byte, vid int, etherType uint16, body []byte) []byte {
	b := make([]byte, 0, 18+len(body))
	b = append(append(b, dst[:]...), src[:]...)
	if vid != 0 {
		b = binary.BigEndian.AppendUint16(append(b, 0x81, 0), uint16(vid))
	}
	b = append(binary.BigEndian.AppendUint16(b, etherType), body...)
	for len(b) < 60 {
		b = append(b, 0)
	}
	return b
}

const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
	etherIPv6 = 0x86dd
	etherSlow = 0x8809
	etherLLDP = 0x88cc
)

// An arp is a request (1) or a reply (2), RFC 826.
type arp struct {
	op             uint16
	sha, tha       [6]byte
	sender, target netip.Addr
}

func parseARP(b []byte) (a arp, ok bool) {
	if len(b) < 28 || binary.BigEndian.Uint32(b) != 0x00010800 || b[4] != 6 || b[5] != 4 {
		return a, false
	}
	a.op = binary.BigEndian.Uint16(b[6:])
	copy(a.sha[:], b[8:])
	a.sender = netip.AddrFrom4([4]byte(b[14:18]))
	copy(a.tha[:], b[18:])
	a.target = netip.AddrFrom4([4]byte(b[24:28]))
	return a, true
}

func (a arp) body() []byte {
	b := []byte{0, 1, 8, 0, 6, 4}
	b = binary.BigEndian.AppendUint16(b, a.op)
	b = append(append(b, a.sha[:]...), a.sender.AsSlice()...)
	return append(append(b, a.tha[:]...), a.target.AsSlice()...)
}

// An ip is what matters of an IPv4 or IPv6 header.
type ip struct {
	src, dst netip.Addr
	protocol byte
	hops     byte
	payload  []byte
}

func parseIP(p packet) (x ip, ok bool) {
	b := p.body
	switch p.etherType {
	case etherIPv4:
		if len(b) < 20 || b[0]>>4 != 4 {
			return x, false
		}
		header, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		if header < 20 || len(b) < header || total < header {
			return x, false
		}
		x.src, x.dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
		x.protocol, x.hops = b[9], b[8]
		x.payload = b[header:min(total, len(b))]
		return x, true
	case etherIPv6:
		if len(b) < 40 || b[0]>>4 != 6 {
			return x, false
		}
		x.src, x.dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
		x.protocol, x.hops = b[6], b[7]
		x.payload = b[40:min(40+int(binary.BigEndian.Uint16(b[4:])), len(b))]
		return x, true
	}
	return x, false
}

// body builds an IPv4 or IPv6 packet.
func (x ip) body() []byte {
	if x.src.Is4() {
		b := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, x.hops, x.protocol, 0, 0}
		binary.BigEndian.PutUint16(b[2:], uint16(20+len(x.payload)))
		b = append(append(b, x.src.AsSlice()...), x.dst.AsSlice()...)
		binary.BigEndian.PutUint16(b[10:], checksum(b, 0))
		return append(b, x.payload...)
	}
	b := []byte{0x60, 0, 0, 0, 0, 0, x.protocol, x.hops}
	binary.BigEndian.PutUint16(b[4:], uint16(len(x.payload)))
	b = append(append(b, x.src.AsSlice()...), x.dst.AsSlice()...)
	return append(b, x.payload...)
}

// checksum is that of RFC 1071, over b and what sum has already.
func checksum(b []byte, sum uint32) uint16 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// icmp6 fills in the checksum of an ICMPv6 message, RFC 4443 §2.3.
func icmp6(src, dst netip.Addr, b []byte) []byte {
	b[2], b[3] = 0, 0
	sum := uint32(len(b)) + 58
	for _, a := range [][]byte{src.AsSlice(), dst.AsSlice()} {
		for i := 0; i < 16; i += 2 {
			sum += uint32(a[i])<<8 | uint32(a[i+1])
		}
	}
	binary.BigEndian.PutUint16(b[2:], checksum(b, sum))
	return b
}
