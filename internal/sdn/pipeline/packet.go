package pipeline

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/openflow"
)

// A Packet is what flows match on: fields, and the tags that it has, the outermost
// last. Field and tags are told apart because popping a tag shows the one beneath.
type Packet struct {
	fields openflow.Match // all but vlan_vid and vlan_pcp
	tags   []packetTag
}

type packetTag struct {
	etherType uint16
	vid, pcp  uint64
}

func (p Packet) clone() Packet { return Packet{slices.Clone(p.fields), slices.Clone(p.tags)} }

func (p *Packet) push(etherType uint16) {
	one := packetTag{etherType: etherType}
	if n := len(p.tags); n > 0 { // a new tag begins as a copy of the one beneath
		one.vid, one.pcp = p.tags[n-1].vid, p.tags[n-1].pcp
	}
	p.tags = append(p.tags, one)
}

func (p *Packet) pop() {
	if n := len(p.tags); n > 0 {
		p.tags = p.tags[:n-1]
	}
}

// get is a field that the packet has.
func (p Packet) get(t openflow.FieldType) (openflow.Field, bool) {
	n := len(p.tags)
	switch {
	case t == openflow.VLANVID && n == 0:
		return openflow.VLANVID.Uint(0), true
	case t == openflow.VLANVID:
		return openflow.VLANVID.Uint(p.tags[n-1].vid | openflow.VIDPresent), true
	case t == openflow.VLANPCP && n > 0:
		return openflow.VLANPCP.Uint(p.tags[n-1].pcp), true
	}
	return p.fields.Get(t)
}

func (p *Packet) set(f openflow.Field) {
	n := len(p.tags)
	switch {
	case f.Is(openflow.VLANVID):
		if n > 0 {
			p.tags[n-1].vid = f.Uint() &^ openflow.VIDPresent
		}
		return
	case f.Is(openflow.VLANPCP):
		if n > 0 {
			p.tags[n-1].pcp = f.Uint()
		}
		return
	}
	p.fields = append(slices.DeleteFunc(p.fields, func(g openflow.Field) bool { return g.Class == f.Class && g.Number == f.Number }), f)
}

// typeOf is the type of a field of a match.
func typeOf(f openflow.Field) openflow.FieldType {
	return openflow.FieldType{Class: f.Class, Number: f.Number, Size: f.Size}
}

func (p Packet) find(f openflow.Field) (openflow.Field, bool) {
	switch {
	case f.Is(openflow.VLANVID):
		return p.get(openflow.VLANVID)
	case f.Is(openflow.VLANPCP):
		return p.get(openflow.VLANPCP)
	}
	for _, g := range p.fields {
		if g.Is(typeOf(f)) {
			return g, true
		}
	}
	return openflow.Field{}, false
}

// matches says whether the packet has what a field of a match asks for.
func (p Packet) matches(f openflow.Field) bool {
	have, ok := p.find(f)
	if !ok {
		return false
	}
	want, has := f.Value(), have.Value()
	mask, masked := f.Mask()
	for i := range want {
		m := byte(0xff)
		if masked {
			m = mask[i]
		}
		if i >= len(has) || want[i]&m != has[i]&m {
			return false
		}
	}
	return true
}

// value is what the packet has in a field of a match, to print.
func (p Packet) value(f openflow.Field) string {
	have, ok := p.find(f)
	if !ok {
		return "none"
	}
	if have.Is(openflow.VLANVID) {
		if have.Uint() == 0 {
			return "no tag"
		}
		return strconv.FormatUint(have.Uint()&^openflow.VIDPresent, 10)
	}
	_, text, _ := strings.Cut(have.String(), "=")
	return text
}

// String prints all of it.
func (p Packet) String() string {
	m := slices.Clone(p.fields)
	if v, _ := p.get(openflow.VLANVID); v.Uint() != 0 {
		m = append(m, v)
	}
	m = slices.DeleteFunc(m, func(f openflow.Field) bool { return f.Is(openflow.Metadata) && f.Uint() == 0 })
	return strings.Join(matchParts(m), ",")
}

