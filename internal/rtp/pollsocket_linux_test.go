package rtp

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// TestChecksums: sockets of either kind leave the checksum out where that is wanted.
func TestChecksums(t *testing.T) {
	for _, left := range []bool{false, true} {
		s := newSide(t, func(c *Config) { c.NoChecksums = left })
		v, err := unix.GetsockoptInt(s.media.(*pollSocket).fd, unix.SOL_SOCKET, unix.SO_NO_CHECK)
		if err != nil || (v != 0) != left {
			t.Errorf("a polled socket: %d %v, want %t", v, err, left)
		}
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		(&netSocket{conn: conn}).mark(0, 0, !left)
		raw, err := conn.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		_ = raw.Control(func(fd uintptr) { v, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK) })
		if err != nil || (v != 0) != left {
			t.Errorf("a socket of its own: %d %v, want %t", v, err, left)
		}
	}
}
