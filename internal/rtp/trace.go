package rtp

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
)

// A Trace tells of packets as they come and go, while somebody wants to know: "rtp set
// debug". Many sessions share one. The zero value tells nothing; Line must be set
// before the first session is made.
type Trace struct {
	// Line gets what is told: Got or Sent, and the packet. It is called by the reader
	// and by whoever sends, and must not wait.
	Line func(way Way, p Passed)

	wanted atomic.Pointer[netip.AddrPort]
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
func (t *Trace) All() { t.wanted.Store(&everybody) }

// Of tells of those from and to one address; port 0 is all of its ports.
func (t *Trace) Of(peer netip.AddrPort) { t.wanted.Store(&peer) }

// Off tells of none.
func (t *Trace) Off() { t.wanted.Store(nil) }

// tells reports whether packets of an address are wanted.
func (t *Trace) tells(peer netip.AddrPort) bool {
	if t == nil {
		return false
	}
	w := t.wanted.Load()
	if w == nil {
		return false
	}
	return !w.IsValid() || w.Addr() == peer.Addr().Unmap() && (w.Port() == 0 || w.Port() == peer.Port())
}

// got tells of a packet that came.
func (t *Trace) got(p *Packet, from netip.AddrPort) {
	if t.tells(from) {
		t.Line(Got, Passed{from, p.Type, p.Sequence, p.Timestamp, len(p.Payload)})
	}
}

// sent tells of a packet that goes, not enciphered yet.
func (t *Trace) sent(b []byte, to netip.AddrPort) {
	if len(b) >= headerSize && t.tells(to) {
		t.Line(Sent, Passed{to, b[1] & 0x7f, binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:]), len(b) - headerSize})
	}
}
