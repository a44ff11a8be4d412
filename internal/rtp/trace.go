package rtp

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
)

// A Trace tells of packets as they come and go, while somebody wants to know: "rtp set
// debug", "rtcp set debug". Many sessions share one. The zero value tells nothing; Line must be set
// before the first session is made.
type Trace struct {
	// Line gets what is told: Got or Sent, and the packet. It is called by the reader
	// and by whoever sends, and must not wait.
	Line func(way Way, p Passed)

	// STUN gets what is told of messages of STUN (RFC 8489): their type and length in
	// bytes. It may be nil.
	STUN func(way Way, peer netip.AddrPort, kind uint16, size int)

	// Controlled gets what is told of packets of RTCP, of those that Control wants. It
	// may be nil.
	Controlled func(c Controlled)
	Control    Wanted

	Wanted // of packets of RTP
	stun   atomic.Bool
}

// Wanted says of which packets to tell. The zero value is none.
type Wanted struct {
	peer atomic.Pointer[netip.AddrPort]
}

// TellSTUN begins or ends to tell of STUN.
func (t *Trace) TellSTUN(on bool) { t.stun.Store(on) }

// passed tells of a message of STUN.
func (t *Trace) passed(way Way, b []byte, peer netip.AddrPort) {
	if t != nil && t.STUN != nil && t.stun.Load() && len(b) >= 2 {
		t.STUN(way, peer, binary.BigEndian.Uint16(b), len(b))
	}
}

// Way is where a packet goes.
type Way uint8

// The ways.
const (
	Got Way = iota
	Sent
)

// Passed is a packet that a Trace tells of.
type Passed struct {
	Peer      netip.AddrPort
	Type      uint8
	Sequence  uint16
	Timestamp uint32
	Size      int // of the payload, in bytes
}

// everybody stands for all addresses.
var everybody netip.AddrPort

// All tells of the packets of all sessions from now on.
func (w *Wanted) All() { w.peer.Store(&everybody) }

// Of tells of those from and to one address; port 0 is all of its ports.
func (w *Wanted) Of(peer netip.AddrPort) { w.peer.Store(&peer) }

// Off tells of none.
func (w *Wanted) Off() { w.peer.Store(nil) }

// tells reports whether packets of an address are wanted.
func (w *Wanted) tells(peer netip.AddrPort) bool {
	at := w.peer.Load()
	if at == nil {
		return false
	}
	return !at.IsValid() || at.Addr() == peer.Addr().Unmap() && (at.Port() == 0 || at.Port() == peer.Port())
}

// got tells of a packet that came.
func (t *Trace) got(p *Packet, from netip.AddrPort) {
	if t != nil && t.tells(from) {
		t.Line(Got, Passed{from, p.Type, p.Sequence, p.Timestamp, len(p.Payload)})
	}
}

// sent tells of a packet that goes, not enciphered yet.
func (t *Trace) sent(b []byte, to netip.AddrPort) {
	if t != nil && len(b) >= headerSize && t.tells(to) {
		t.Line(Sent, Passed{to, b[1] & 0x7f, binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:]), len(b) - headerSize})
	}
}
