package socket

import (
	"io"
	"time"
)

// A Conn is a connection that Dial made.
type Conn interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}
