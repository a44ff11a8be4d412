//go:build !linux

package rtp

import "net"

// setPriority does nothing where the system has no such thing.
func setPriority(*net.UDPConn, int) {}
