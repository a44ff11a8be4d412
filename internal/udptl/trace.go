package udptl

import (
	"net/netip"
	"sync/atomic"
)

// A Trace tells of datagrams of faxes as they come and go, while somebody wants to know:
// "udptl set debug". Many sessions share one. The zero value tells nothing.
type Trace struct {
	// Line is told whether a datagram was sent or came, to or from where, its sequence
	// number and the length of its IFP packet in bytes. It must not wait, and must be set
	// before the first session is made.
	Line func(sent bool, peer netip.AddrPort, sequence uint16, size int)

	wanted atomic.Pointer[netip.AddrPort]
}

// everybody stands for all addresses.
var everybody netip.AddrPort

// All tells of the datagrams of all sessions from now on.
func (t *Trace) All() { t.wanted.Store(&everybody) }

// Of tells of those from and to one address; port 0 is all of its ports.
func (t *Trace) Of(peer netip.AddrPort) { t.wanted.Store(&peer) }

// Off tells of none.
func (t *Trace) Off() { t.wanted.Store(nil) }

func (t *Trace) tell(sent bool, peer netip.AddrPort, sequence uint16, size int) {
	if t == nil {
		return
	}
	w := t.wanted.Load()
	if w != nil && (!w.IsValid() || w.Addr() == peer.Addr().Unmap() && (w.Port() == 0 || w.Port() == peer.Port())) {
		t.Line(sent, peer, sequence, size)
	}
}
