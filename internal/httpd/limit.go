package httpd

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/socket"
)

// A limitedListener closes connections that come while there are too many, and
// counts them.
type limitedListener struct {
	net.Listener
	most    int64
	open    atomic.Int64
	refused *atomic.Uint64
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err //nolint:wrapcheck // package http looks at it
		}
		if l.open.Add(1) <= l.most {
			return &limitedConn{Conn: socket.Quiet(c), plain: c, gone: sync.OnceFunc(func() { l.open.Add(-1) })}, nil
		}
		l.open.Add(-1)
		l.refused.Add(1)
		_ = c.Close()
	}
}

// limitedConn makes room when it is closed.
type limitedConn struct {
	net.Conn
	plain net.Conn
	gone  func()

	awaited int     // bytes that are kept until all are there; see Gather
	kept    *[]byte // nil is none
}

// Plain returns the connection itself, for who writes to it past package net.
func (c *limitedConn) Plain() net.Conn { return c.plain }

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.gone()
	return c.Conn.Close()
}
