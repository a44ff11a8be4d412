package sip

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A connection is one TCP or TLS connection, made or accepted. Two goroutines
// belong to it, a reader and a writer, for which Transport.Close waits. Messages
// wait for the writer in a queue of Limits.WriteQueue; when it is full, sending
// fails. A write that takes longer than Limits.WriteTimeout closes the connection.
type connection struct {
	streams  *streams
	key      connectionKey
	accepted bool
	out      chan outgoing
	done     chan struct{}
	used     atomic.Int64 // ns, when last something was written

	strange  bool        // see Strangers; under the mu of streams
	patience *time.Timer // ends it; under the mu of streams

	mu     sync.Mutex // a leaf
	nc     net.Conn
	ended  bool
	reason error
}

// outgoing is a message that waits to be written.
type outgoing struct {
	bytes []byte
	lost  func(error) // may be nil
	// written, if not nil, is closed in place of writing bytes.
	written chan struct{}
}

func newConnection(c *streams, key connectionKey, accepted bool) *connection {
	return &connection{streams: c, key: key, accepted: accepted, out: make(chan outgoing, c.t.stack.limits.WriteQueue), done: make(chan struct{})}
}

func (c *connection) isClosed() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// queue hands bytes to the writer.
func (c *connection) queue(b []byte, lost func(error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return errGone
	}
	select {
	case c.out <- outgoing{bytes: b, lost: lost}:
		return nil
	default:
		c.streams.t.stack.metrics.WritesRefused.Add(1)
		return errQueueFull
	}
}

// end closes the connection. Those whose messages were not written are told why.
func (c *connection) end(reason error) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	c.ended, c.reason = true, reason
	nc := c.nc
	close(c.done)
	c.mu.Unlock()
	if nc != nil {
		_ = nc.Close()
	}
	c.streams.forget(c)
	for {
		select {
		case o := <-c.out:
			if o.lost != nil {
				o.lost(fmt.Errorf("%w: %w", ErrTransport, reason))
			}
		default:
			return
		}
	}
}

// start takes the socket. It reports false if the connection has ended already.
func (c *connection) start(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		_ = nc.Close()
		return false
	}
	c.nc = nc
	return true
}

// dial connects and then serves.
func (c *connection) dial() {
	s := c.streams.t.stack
	ctx, cancel := context.WithTimeout(s.ctx, s.limits.ConnectTimeout)
	stop := make(chan struct{})
	go func() { // ends with the call below
		select {
		case <-c.done:
			cancel()
		case <-stop:
		}
	}()
	nc, err := c.streams.connect(ctx, c.key)
	close(stop)
	cancel()
	if err != nil {
		s.metrics.TransportErrors.Add(1)
		c.end(err)
		c.streams.t.readers.Done()
		return
	}
	c.run(nc)
}

// serve runs a connection that was accepted, after its TLS handshake.
func (c *connection) serve(nc net.Conn) {
	t := c.streams.t
	if t.Network != "tls" { // below a WebSocket TLS is there already
		c.run(nc)
		return
	}
	if !c.start(nc) { // for end to close it meanwhile
		t.readers.Done()
		return
	}
	ctx, cancel := context.WithTimeout(t.stack.ctx, t.stack.limits.ConnectTimeout)
	secure := tls.Server(nc, t.options.TLS)
	err := secure.HandshakeContext(ctx)
	cancel()
	if err != nil {
		t.tellHandshake(c.key.remote, err)
		_ = nc.Close()
		c.end(err)
		t.readers.Done()
		return
	}
	c.run(secure)
}

// tellHandshake counts and logs a TLS handshake that failed: as a warning once a second,
// for a scanner makes thousands, and never where the other end only looked whether the port is open.
func (t *Transport) tellHandshake(remote netip.AddrPort, err error) {
	s := t.stack
	s.metrics.TransportErrors.Add(1)
	level, now, last := slog.LevelDebug, time.Now().UnixNano(), s.warned.Load()
	if !errors.Is(err, io.EOF) && now-last >= int64(time.Second) && s.warned.CompareAndSwap(last, now) {
		level = slog.LevelWarn
	}
	s.log.Log(s.ctx, level, "a TLS handshake failed", "transport", t.Name, "remote", remote, "error", err)
}

// run reads until the connection ends.
func (c *connection) run(nc net.Conn) {
	defer c.streams.t.readers.Done()
	if !c.start(nc) { // also in the place of the socket below TLS
		return
	}
	f := c.streams.frame(nc)
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.end(c.write(nc, f))
	}()
	c.end(c.read(nc, f))
	<-written
}

