package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// A socket is a connection to a FastAGI server whose system calls the runtime does
// not hear of. They never wait, so it need not: what package net does wakes the
// runtime's watcher thread at the first call after each pause, and a session is a
// pause between any two commands. See docs/decisions/013. Where a call would have to
// wait the runtime's poller does that.
//
// One goroutine reads and writes; deadlines may be set by any.
type socket struct {
	*os.File
	raw      syscall.RawConn
	ended    *closer
	patience time.Time // until when a write may wait

	// Of the call under way.
	b                []byte
	n                int
	errno            syscall.Errno
	receive, deliver func(fd uintptr) bool
	send             func(fd uintptr)
}

// dial connects to an address and a port until limit.
func (g *Gateway) dialTCP(ctx context.Context, to netip.AddrPort, limit time.Time) (conn, error) {
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
	f := os.NewFile(fd, "agi")
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
	s := &socket{File: f, raw: raw, ended: &g.ended}
	s.receive, s.deliver, s.send = s.readOne, s.writeOne, func(fd uintptr) { s.writeOne(fd) }
	return s, nil
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

// Close tells the server at once, and gives the descriptor back soon.
func (s *socket) Close() error {
	_ = s.raw.Control(func(fd uintptr) { _, _, _ = syscall.RawSyscall(syscall.SYS_SHUTDOWN, fd, syscall.SHUT_RDWR, 0) })
	s.ended.close(s.File)
	return nil
}

func (s *socket) Read(b []byte) (int, error) {
	s.b, s.n, s.errno = b, 0, 0
	err := s.raw.Read(s.receive)
	s.b = nil
	switch {
	case err != nil:
		return 0, err
	case s.errno != 0:
		return 0, os.NewSyscallError("read", s.errno)
	case s.n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return s.n, nil
}

func (s *socket) readOne(fd uintptr) bool {
	return s.call(syscall.SYS_READ, fd)
}

// SetWriteDeadline is heeded when a write has to wait.
func (s *socket) SetWriteDeadline(t time.Time) error {
	s.patience = t
	return nil
}

func (s *socket) Write(b []byte) (int, error) {
	s.b, s.n, s.errno = b, 0, 0
	err := s.raw.Control(s.send)
	if err == nil && s.errno == 0 && len(s.b) > 0 { // the server does not keep up
		_ = s.File.SetWriteDeadline(s.patience)
		err = s.raw.Write(s.deliver)
	}
	written := len(b) - len(s.b)
	s.b = nil
	if err == nil && s.errno != 0 {
		err = os.NewSyscallError("write", s.errno)
	}
	return written, err
}

// writeOne reports whether all is written, or never will be.
func (s *socket) writeOne(fd uintptr) bool {
	for len(s.b) > 0 {
		if !s.call(syscall.SYS_WRITE, fd) {
			return false
		}
		if s.errno != 0 {
			return true
		}
		s.b = s.b[s.n:]
	}
	return true
}

// call reads or writes once. false is for one that would have to wait.
func (s *socket) call(number, fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(s.b))), uintptr(len(s.b)))
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		case 0:
			s.n = int(n)
		}
		s.errno = errno
		return true
	}
}
