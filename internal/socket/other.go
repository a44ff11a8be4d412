//go:build !linux

package socket

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Dial connects to an address and a port until limit.
func Dial(ctx context.Context, to netip.AddrPort, limit time.Time, _ *Closer) (Conn, error) {
	return (&net.Dialer{KeepAlive: -1, Deadline: limit}).DialContext(ctx, "tcp", to.String())
}

// Quiet returns the connection itself.
func Quiet(c net.Conn) net.Conn { return c }
