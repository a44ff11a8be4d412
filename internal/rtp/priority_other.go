//go:build !linux

package rtp

import "net"

// setPriority and leaveChecksums do nothing where the system has no such thing.
func setPriority(*net.UDPConn, int) {}
func leaveChecksums(*net.UDPConn)   {}
