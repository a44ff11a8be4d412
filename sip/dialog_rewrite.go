package sip

import (
	"net/netip"
	"strings"
)

// targetOf is the remote target that a message of the peer tells. The caller holds mu.
func (d *Dialog) targetOf(m *Message) URI {
	u := m.Contact.URI
	if !d.options.Rewrite || u.IsZero() || len(d.routes) > 0 || len(m.All("Record-Route")) > 0 {
		return u
	}
	return u.at(m.Source)
}

// routesOf are the Record-Route values of a message of the peer, in its order.
// The one nearest to us is the first of a request and the last of a response
// (RFC 3261 §16.6, §16.7).
func (d *Dialog) routesOf(m *Message) []string {
	routes := m.List("Record-Route")
	if !d.options.Rewrite || len(routes) == 0 {
		return routes
	}
	near := 0
	if !m.IsRequest() {
		near = len(routes) - 1
	}
	a, err := ParseAddress(routes[near])
	if err != nil {
		return routes
	}
	a.URI = a.URI.at(m.Source)
	routes[near] = a.String()
	return routes
}

// at is the URI with the address of a source in place of its own.
func (u URI) at(s Source) URI {
	if !s.Remote.IsValid() {
		return u
	}
	addr := netip.AddrPortFrom(s.Remote.Addr().Unmap(), s.Remote.Port())
	u.Host, _, _ = strings.Cut(addr.Addr().String(), "%")
	if addr.Addr().Is6() {
		u.Host = "[" + u.Host + "]"
	}
	u.Port = int(addr.Port())
	return u
}
