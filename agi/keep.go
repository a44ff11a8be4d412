package agi

import (
	"context"
	"net"
	"time"
)

// KeepAlive is the line by which a [Server] gives a connection back instead of closing it. It does so where the
// environment has "agi_keepalive: yes", which Octothorpe sends for an address that ends in ";keepalive" and Asterisk
// never does. Answered 200, the session is over as by closing, and the next environment on the connection is another call.
const KeepAlive = "KEEPALIVE"

// KeepAliveBegin is the line by which a [Server] says that a further call on a connection has come to it. It hands the call to
// its handler once that is answered 200, and not before: so the exchange, where the connection ends without that line because it
// died while it waited, knows that nothing has been done, and places the call anew.
const KeepAliveBegin = "KEEPALIVE BEGIN"

// idleTime is how long a server leaves a connection open between two calls. The exchange gives it up earlier.
const idleTime = 5 * time.Minute

// keep gives the connection back, and reports whether another call may come on it.
func (s *Session) keep(ctx context.Context) bool {
	if s.broken != nil || s.Env.Get("agi_keepalive") != "yes" {
		return false
	}
	r, err := s.Do(ctx, KeepAlive)
	return err == nil && r.Code == CodeOK
}

// begin asks for the leave to begin a further call.
func (s *Session) begin(ctx context.Context) bool {
	r, err := s.Do(ctx, KeepAliveBegin)
	return err == nil && r.Code == CodeOK
}

// rest marks a connection as one between two calls, which a server that stops closes at once. false: it stops.
func (c *calls) rest(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = true
	return !c.stopping
}

// work marks a connection as one with a call.
func (c *calls) work(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = false
	return !c.stopping
}

// stop closes the connections without a call, now and from now on.
func (c *calls) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	for conn, idle := range c.open {
		if idle {
			_ = conn.Close()
		}
	}
}
