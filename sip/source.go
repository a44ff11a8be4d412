package sip

import "net/netip"

// A Source is where a message came from, and the way on which an answer or a
// later request reaches the same peer through its NAT: the transport, the peer's
// address and, for streams, the very connection. The zero value is no source.
type Source struct {
	Transport *Transport
	Remote    netip.AddrPort
	Local     netip.AddrPort // of the socket; the address may be unspecified for UDP
	conn      *connection
}

// IsZero reports whether there is no source.
func (s Source) IsZero() bool { return s.Transport == nil }

// Alive reports whether the connection by which the message came is still open.
// It is always so for UDP.
func (s Source) Alive() bool {
	return s.Transport != nil && (s.conn == nil || !s.conn.isClosed())
}

// String returns the source as "udp 192.0.2.1:5060".
func (s Source) String() string {
	if s.Transport == nil {
		return "nowhere"
	}
	return s.Transport.Network + " " + s.Remote.String()
}
