//go:build !linux

package udptl

import "net"

// leaveChecksums does nothing where a socket can't be told so.
func leaveChecksums(*net.UDPConn) {}
