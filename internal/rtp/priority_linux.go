package rtp

import (
	"net"

	"golang.org/x/sys/unix"
)

// setPriority sets the priority of a socket's packets in the system's queues,
// from which a VLAN's class of service is taken.
func setPriority(conn *net.UDPConn, priority int) { setOption(conn, unix.SO_PRIORITY, priority) }

// leaveChecksums sends what a socket sends without a checksum.
func leaveChecksums(conn *net.UDPConn) { setOption(conn, unix.SO_NO_CHECK, 1) }

func setOption(conn *net.UDPConn, option, value int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, value)
	})
}
