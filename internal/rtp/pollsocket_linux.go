package rtp

import (
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bound is an IPv4 socket of the system that a poller reads, for one session after the other.
type bound struct {
	fd     int
	poller *poller
	owner  *pollSocket  // who reads; under poller.mu
	waits  bool         // for an owner to start; under poller.mu
	heard  atomic.Int64 // when something came that was nobody's

	tos, priority int // as mark has set them
	unchecked     bool
}

// close gives the socket and its port back to the system.
func (b *bound) close() {
	b.poller.remove(b)
	_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(b.fd), 0, 0)
}

// leave makes it nobody's; waits says that somebody will start to read.
func (b *bound) leave(waits bool) {
	b.poller.mu.Lock()
	defer b.poller.mu.Unlock()
	b.owner, b.waits = nil, waits
}

// sockets are those of a pair that sessions have left. One that was not read has none.
type sockets struct{ media, control *bound }

func stillBound(rtp, rtcp socket) (s sockets) {
	if one, ok := rtp.(*pollSocket); ok && one.reads.Load() {
		s.media = one.bound
	}
	if one, ok := rtcp.(*pollSocket); ok && one.reads.Load() {
		s.control = one.bound
	}
	return s
}

// whole reports whether both are there.
func (s sockets) whole() bool { return s.media != nil && s.control != nil }

// heard is when something last came, 0 for never.
func (s sockets) heard() int64 { return max(s.media.heard.Load(), s.control.heard.Load()) }

// wake returns the sockets for a session.
func (s sockets) wake() (rtp, rtcp socket) {
	s.media.leave(true)
	s.control.leave(true)
	return &pollSocket{bound: s.media}, &pollSocket{bound: s.control}
}

func (s sockets) close() {
	for _, b := range []*bound{s.media, s.control} {
		if b != nil {
			b.close()
		}
	}
}

// pollSocket is what one session has of a socket.
type pollSocket struct {
	*bound
	session *Session
	control bool
	reads   atomic.Bool
	// uses counts who works with fd now; with closing set nobody may begin, and the
	// last gives it back, lest somebody write to a number that is another socket's.
	uses atomic.Int32
}

const closing = 1 << 30

func (s *pollSocket) attach(session *Session, control bool) { s.session, s.control = session, control }

// acquire keeps fd open until release. It fails once the socket is closed.
func (s *pollSocket) acquire() bool {
	for {
		n := s.uses.Load()
		if n&closing != 0 {
			return false
		}
		if s.uses.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (s *pollSocket) release() {
	if s.uses.Add(-1) == closing {
		s.free()
	}
}

func (s *pollSocket) close() {
	for {
		n := s.uses.Load()
		if n&closing != 0 {
			return
		}
		if s.uses.CompareAndSwap(n, n|closing) {
			if n == 0 {
				s.free()
			}
			return
		}
	}
}

// free leaves the socket to who takes the pair back. It runs once, when nobody uses it.
func (s *pollSocket) free() {
	reads := s.reads.Load()
	if reads {
		s.leave(false)
	} else {
		s.bound.close()
	}
	if s.session != nil { // of a pair whose other port was taken
		s.session.release()
	}
	if reads {
		s.session.work.Done()
	}
}

func (s *pollSocket) start() {
	if !s.acquire() {
		return
	}
	defer s.release()
	s.session.work.Add(1)
	s.reads.Store(true)
	if err := s.poller.add(s); err != nil {
		s.session.counts.failed.Add(1)
		s.session.config.Log.Error("an RTP socket cannot be read", "port", s.session.port, "error", err)
	}
}

func (s *pollSocket) mark(tos, priority int, checked bool) {
	changed := tos != s.tos
	if changed {
		_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_TOS, tos)
	}
	if priority != s.priority || changed && priority != 0 { // the system chooses one for each type of service
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_PRIORITY, priority)
	}
	s.tos, s.priority = tos, priority
	if checked == s.unchecked {
		unchecked := 0
		if !checked {
			unchecked = 1
		}
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, unchecked)
		s.unchecked = !checked
	}
}

// write sends a datagram. One that the system has no room for now is lost, as it
// would be further on.
func (s *pollSocket) write(b []byte, to netip.AddrPort) error {
	if !s.acquire() {
		return net.ErrClosed
	}
	defer s.release()
	if errno := sendTo(s.fd, b, to); errno != 0 {
		return os.NewSyscallError("sendto", errno)
	}
	return nil
}

// The calls of package unix allocate an address for each packet and tell the runtime
// of each; these do not. None of them waits, so the runtime need not know: its watcher
// thread, which the first call after a pause wakes, costs more than the call.

func bind(fd int, local netip.AddrPort) unix.Errno {
	a := rawAddress(local)
	_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	return errno
}

func rawAddress(a netip.AddrPort) unix.RawSockaddrInet4 {
	raw := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: a.Addr().Unmap().As4()}
	port := (*[2]byte)(unsafe.Pointer(&raw.Port)) // in network order
	port[0], port[1] = byte(a.Port()>>8), byte(a.Port())
	return raw
}

func receiveFrom(fd int, b []byte) (n int, from netip.AddrPort, errno unix.Errno) {
	var a unix.RawSockaddrInet4
	size := uint32(unsafe.Sizeof(a))
	r, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&a)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, netip.AddrPort{}, errno
	}
	port := (*[2]byte)(unsafe.Pointer(&a.Port)) // in network order
	return int(r), netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(port[0])<<8|uint16(port[1])), 0
}

func sendTo(fd int, b []byte, to netip.AddrPort) unix.Errno {
	if len(b) == 0 || !to.Addr().Unmap().Is4() {
		return unix.EAFNOSUPPORT
	}
	a := rawAddress(to)
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
			unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
		if errno != unix.EINTR {
			return errno
		}
	}
}

// epollReady asks which sockets have something, without waiting.
func epollReady(fd int, events []unix.EpollEvent) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
