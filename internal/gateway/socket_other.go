//go:build !linux

package gateway

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// dialTCP connects to an address and a port until limit.
func (g *Gateway) dialTCP(ctx context.Context, to netip.AddrPort, limit time.Time) (conn, error) {
	return (&net.Dialer{KeepAlive: -1, Deadline: limit}).DialContext(ctx, "tcp", to.String())
}
