package sip

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// streams is the carrier of TCP and TLS: a listener, and connections that are
// used again in both directions (RFC 3261 §18).
type streams struct {
	t        *Transport
	listener net.Listener
	frame    func(net.Conn) framer

	mu     sync.Mutex // a leaf
	conns  map[connectionKey]*connection
	counts map[netip.Addr]int // of accepted connections, if they are limited
	// strangers is how many connections there are whose peers nobody knows.
	strangers int
	shut      bool
}

// A connectionKey is the peer's address and, where we connected with TLS to a
// name, that name.
type connectionKey struct {
	remote netip.AddrPort
	name   string
}

// A framer cuts a connection into messages. TCP and TLS use frames by
// Content-Length; one for WebSocket fits in its place.
type framer interface {
	// wait returns when a message begins. pong is called for a keep-alive that
	// wants an answer. It may be called again after a time-out: nothing is lost.
	wait(pong func()) error
	// read returns the message that begins.
	read() (*Message, error)
	write(b []byte) error
}

var (
	errQueueFull   = errors.New("write queue is full")
	errConnections = errors.New("too many connections")
	errGone        = errors.New("connection is closed")
	errPanicked    = errors.New("reading a message panicked")
	crlf           = []byte("\r\n")
	keepAlive      = []byte("\r\n\r\n")
)

func (t *Transport) openStreams(address string) error {
	l := t.options.Listener
	if l == nil {
		network := "tcp" + strings.TrimPrefix(udpNetwork(address), "udp")
		c := net.ListenConfig{Control: t.options.Control, KeepAlive: 2 * time.Minute, KeepAliveConfig: t.options.TCPKeepAlive}
		var err error
		if l, err = c.Listen(context.Background(), network, address); err != nil {
			return err
		}
	}
	c := &streams{t: t, listener: l, frame: newContentFramer, conns: map[connectionKey]*connection{}, counts: map[netip.Addr]int{}}
	if isWebSocket(t.Network) {
		c.frame = newMessageFramer
	}
	t.local, t.carrier = addrPort(l.Addr()), c
	t.readers.Add(1)
	go c.accept()
	return nil
}

func (c *streams) reliable() bool { return true }

func (c *streams) accept() {
	defer c.t.readers.Done()
	s := c.t.stack
	for {
		nc, err := c.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || s.ctx.Err() != nil {
				return
			}
			s.log.Warn("a SIP transport cannot accept a connection", "transport", c.t.Name, "error", err)
			select { // out of descriptors: others must close theirs
			case <-time.After(50 * time.Millisecond):
			case <-s.ctx.Done():
				return
			}
			continue
		}
		remote := addrPort(nc.RemoteAddr())
		conn := newConnection(c, connectionKey{remote: remote}, true)
		if err := c.adopt(conn); err != nil {
			s.metrics.ConnectionsRefused.Add(1)
			_ = nc.Close()
			continue
		}
		s.metrics.ConnectionsAccepted.Add(1)
		go conn.serve(nc)
	}
}

// adopt takes a connection in and counts its goroutine.
func (c *streams) adopt(conn *connection) error {
	l := &c.t.stack.limits
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.shut:
		return ErrClosed
	case len(c.conns) >= l.Connections:
		return errConnections
	}
	if conn.accepted && l.ConnectionsPerSource > 0 && c.counts[sourceOf(conn.key.remote.Addr())] >= l.ConnectionsPerSource {
		return errConnections
	}
	if conn.accepted && c.t.options.Strangers != (Strangers{}) {
		if err := c.watch(conn); err != nil {
			return err
		}
	}
	if conn.accepted && l.ConnectionsPerSource > 0 {
		c.counts[sourceOf(conn.key.remote.Addr())]++
	}
	c.conns[conn.key] = conn
	c.t.stack.metrics.Connections.Add(1)
	c.t.readers.Add(1)
	return nil
}

