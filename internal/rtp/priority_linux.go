package rtp

import (
	"net"

	"golang.org/x/sys/unix"
)

// setPriority sets the priority of a socket's packets in the system's queues,
// from which a VLAN's class of service is taken.
func setPriority(conn *net.UDPConn, priority int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PRIORITY, priority)
	})
}
