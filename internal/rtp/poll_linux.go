package rtp

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pollers read the sockets of all sessions. A goroutine for each socket, with its
// stack and buffer, made a call cost twice the memory and a good part of the time
// that it takes to set it up and to wake somebody for each packet. Each poller has
// an epoll set of its own, whose descriptor the Go runtime waits for.
type pollers struct {
	once sync.Once
	list []poller
}

const (
	// pollersMost is how many there are at most: as many as there are processors.
	pollersMost = 8
	// pollTurn is how many sockets are served at one look.
	pollTurn = 64
	// pollLinger is how long a poller without sockets stays, for the next call. Sockets
	// that rest keep it, too.
	pollLinger = 50 * time.Millisecond
)

// listen binds a socket that a poller reads; those of IPv6 have their own reader.
func (p *pollers) listen(local netip.Addr, port uint16) (socket, error) {
	if !local.Is4() {
		return listenNet(local, port)
	}
	p.once.Do(func() { p.list = make([]poller, max(1, min(runtime.NumCPU(), pollersMost))) })
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a socket: %w", err)
	}
	if err := bind(fd, netip.AddrPortFrom(local, port)); err != 0 {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind port %d: %w", port, err)
	}
	return &pollSocket{bound: &bound{fd: fd, poller: &p.list[int(port/2)%len(p.list)]}}, nil
}

// A poller is a goroutine that reads many sockets. It runs while it has any, and a
// little longer. Callbacks run on it: one that waited would hold up its other calls.
type poller struct {
	mu      sync.Mutex       // a leaf
	sockets map[int32]*bound // in the set, by descriptor
	epoll   *os.File         // nil while the goroutine does not run
	fd      int              // of epoll
	idle    *time.Timer
}

// add begins to read a socket, which may be in the set from the session before.
func (p *poller) add(s *pollSocket) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.owner = s
	s.waits = false
	if p.sockets[int32(s.fd)] == s.bound {
		return nil
	}
	if p.epoll == nil {
		if err := p.begin(); err != nil {
			return err
		}
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(s.fd)}
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, s.fd, &event); err != nil {
		return fmt.Errorf("watch a socket: %w", err)
	}
	p.sockets[int32(s.fd)] = s.bound
	return nil
}

// begin starts the goroutine; p.mu is held. rest ends it.
func (p *poller) begin() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return fmt.Errorf("make an epoll set: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // so that the runtime watches it
		_ = unix.Close(fd)
		return fmt.Errorf("make an epoll set: %w", err)
	}
	epoll := os.NewFile(uintptr(fd), "epoll")
	raw, err := epoll.SyscallConn()
	if err != nil {
		_ = epoll.Close()
		return fmt.Errorf("watch an epoll set: %w", err)
	}
	p.epoll, p.fd = epoll, fd
	if p.sockets == nil {
		p.sockets = map[int32]*bound{}
	}
	go p.run(raw)
	return nil
}

// remove forgets a socket that is about to be closed.
func (p *poller) remove(b *bound) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sockets[int32(b.fd)] != b {
		return
	}
	delete(p.sockets, int32(b.fd))
	switch {
	case len(p.sockets) > 0:
	case p.idle == nil:
		p.idle = time.AfterFunc(pollLinger, p.rest)
	default:
		p.idle.Reset(pollLinger)
	}
}

// rest ends the goroutine if there is still nothing to read.
func (p *poller) rest() {
	p.mu.Lock()
	epoll := p.epoll
	if len(p.sockets) > 0 || epoll == nil {
		p.mu.Unlock()
		return
	}
	p.epoll = nil
	p.mu.Unlock()
	_ = epoll.Close() // waits until run has let go of it
}

// run serves the sockets that have something until the set is closed. When there is
// nothing more it has the runtime wait, which returns at once if more came meanwhile.
func (p *poller) run(raw syscall.RawConn) {
	events := make([]unix.EpollEvent, pollTurn)
	buffer := make([]byte, maxDatagram)
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err := epollReady(int(fd), events)
			if err != nil && err != unix.EINTR {
				return true // cannot happen with a set that is open
			}
			for _, event := range events[:n] {
				p.serve(event.Fd, buffer)
			}
			if n == 0 {
				return false
			}
		}
	})
}

// serve reads one datagram of a socket; if there are more the set says so again.
func (p *poller) serve(fd int32, buffer []byte) {
	p.mu.Lock()
	s := p.reader(p.sockets[fd], buffer)
	p.mu.Unlock()
	if s == nil {
		return
	}
	defer s.release()
	n, from, err := receiveFrom(s.fd, buffer)
	switch err {
	case 0:
		s.session.arrived(s.control, buffer[:n], from)
	case unix.EAGAIN, unix.EINTR:
	default:
		s.session.counts.failed.Add(1)
	}
}

// reader acquires whose session reads what has come on b. Nobody's is read away, for
// the next session must not hear it, and what came before a session began waits for
// it outside of the set. p.mu is held.
func (p *poller) reader(b *bound, buffer []byte) *pollSocket {
	switch {
	case b == nil:
	case b.owner != nil:
		if b.owner.acquire() {
			return b.owner
		}
	case b.waits:
		delete(p.sockets, int32(b.fd))
		_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, b.fd, nil)
	default:
		b.heard.Store(now())
		_, _, _ = receiveFrom(b.fd, buffer)
	}
	return nil
}
