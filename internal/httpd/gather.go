package httpd

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// What package http writes of an answer that is longer than its own buffer, of 4 KiB, is two
// writes or more, each of which wakes the client. An answer that is at hand as a whole need not
// be: its handler says so, and the connection keeps what comes until it has all.

// gatherMost is how long a body may be that is gathered. Beside a longer one a write costs little.
const gatherMost = 32 << 10

// gathered are the buffers of connections that keep something.
var gathered = sync.Pool{New: func() any { return new([]byte) }}

type connKey struct{}

// withConn lets Gather find the connection of a request.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if one, ok := c.(*limitedConn); ok { // a TLS record is one write in any case
		return context.WithValue(ctx, connKey{}, one)
	}
	return ctx
}

// Gather has the answer to a GET leave in one write. The handler calls it before it writes a
// body of n bytes, of which it writes all before it returns. It is only faster: where the
// connection can't, or the body is very long, nothing happens.
func Gather(r *http.Request, n int) {
	if r.Method != http.MethodGet || n == 0 || n > gatherMost {
		return
	}
	if c, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
		c.awaited = n + 1 // there is a header, too
	}
}

// Write implements net.Conn.
func (c *limitedConn) Write(b []byte) (int, error) {
	if c.awaited <= 0 {
		return c.Conn.Write(b)
	}
	c.awaited -= len(b)
	if c.awaited <= 0 && c.kept == nil {
		return c.Conn.Write(b)
	}
	if c.kept == nil {
		c.kept = gathered.Get().(*[]byte)
	}
	*c.kept = append(*c.kept, b...)
	if c.awaited > 0 {
		return len(b), nil
	}
	_, err := c.Conn.Write(*c.kept)
	*c.kept = (*c.kept)[:0]
	gathered.Put(c.kept)
	c.kept = nil
	if err != nil {
		return 0, err
	}
	return len(b), nil
}
