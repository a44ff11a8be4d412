package sip

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"unsafe"
)

// A socket is a UDP socket whose system calls the runtime does not hear of. They
// never wait, so it need not: what package net does wakes the runtime's watcher
// thread at the first call after a pause, which costs a quiet server more than the
// call itself. Where a call would have to wait the embedded one is used.
type socket struct {
	*net.UDPConn
	raw syscall.RawConn
	v6  bool

	// These belong to the reader, of which there is one.
	receive func(fd uintptr) bool
	look    func(fd uintptr)
	into    []byte
	n       int
	from    netip.AddrPort
	errno   syscall.Errno
	tries   int                      // of the last read
	peer    syscall.RawSockaddrInet6 // the larger
	call    func(s *socket, fd uintptr) (int, syscall.Errno)
}

func quick(u *net.UDPConn) PacketConn {
	raw, err := u.SyscallConn()
	if err != nil {
		return u
	}
	local := addrPort(u.LocalAddr()).Addr()
	s := &socket{UDPConn: u, raw: raw, v6: local.Is6() && !local.Is4In6(), call: (*socket).recvfrom}
	s.receive = s.readOne
	s.look = func(fd uintptr) { s.readOne(fd) }
	return s
}

func (s *socket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	s.into, s.tries = b, 0
	if err := s.raw.Read(s.receive); err != nil {
		return 0, netip.AddrPort{}, err
	}
	if s.errno != 0 {
		return 0, netip.AddrPort{}, os.NewSyscallError("recvfrom", s.errno)
	}
	return s.n, s.from, nil
}

// readOne reports whether there was something, be it an error. A call that a signal
// interrupted tells nothing: what is there is not announced a second time.
func (s *socket) readOne(fd uintptr) bool {
	s.tries++
	n, errno := s.call(s, fd)
	for errno == syscall.EINTR {
		n, errno = s.call(s, fd)
	}
	if errno == syscall.EAGAIN {
		return false
	}
	s.n, s.errno = n, errno
	if errno == 0 {
		s.from = peerOf(&s.peer)
	}
	return true
}

func (s *socket) recvfrom(fd uintptr) (int, syscall.Errno) {
	size := uint32(unsafe.Sizeof(s.peer))
	r, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(s.into))), uintptr(len(s.into)),
		syscall.MSG_DONTWAIT, uintptr(unsafe.Pointer(&s.peer)), uintptr(unsafe.Pointer(&size)))
	return int(r), errno
}

func peerOf(a *syscall.RawSockaddrInet6) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&a.Port)) // in network order
	number := uint16(port[0])<<8 | uint16(port[1])
	if a.Family == syscall.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4((*syscall.RawSockaddrInet4)(unsafe.Pointer(a)).Addr), number)
	}
	addr := netip.AddrFrom16(a.Addr)
	if a.Scope_id != 0 {
		if i, err := net.InterfaceByIndex(int(a.Scope_id)); err == nil {
			addr = addr.WithZone(i.Name)
		}
	}
	return netip.AddrPortFrom(addr, number)
}

// A sending is the arguments and the result of one call.
type sending struct {
	run   func(fd uintptr)
	b     []byte
	to    netip.AddrPort
	v6    bool
	errno syscall.Errno
}

var sendings = sync.Pool{New: func() any {
	s := new(sending)
	s.run = s.send
	return s
}}

func (s *socket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if len(b) == 0 || to.Addr().Zone() != "" || to.Addr().Unmap().Is4() == s.v6 {
		return s.UDPConn.WriteToUDPAddrPort(b, to)
	}
	c := sendings.Get().(*sending)
	c.b, c.to, c.v6 = b, to, s.v6
	err := s.raw.Control(c.run)
	errno := c.errno
	c.b, c.errno = nil, 0
	sendings.Put(c)
	switch {
	case err != nil:
		return 0, err
	case errno == syscall.EAGAIN, errno == syscall.EINTR:
		return s.UDPConn.WriteToUDPAddrPort(b, to)
	case errno != 0:
		return 0, os.NewSyscallError("sendto", errno)
	}
	return len(b), nil
}

func (c *sending) send(fd uintptr) {
	if c.v6 {
		a := syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Addr: c.to.Addr().As16()}
		setPort(&a.Port, c.to.Port())
		c.call(fd, unsafe.Pointer(&a), unsafe.Sizeof(a))
		return
	}
	a := syscall.RawSockaddrInet4{Family: syscall.AF_INET, Addr: c.to.Addr().Unmap().As4()}
	setPort(&a.Port, c.to.Port())
	c.call(fd, unsafe.Pointer(&a), unsafe.Sizeof(a))
}

func (c *sending) call(fd uintptr, address unsafe.Pointer, size uintptr) {
	_, _, c.errno = syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(c.b))), uintptr(len(c.b)),
		syscall.MSG_DONTWAIT, uintptr(address), size)
}

func setPort(p *uint16, port uint16) { // in network order
	b := (*[2]byte)(unsafe.Pointer(p))
	b[0], b[1] = byte(port>>8), byte(port)
}

// readNow reads a datagram if one is there. Only the reader may call it.
func (s *socket) readNow(b []byte) (int, netip.AddrPort, bool) {
	s.into, s.errno, s.tries = b, syscall.EAGAIN, 0
	if s.raw.Control(s.look) != nil || s.errno != 0 {
		return 0, netip.AddrPort{}, false
	}
	return s.n, s.from, true
}

// waited reports whether the last read had to wait. Only the reader may call it.
func (s *socket) waited() bool { return s.tries > 1 }