// outside prints what one sees who gets it.
func (p Packet) outside() string {
	m := slices.DeleteFunc(slices.Clone(p.fields), func(f openflow.Field) bool { return f.Is(openflow.Metadata) || f.Is(openflow.InPort) })
	text := "without a tag"
	for i, t := range p.tags {
		if i == 0 {
			text = ""
		} else {
			text += " in "
		}
		text += fmt.Sprintf("with the tag %d", t.vid)
	}
	return text + ", " + strings.Join(matchParts(m), ",")
}

// shorthands are the words that stand for a kind of packet, as for ovs-ofctl.
var shorthands = map[string][]openflow.Field{
	"ip": {openflow.EthType.Uint(typeIPv4)}, "arp": {openflow.EthType.Uint(typeARP)}, "ipv6": {openflow.EthType.Uint(typeIPv6)},
	"icmp": {openflow.EthType.Uint(typeIPv4), openflow.IPProto.Uint(1)}, "icmp6": {openflow.EthType.Uint(typeIPv6), openflow.IPProto.Uint(58)},
	"tcp": {openflow.EthType.Uint(typeIPv4), openflow.IPProto.Uint(6)}, "tcp6": {openflow.EthType.Uint(typeIPv6), openflow.IPProto.Uint(6)},
	"udp": {openflow.EthType.Uint(typeIPv4), openflow.IPProto.Uint(17)}, "udp6": {openflow.EthType.Uint(typeIPv6), openflow.IPProto.Uint(17)},
	"sctp": {openflow.EthType.Uint(typeIPv4), openflow.IPProto.Uint(132)}, "sctp6": {openflow.EthType.Uint(typeIPv6), openflow.IPProto.Uint(132)},
}

// ParsePacket reads a packet: a frame in hexadecimal, or fields joined by commas,
// each under OpenFlow's name or ovs-ofctl's (eth_src, dl_src), or a word for a kind
// of packet (tcp, arp, icmp6 …).
func ParsePacket(text string) (Packet, error) {
	text = strings.TrimSpace(text)
	if b, err := hex.DecodeString(strings.ReplaceAll(text, " ", "")); err == nil && len(b) > 0 {
		return FromFrame(b)
	}
	var p Packet
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if fields, known := shorthands[part]; known {
			for _, f := range fields {
				p.set(f)
			}
			continue
		}
		if err := p.parse(part); err != nil {
			return p, err
		}
	}
	for _, t := range []openflow.FieldType{openflow.EthSrc, openflow.EthDst} {
		if _, ok := p.get(t); !ok {
			return p, fmt.Errorf("a packet has %s: write %s=0e:00:00:00:00:02, and so on", t.Name, t.Name)
		}
	}
	return p, nil
}

func (p *Packet) parse(part string) error {
	name, value, ok := strings.Cut(part, "=")
	t, known := p.fieldNamed(name)
	switch {
	case !known:
		return fmt.Errorf("%q is no field of a packet", name)
	case !ok:
		return fmt.Errorf("%s has no value", name)
	case t.IsMAC():
		b, err := hex.DecodeString(strings.ReplaceAll(value, ":", ""))
		if err != nil || len(b) != 6 {
			return fmt.Errorf("%s: %q is no Ethernet address", name, value)
		}
		p.set(t.Bytes(b, nil))
		return nil
	case t.IsAddr():
		a, err := netip.ParseAddr(value)
		if err != nil || a.BitLen() != 8*int(t.Size) {
			return fmt.Errorf("%s: %q is no such address", name, value)
		}
		p.set(t.Addr(a))
		return nil
	}
	v, err := strconv.ParseUint(value, 0, min(64, 8*int(t.Size)))
	if err != nil {
		return fmt.Errorf("%s: %q is no such number", name, value)
	}
	if t == openflow.VLANVID {
		if v &^= openflow.VIDPresent; len(p.tags) == 0 {
			p.push(0x8100)
		}
	}
	if name == "nw_tos" {
		v >>= 2
	}
	p.set(t.Uint(v))
	return nil
}

