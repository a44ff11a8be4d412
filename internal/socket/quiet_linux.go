package socket

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// Quiet has a TCP connection read and written without the runtime hearing of it. Others, TLS among
// them, stay as they are.
func Quiet(c net.Conn) net.Conn {
	t, is := c.(*net.TCPConn)
	if !is {
		return c
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return c
	}
	return &quiet{TCPConn: t, reader: newReader(raw), writer: newWriter(raw)}
}

type quiet struct {
	*net.TCPConn
	reader *reader
	writer *writer
}

func (q *quiet) Read(b []byte) (int, error)  { return q.reader.Read(b) }
func (q *quiet) Write(b []byte) (int, error) { return q.writer.Write(b) }

// ReadFrom and WriteTo keep those of package net from being used.
func (q *quiet) ReadFrom(r io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{q}, r) }

// WriteTo is the other way round.
func (q *quiet) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{q}) }

// Write writes what a descriptor that does not wait takes at once. The runtime does not hear of it.
func Write(fd uintptr, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// A call is a system call under way, of one direction.
type call struct {
	raw   syscall.RawConn
	try   func(fd uintptr) bool // made once: it would be garbage each time
	b     []byte
	n     int
	errno syscall.Errno
}

// do reads or writes once. false is for one that would have to wait.
func (c *call) do(number, fd uintptr) bool {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(unsafe.SliceData(c.b))), uintptr(len(c.b)))
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		case 0:
			c.n = int(n)
		}
		c.errno = errno
		return true
	}
}

type reader struct{ call }

func newReader(raw syscall.RawConn) *reader {
	r := &reader{call{raw: raw}}
	r.try = func(fd uintptr) bool { return r.do(syscall.SYS_READ, fd) }
	return r
}

func (r *reader) Read(b []byte) (int, error) {
	r.b, r.n, r.errno = b, 0, 0
	err := r.raw.Read(r.try)
	r.b = nil
	switch {
	case err != nil:
		return 0, err
	case r.errno != 0:
		return 0, os.NewSyscallError("read", r.errno)
	case r.n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return r.n, nil
}

type writer struct {
	call
	once func(fd uintptr)
}

func newWriter(raw syscall.RawConn) *writer {
	w := &writer{call: call{raw: raw}}
	w.try, w.once = w.all, func(fd uintptr) { w.all(fd) }
	return w
}

func (w *writer) Write(b []byte) (int, error) {
	w.b, w.n, w.errno = b, 0, 0
	err := w.raw.Write(w.try)
	written := len(b) - len(w.b)
	w.b = nil
	if err == nil && w.errno != 0 {
		err = os.NewSyscallError("write", w.errno)
	}
	return written, err
}

// now writes what can be written without waiting.
func (w *writer) now(b []byte) (int, error) {
	w.b, w.n, w.errno = b, 0, 0
	err := w.raw.Control(w.once)
	written := len(b) - len(w.b)
	w.b = nil
	if err == nil && w.errno != 0 {
		err = os.NewSyscallError("write", w.errno)
	}
	return written, err
}

// all reports whether all is written, or never will be.
func (w *writer) all(fd uintptr) bool {
	for len(w.b) > 0 {
		if !w.do(syscall.SYS_WRITE, fd) {
			return false
		}
		if w.errno != 0 {
			return true
		}
		w.b = w.b[w.n:]
	}
	return true
}
