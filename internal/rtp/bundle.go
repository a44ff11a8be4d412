package rtp

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"

	"github.com/pion/rtcp"
)

// A Member is a session of a bundle (RFC 9143): streams that share a port, the way
// to the other side and the keys of one of them, the carrier.
type Member struct {
	Session *Session
	MID     string   // by which the other side may mark its packets; empty is none
	Sources []uint32 // SSRCs that it has announced for the stream
}

// maxSources is how many sources of a bundle are known at a time. Who sends from more
// has them all learned anew.
const maxSources = 64

// bundle tells the packets of several streams apart. All but the map is immutable.
type bundle struct {
	members   []Member
	extension uint8 // number of the header extension with the MID, 0 for none

	mu     sync.Mutex // a leaf
	source map[uint32]*Session
}

// Bundle says which sessions share the way of this one: itself, and those that were made
// with it as their Carrier. extension is the number of the header extension that tells
// the MID of a packet (RFC 9143 §15), 0 for none. Without members it is alone again.
func (s *Session) Bundle(members []Member, extension uint8) {
	if len(members) == 0 {
		s.bundle.Store(nil)
		return
	}
	b := &bundle{members: slices.Clone(members), extension: extension, source: map[uint32]*Session{}}
	for _, m := range b.members {
		for _, ssrc := range m.Sources[:min(len(m.Sources), maxSources/4)] {
			b.source[ssrc] = m.Session
		}
	}
	s.bundle.Store(b)
}

// owner finds whose packet it is, nil if nobody's: by its MID, by its source, or by a
// payload type that is one's alone (RFC 9143 §9.2).
func (b *bundle) owner(p *Packet, raw []byte) *Session {
	if mid := p.extension(raw, b.extension); mid != nil {
		for _, m := range b.members {
			if m.MID == string(mid) {
				b.learn(p.SSRC, m.Session)
				return m.Session
			}
		}
	}
	b.mu.Lock()
	known := b.source[p.SSRC]
	b.mu.Unlock()
	if known != nil {
		return known
	}
	var only *Session
	for _, m := range b.members {
		if m.Session.route.Load().receive.index[p.Type&127] == 0 {
			continue
		}
		if only != nil && p.Type != NoiseType {
			return nil
		}
		if only == nil {
			only = m.Session
		}
	}
	if only != nil && p.Type != NoiseType {
		b.learn(p.SSRC, only)
	}
	return only
}

// learn notes who has a source.
func (b *bundle) learn(ssrc uint32, s *Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.source[ssrc] == s {
		return
	}
	if len(b.source) >= maxSources {
		clear(b.source)
	}
	b.source[ssrc] = s
}

// apart finds the member to which an address belongs that is not the carrier's: of
// another side that has not taken the bundle, and sends to our one port from several.
func (b *bundle) apart(from netip.AddrPort) *Session {
	for _, m := range b.members {
		if m.Session.config.Carrier == nil {
			continue
		}
		if to := m.Session.target.Load(); to != nil && *to == from {
			return m.Session
		}
	}
	return nil
}

// hearer finds who is to hear an RTCP packet: whose other side has sent it, or for a
// report or a wish about something of ours, whose that is. nil is nobody.
func (b *bundle) hearer(p rtcp.Packet) *Session {
	if report, ok := p.(*rtcp.SenderReport); ok {
		b.mu.Lock()
		known := b.source[report.SSRC]
		b.mu.Unlock()
		if known != nil {
			return known
		}
	}
	for _, ssrc := range p.DestinationSSRC() {
		for _, m := range b.members {
			if m.Session.SSRC() == ssrc {
				return m.Session
			}
		}
	}
	return nil
}

// extension finds a header extension (RFC 8285) of a packet that was parsed from raw;
// nil if it has none of that number.
func (p *Packet) extension(raw []byte, number uint8) []byte {
	if number == 0 || raw[0]&0x10 == 0 {
		return nil
	}
	at := headerSize + 4*int(raw[0]&0x0f)
	profile, list := binary.BigEndian.Uint16(raw[at:]), raw[at+4:at+4+4*int(binary.BigEndian.Uint16(raw[at+2:]))]
	short := profile == 0xbede
	if !short && profile&0xfff0 != 0x1000 {
		return nil
	}
	for len(list) > 0 {
		if list[0] == 0 { // padding
			list = list[1:]
			continue
		}
		id, size, head := list[0], 0, 2
		if short {
			id, size, head = list[0]>>4, int(list[0]&0x0f)+1, 1
			if id == 15 {
				return nil
			}
		} else if len(list) > 1 {
			size = int(list[1])
		}
		if len(list) < head+size {
			return nil
		}
		if id == number {
			return list[head : head+size]
		}
		list = list[head+size:]
	}
	return nil
}

// rider is the socket of a session that has none: it writes by its carrier's.
type rider struct {
	carrier *Session
	control bool
}

func (r *rider) attach(*Session, bool) {}
func (r *rider) start()                {}
func (r *rider) mark(int, int, bool)   {}
func (r *rider) close()                {}
func (r *rider) write(b []byte, to netip.AddrPort) error {
	return r.carrier.put(r.control, b, to)
}

// way is where a packet goes and what protects it; to is nil where that is not known.
// Whoever has a carrier sends where that one does, unless SetRemote said otherwise.
func (s *Session) way(r *route, control bool) (over *route, to *netip.AddrPort) {
	own := &s.target
	if control {
		own = &s.controlTarget
	}
	carrier := s.config.Carrier
	if carrier == nil {
		return r, own.Load()
	}
	over = carrier.route.Load()
	if to = own.Load(); to == nil {
		_, to = carrier.way(over, control)
	}
	return over, to
}
