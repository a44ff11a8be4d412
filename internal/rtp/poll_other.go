//go:build !linux

package rtp

import "net/netip"

// pollers are for Linux alone.
type pollers struct{}

func (*pollers) listen(local netip.Addr, port uint16) (socket, error) { return listenNet(local, port) }
