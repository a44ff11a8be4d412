//go:build !linux

package rtp

import "net/netip"

// pollers are for Linux alone.
type pollers struct{}

func (*pollers) listen(local netip.Addr, port uint16) (socket, error) { return listenNet(local, port) }

// sockets stay bound on Linux alone.
type sockets struct{}

func stillBound(_, _ socket) sockets     { return sockets{} }
func (sockets) whole() bool              { return false }
func (sockets) heard() int64             { return 0 }
func (sockets) wake() (rtp, rtcp socket) { return nil, nil }
func (sockets) close()                   {}
