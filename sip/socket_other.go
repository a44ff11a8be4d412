//go:build !linux

package sip

import "net"

func quick(u *net.UDPConn) PacketConn { return u }
