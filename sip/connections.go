package sip

import (
	"net/netip"
	"slices"
)

// A Connection is one of TCP or TLS, as it was when it was asked for.
type Connection struct {
	Remote netip.AddrPort
	// Accepted says that the peer made it.
	Accepted bool
}

// Connections returns the open connections of a transport by the peer's address;
// one of datagrams has none.
func (t *Transport) Connections() []Connection {
	c, ok := t.carrier.(*streams)
	if !ok {
		return nil
	}
	c.mu.Lock()
	list := make([]Connection, 0, len(c.conns))
	for key, conn := range c.conns {
		list = append(list, Connection{Remote: key.remote, Accepted: conn.accepted})
	}
	c.mu.Unlock()
	slices.SortFunc(list, func(a, b Connection) int { return a.Remote.Compare(b.Remote) })
	return list
}