// fieldNamed is a field under one of its names; tp_src and others are of the
// protocol that was named before them.
func (p *Packet) fieldNamed(name string) (openflow.FieldType, bool) {
	if t, known := openflow.FieldNamed(name); known {
		return t, true
	}
	protocol, _ := p.get(openflow.IPProto)
	var first openflow.FieldType
	found := false
	for _, o := range ovsNames {
		if o.name != name {
			continue
		}
		if strings.HasPrefix(o.field.Name, map[uint64]string{6: "tcp", 17: "udp", 132: "sctp", 1: "icmpv4", 58: "icmpv6"}[protocol.Uint()]) && protocol.Uint() != 0 {
			return o.field, true
		}
		if !found {
			first, found = o.field, true
		}
	}
	return first, found
}

// FromFrame reads an Ethernet frame.
func FromFrame(b []byte) (p Packet, err error) {
	if len(b) < 14 {
		return p, fmt.Errorf("a frame of %d bytes is none: the header alone has 14", len(b))
	}
	p.set(openflow.EthDst.Bytes(b[:6], nil))
	p.set(openflow.EthSrc.Bytes(b[6:12], nil))
	b = b[12:]
	var tags []packetTag
	for len(b) >= 6 && (b[0] == 0x81 && b[1] == 0 || b[0] == 0x88 && b[1] == 0xa8) {
		tci := uint64(binary.BigEndian.Uint16(b[2:]))
		tags = append(tags, packetTag{binary.BigEndian.Uint16(b), tci & 0xfff, tci >> 13})
		b = b[4:]
	}
	slices.Reverse(tags)
	p.tags = tags
	kind := binary.BigEndian.Uint16(b)
	p.set(openflow.EthType.Uint(uint64(kind)))
	switch b = b[2:]; {
	case kind == typeARP && len(b) >= 28:
		p.set(openflow.ARPOp.Bytes(b[6:8], nil))
		p.set(openflow.ARPSHA.Bytes(b[8:14], nil))
		p.set(openflow.ARPSPA.Bytes(b[14:18], nil))
		p.set(openflow.ARPTHA.Bytes(b[18:24], nil))
		p.set(openflow.ARPTPA.Bytes(b[24:28], nil))
	case kind == typeIPv4 && len(b) >= 20 && int(b[0]&15)*4 >= 20 && len(b) >= int(b[0]&15)*4:
		p.set(openflow.IPv4Src.Bytes(b[12:16], nil))
		p.set(openflow.IPv4Dst.Bytes(b[16:20], nil))
		p.internet(b[1], b[9], b[int(b[0]&15)*4:])
	case kind == typeIPv6 && len(b) >= 40:
		p.set(openflow.IPv6Src.Bytes(b[8:24], nil))
		p.set(openflow.IPv6Dst.Bytes(b[24:40], nil))
		p.internet(b[0]<<4|b[1]>>4, b[6], b[40:])
	}
	return p, nil
}

// internet reads what IPv4 and IPv6 have alike; b is what follows their header.
func (p *Packet) internet(service, protocol byte, b []byte) {
	p.set(openflow.IPDSCP.Uint(uint64(service >> 2)))
	p.set(openflow.IPECN.Uint(uint64(service & 3)))
	p.set(openflow.IPProto.Uint(uint64(protocol)))
	ports := map[byte][2]openflow.FieldType{6: {openflow.TCPSrc, openflow.TCPDst}, 17: {openflow.UDPSrc, openflow.UDPDst},
		132: {openflow.SCTPSrc, openflow.SCTPDst}}
	kinds := map[byte][2]openflow.FieldType{1: {openflow.ICMPv4Type, openflow.ICMPv4Code}, 58: {openflow.ICMPv6Type, openflow.ICMPv6Code}}
	if two, ok := ports[protocol]; ok && len(b) >= 4 {
		p.set(two[0].Bytes(b[:2], nil))
		p.set(two[1].Bytes(b[2:4], nil))
	}
	if two, ok := kinds[protocol]; ok && len(b) >= 2 {
		p.set(two[0].Bytes(b[:1], nil))
		p.set(two[1].Bytes(b[1:2], nil))
		if protocol == 58 && (b[0] == 135 || b[0] == 136) && len(b) >= 24 {
			p.set(openflow.NDTarget.Bytes(b[8:24], nil))
		}
	}
}
