package udptl

import (
	"net"

	"golang.org/x/sys/unix"
)

// leaveChecksums sends what a socket sends without a checksum.
func leaveChecksums(conn *net.UDPConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1) })
}
