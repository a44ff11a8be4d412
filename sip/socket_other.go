//go:build !linux

package sip

import (
	"net"
	"net/netip"
)

// A socket is a UDP socket.
type socket struct{ *net.UDPConn }

func quick(u *net.UDPConn) PacketConn { return u }

func (*socket) readNow([]byte) (int, netip.AddrPort, bool) { return 0, netip.AddrPort{}, false }

func (*socket) waited() bool { return false }
