package socket

import (
	"errors"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Direct writes to a TCP connection what it takes at once. A write through
// package net would wait, and so needs a goroutine for each client.
type Direct struct {
	raw  syscall.RawConn
	list [][]byte
	err  error
	try  func(fd uintptr) (done bool)
}

// NewDirect returns nil where conn is no TCP connection. One that only adds something to
// another, and to its Close alone, has a method Plain that returns that one.
func NewDirect(conn net.Conn) *Direct {
	if wrapped, ok := conn.(interface{ Plain() net.Conn }); ok {
		conn = wrapped.Plain()
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	d := &Direct{raw: raw}
	d.try = d.send
	return d
}

// Write returns what the connection did not take. One caller at a time.
func (d *Direct) Write(list [][]byte) (rest [][]byte, err error) {
	d.list, d.err = list, nil
	err = d.raw.Write(d.try)
	rest, d.list = d.list, nil
	return rest, errors.Join(err, d.err)
}

// send is what raw calls with the descriptor; it always says that it is done, or raw
// would wait.
func (d *Direct) send(fd uintptr) bool {
	for len(d.list) > 0 {
		var n int
		var err error
		if len(d.list) == 1 {
			n, err = Write(fd, d.list[0])
		} else {
			n, err = d.gather(fd)
		}
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return true
		case err != nil:
			d.err = err
			return true
		}
		for n > 0 && n >= len(d.list[0]) {
			n -= len(d.list[0])
			d.list = d.list[1:]
		}
		if n > 0 {
			d.list[0] = d.list[0][n:]
			return true // the socket is full
		}
	}
	return true
}

// fewParts and mostParts are how many parts a system call has. A list of more is garbage then.
const (
	fewParts  = 16
	mostParts = 1024 // IOV_MAX
)

// gather writes several parts, as Write does one.
func (d *Direct) gather(fd uintptr) (int, error) {
	var room [fewParts]syscall.Iovec
	parts := room[:0]
	for _, b := range d.list[:min(len(d.list), mostParts)] {
		v := syscall.Iovec{Base: unsafe.SliceData(b)}
		v.SetLen(len(b))
		parts = append(parts, v)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&parts[0])), uintptr(len(parts)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