// read takes messages until the connection fails, is silent for too long or
// brings what cannot be read on. A message that is malformed but whole is refused
// and does not end the connection.
func (c *connection) read(nc net.Conn, f framer) error {
	t := c.streams.t
	s := t.stack
	from := Source{Transport: t, Remote: c.key.remote, Local: addrPort(nc.LocalAddr()), conn: c}
	pong := func() {
		s.metrics.KeepAlives.Add(1)
		_ = c.queue(crlf, nil)
	}
	first := c.accepted
	_ = nc.SetReadDeadline(time.Now().Add(s.limits.Idle))
	if first {
		_ = nc.SetReadDeadline(time.Now().Add(s.limits.FirstMessage))
	}
	for {
		if err := f.wait(pong); err != nil {
			if !first && c.stillUsed(nc, err) {
				continue
			}
			return err
		}
		if !first {
			_ = nc.SetReadDeadline(time.Now().Add(s.limits.Message))
		}
		var came bool
		var err error
		if s.contain("reading a SIP message panicked", func() { came, err = c.readOne(f, from) }) {
			s.admission.offend(from.Remote.Addr())
			return errPanicked // where the next message begins nobody knows
		}
		if err != nil {
			return err
		}
		if came {
			first = false
		}
		if !first {
			_ = nc.SetReadDeadline(time.Now().Add(s.limits.Idle))
		}
	}
}

// readOne takes the message that begins, and reports whether it was one. An error
// ends the connection.
func (c *connection) readOne(f framer, from Source) (came bool, err error) {
	m, err := f.read()
	if err == nil {
		c.take(m, from)
		return true, nil
	}
	if c.refuse(err, from) {
		return false, nil
	}
	return false, err
}

// stillUsed reports whether an error only means that nothing was read for long,
// while we wrote, and sets the time for that anew.
func (c *connection) stillUsed(nc net.Conn, err error) bool {
	var late net.Error
	used := c.used.Load()
	if !errors.As(err, &late) || !late.Timeout() || used == 0 {
		return false
	}
	left := c.streams.t.stack.limits.Idle - time.Since(time.Unix(0, used))
	if left <= 0 {
		return false
	}
	_ = nc.SetReadDeadline(time.Now().Add(left))
	return true
}

// take hands a message to the stack.
func (c *connection) take(m *Message, from Source) {
	s := c.streams.t.stack
	if m.Source = from; s.trace.Load() != nil {
		s.traced(false, from, m.AppendTo(nil))
	}
	if !s.admission.admit(from.Remote.Addr()) {
		s.metrics.RateLimited.Add(1)
		return
	}
	s.receive(m, nil)
}

// refuse answers what could not be read, and reports whether the connection can
// be read on. If not, the answer is written before the connection is closed.
func (c *connection) refuse(err error, from Source) bool {
	var bad *ParseError
	if !errors.As(err, &bad) {
		return false
	}
	s := c.streams.t.stack
	if !s.admission.admit(from.Remote.Addr()) {
		s.metrics.RateLimited.Add(1)
		return bad.Framed
	}
	s.refuseMalformed(bad, from)
	if !bad.Framed {
		c.flush()
	}
	return bad.Framed
}

// flush waits until all that is queued is written, or the connection has ended.
func (c *connection) flush() {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	written := make(chan struct{})
	select {
	case c.out <- outgoing{written: written}:
	default:
		written = nil // the peer does not read: it would wait for long
	}
	c.mu.Unlock()
	if written == nil {
		return
	}
	select {
	case <-written:
	case <-c.done:
	}
}

func (c *connection) write(nc net.Conn, f framer) error {
	t := c.streams.t
	var tick <-chan time.Time
	if gap := t.options.KeepAlive; gap > 0 {
		ticker := time.NewTicker(gap)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		var o outgoing
		select {
		case <-c.done:
			return nil
		case o = <-c.out:
		case <-tick:
			o.bytes = keepAlive
		}
		if o.written != nil {
			close(o.written)
			continue
		}
		now := time.Now()
		c.used.Store(now.UnixNano())
		_ = nc.SetWriteDeadline(now.Add(cmp.Or(t.options.WriteTimeout, t.stack.limits.WriteTimeout)))
		if err := f.write(o.bytes); err != nil {
			t.stack.metrics.TransportErrors.Add(1)
			if o.lost != nil {
				o.lost(fmt.Errorf("%w: %w", ErrTransport, err))
			}
			return err
		}
	}
}
