package dot1x

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// A Wire carries frames between the switch and us.
type Wire interface {
	Read(b []byte) (int, error)
	Write(b []byte) (int, error)
	Close() error // Read ends
}

// Open is the wire of a network interface, on which all frames are read, also those
// for other addresses. It needs the right to do that (CAP_NET_RAW).
func Open(name string) (Wire, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", name, err)
	}
	const all = unix.ETH_P_ALL>>8 | unix.ETH_P_ALL&0xff<<8
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("reading frames of %s: %w", name, err)
	}
	file := os.NewFile(uintptr(fd), "frames of "+name) // from here on it is closed with the file
	err = unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &unix.PacketMreq{Ifindex: int32(i.Index), Type: unix.PACKET_MR_PROMISC})
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: i.Index})
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("reading frames of %s: %w", name, err)
	}
	return file, nil
}