func (c *streams) forget(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns[conn.key] == conn {
		delete(c.conns, conn.key)
	}
	if a := sourceOf(conn.key.remote.Addr()); conn.accepted && c.counts[a] > 0 {
		if c.counts[a]--; c.counts[a] == 0 {
			delete(c.counts, a)
		}
	}
	if conn.strange {
		conn.strange = false
		c.strangers--
	}
	if conn.patience != nil {
		conn.patience.Stop()
	}
	c.t.stack.metrics.Connections.Add(-1)
}

// send uses the connection of the source, one to the same address, or a new one.
func (c *streams) send(b []byte, to Source, serverName string, lost func(error)) error {
	if to.conn != nil && to.conn.queue(b, lost) == nil {
		return nil
	}
	key := connectionKey{to.Remote, serverName}
	c.mu.Lock()
	conn := c.conns[key]
	if conn == nil && (serverName == "" || isAddress(serverName)) {
		conn = c.conns[connectionKey{remote: to.Remote}]
	}
	c.mu.Unlock()
	if conn != nil {
		if err := conn.queue(b, lost); !errors.Is(err, errGone) {
			return err
		}
	}
	conn = newConnection(c, key, false)
	if err := conn.queue(b, lost); err != nil {
		return err
	}
	if err := c.adopt(conn); err != nil {
		c.t.stack.metrics.ConnectionsRefused.Add(1)
		return err
	}
	c.t.stack.metrics.ConnectionsDialled.Add(1)
	go conn.dial()
	return nil
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

func (c *streams) connect(ctx context.Context, key connectionKey) (net.Conn, error) {
	if isWebSocket(c.t.Network) {
		return nil, errPhonesConnect
	}
	var nc net.Conn
	var err error
	if dial := c.t.options.Dial; dial != nil {
		nc, err = dial(ctx, key.remote)
	} else {
		d := net.Dialer{Control: c.t.options.Control, KeepAliveConfig: c.t.options.TCPKeepAlive}
		if a := c.t.local.Addr(); !a.IsUnspecified() && a.Is4() == key.remote.Addr().Is4() {
			d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0))
		}
		nc, err = d.DialContext(ctx, "tcp", key.remote.String())
	}
	if err != nil || !c.t.Secure() {
		return nc, err
	}
	g := c.t.options.TLS.Clone()
	if g.ServerName == "" {
		if g.ServerName = key.name; key.name == "" {
			g.ServerName = key.remote.Addr().String()
		}
	}
	if verify := g.VerifyConnection; verify != nil {
		g.VerifyConnection = func(state tls.ConnectionState) error {
			state.ServerName = g.ServerName // package tls leaves addresses out
			return verify(state)
		}
	}
	secure := tls.Client(nc, g)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, fmt.Errorf("TLS to %s: %w", key.remote, err)
	}
	return secure, nil
}

func (c *streams) close() error {
	c.mu.Lock()
	c.shut = true
	conns := make([]*connection, 0, len(c.conns))
	for _, conn := range c.conns {
		conns = append(conns, conn)
	}
	c.mu.Unlock()
	err := c.listener.Close()
	for _, conn := range conns {
		conn.end(ErrClosed)
	}
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return err
}

// A contentFramer reads messages by Content-Length (RFC 3261 §18.3).
type contentFramer struct {
	conn  net.Conn
	r     *bufio.Reader
	empty int // CRLFs in a row
}

func newContentFramer(c net.Conn) framer {
	return &contentFramer{conn: c, r: bufio.NewReaderSize(c, 4<<10)}
}

// wait answers every second CRLF in a row: CRLF CRLF is a ping, a single one is
// the pong to ours (RFC 5626 §3.5.1).
func (f *contentFramer) wait(pong func()) error {
	for {
		b, err := f.r.Peek(1)
		if err != nil {
			return err
		}
		if b[0] != '\r' && b[0] != '\n' {
			return nil
		}
		if _, err = f.r.Discard(1); err != nil {
			return err
		}
		if b[0] == '\n' {
			if f.empty++; f.empty%2 == 0 {
				pong()
			}
		}
	}
}

func (f *contentFramer) read() (*Message, error) {
	f.empty = 0
	return ReadMessage(f.r, nil)
}

func (f *contentFramer) write(b []byte) error {
	n, err := f.conn.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}
