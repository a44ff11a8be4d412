package rtp

import (
	"net/netip"

	"github.com/pion/rtcp"
)

// Controlled is a packet of RTCP that a Trace tells of.
type Controlled struct {
	Way  Way
	Peer netip.AddrPort
	// Type and Count are those of its header (RFC 3550 §6.4.1), SSRC the source that
	// sends it.
	Type, Count uint8
	SSRC        uint32
	// Report is what a sender or receiver report says, nil for other packets. Clock is
	// that of its blocks' jitter, in ticks a second.
	Report *Report
	Clock  int
}

// heard tells of a packet that came; v is what it reports, nil if nothing.
func (t *Trace) heard(p rtcp.Packet, from netip.AddrPort, v *Report, clock int) {
	if t == nil || t.Controlled == nil || !t.Control.tells(from) {
		return
	}
	b, err := p.Marshal()
	if err != nil || len(b) < 4 {
		return
	}
	c := Controlled{Way: Got, Peer: from, Type: b[1], Count: b[0] & 0x1f, Report: v, Clock: clock}
	if v != nil {
		c.SSRC = v.SSRC
	} else if len(b) >= 8 {
		c.SSRC = uint32(b[4])<<24 | uint32(b[5])<<16 | uint32(b[6])<<8 | uint32(b[7])
	}
	t.Controlled(c)
}

// reported tells of a report that went.
func (t *Trace) reported(v *Report, clock int) {
	if t == nil || t.Controlled == nil || !t.Control.tells(v.To) {
		return
	}
	c := Controlled{Way: Sent, Peer: v.To, Type: uint8(rtcp.TypeReceiverReport), Count: uint8(len(v.Blocks)), SSRC: v.SSRC, Report: v, Clock: clock}
	if v.Sender {
		c.Type = uint8(rtcp.TypeSenderReport)
	}
	t.Controlled(c)
}
