package socket

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// Dial connects to an address and a port until limit. Close ends the connection at once, and gives the
// descriptor back by way of ended.
func Dial(ctx context.Context, to netip.AddrPort, limit time.Time, ended *Closer) (Conn, error) {
	family, address, size := sockaddr(to)
	fd, _, errno := syscall.RawSyscall(syscall.SYS_SOCKET, uintptr(family), syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("socket", errno)
	}
	one := int32(1)
	_, _, _ = syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, uintptr(unsafe.Pointer(&one)), 4, 0)
	if _, _, errno = syscall.RawSyscall(syscall.SYS_CONNECT, fd, uintptr(address), size); errno != 0 && stands(fd) {
		errno = 0 // at once, as on the loopback
	}
	f := os.NewFile(fd, "tcp")
	if f == nil {
		_, _, _ = syscall.RawSyscall(syscall.SYS_CLOSE, fd, 0, 0)
		return nil, os.NewSyscallError("socket", syscall.EBADF)
	}
	raw, err := f.SyscallConn()
	if err == nil && errno != 0 {
		if err = os.NewSyscallError("connect", errno); errors.Is(errno, syscall.EINPROGRESS) || errors.Is(errno, syscall.EINTR) {
			err = connected(ctx, f, raw, limit)
		}
	}
	if err != nil {
		return nil, errors.Join(&net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}, f.Close())
	}
	return &dialled{File: f, reader: newReader(raw), writer: newWriter(raw), ended: ended}, nil
}

// dialled is a connection that Dial made.
type dialled struct {
	*os.File
	reader *reader
	writer *writer
	ended  *Closer

	patience time.Time // until when a write may wait; belongs to who writes
}

func (d *dialled) Read(b []byte) (int, error) { return d.reader.Read(b) }

// SetWriteDeadline is heeded once a write has to wait: most never do, and a timer costs more than one.
func (d *dialled) SetWriteDeadline(t time.Time) error {
	d.patience = t
	return nil
}

func (d *dialled) Write(b []byte) (int, error) {
	n, err := d.writer.now(b)
	if err != nil || n == len(b) {
		return n, err
	}
	_ = d.File.SetWriteDeadline(d.patience)
	rest, err := d.writer.Write(b[n:])
	return n + rest, err
}

// Stands reports whether the other end has neither closed the connection nor sent anything.
func (d *dialled) Stands() bool {
	var errno syscall.Errno
	var b [1]byte
	err := d.reader.raw.Control(func(fd uintptr) {
		_, _, errno = syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1, syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
	})
	return err == nil && errno == syscall.EAGAIN
}

// Close tells the other end at once.
func (d *dialled) Close() error {
	_ = d.reader.raw.Control(func(fd uintptr) { _, _, _ = syscall.RawSyscall(syscall.SYS_SHUTDOWN, fd, syscall.SHUT_RDWR, 0) })
	d.ended.Close(d.File)
	return nil
}

// sockaddr is an address as the kernel wants it.
func sockaddr(to netip.AddrPort) (family int, address unsafe.Pointer, size uintptr) {
	port := to.Port()<<8 | to.Port()>>8
	if !littleEndian {
		port = to.Port()
	}
	if ip := to.Addr().Unmap(); ip.Is4() {
		a := &syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: port, Addr: ip.As4()}
		return syscall.AF_INET, unsafe.Pointer(a), unsafe.Sizeof(*a)
	}
	a := &syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Port: port, Addr: to.Addr().As16()}
	if zone := to.Addr().Zone(); zone != "" {
		if i, err := net.InterfaceByName(zone); err == nil {
			a.Scope_id = uint32(i.Index)
		}
	}
	return syscall.AF_INET6, unsafe.Pointer(a), unsafe.Sizeof(*a)
}

var littleEndian = func() bool { n := uint16(1); return *(*byte)(unsafe.Pointer(&n)) == 1 }()

// stands reports whether there is somebody at the other end.
func stands(fd uintptr) bool {
	peer, size := syscall.RawSockaddrInet6{}, uint32(unsafe.Sizeof(syscall.RawSockaddrInet6{}))
	_, _, errno := syscall.RawSyscall(syscall.SYS_GETPEERNAME, fd, uintptr(unsafe.Pointer(&peer)), uintptr(unsafe.Pointer(&size)))
	return errno == 0
}

// connected waits until a connection stands.
func connected(ctx context.Context, f *os.File, raw syscall.RawConn, limit time.Time) error {
	_ = f.SetWriteDeadline(limit)
	defer context.AfterFunc(ctx, func() { _ = f.SetWriteDeadline(time.Unix(1, 0)) })()
	var failed int32
	err := raw.Write(func(fd uintptr) bool {
		if stands(fd) {
			return true
		}
		size := uint32(unsafe.Sizeof(failed))
		_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, fd, syscall.SOL_SOCKET, syscall.SO_ERROR,
			uintptr(unsafe.Pointer(&failed)), uintptr(unsafe.Pointer(&size)), 0)
		return failed != 0 || errno != 0
	})
	switch {
	case failed != 0:
		return os.NewSyscallError("connect", syscall.Errno(failed))
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return err
}
