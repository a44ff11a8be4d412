package agi

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Port is where FastAGI listens by custom.
const Port = "4573"

// A Handler takes calls. Its error goes to the server's log; ErrHangup and ErrDead
// are no news and do not. The connection is closed when it returns, which tells the
// exchange to go on in the dialplan. The context ends with the server's grace.
type Handler interface {
	ServeAGI(ctx context.Context, s *Session) error
}

// A HandlerFunc is a function as a Handler.
type HandlerFunc func(ctx context.Context, s *Session) error

// ServeAGI implements Handler.
func (f HandlerFunc) ServeAGI(ctx context.Context, s *Session) error { return f(ctx, s) }

// A Server takes calls by FastAGI. Its fields are set before it serves.
type Server struct {
	Handler Handler
	// TLS has the server speak TLS (agis://, which Asterisk does not).
	TLS *tls.Config
	// MaxSessions is how many calls there are at once; further connections are
	// closed. 10,000 if 0.
	MaxSessions int
	// Start is how long a connection may take to send its environment. 10 s if 0.
	Start time.Duration
	// Grace is how long calls may go on when the context of Serve has ended, before
	// their own context ends; and then as long again, before they are cut off. 10 s if 0.
	Grace time.Duration
	// Logger is told of failures; slog.Default() if nil.
	Logger *slog.Logger
}

func (g *Server) logger() *slog.Logger {
	if g.Logger != nil {
		return g.Logger
	}
	return slog.Default()
}

func or[T comparable](v, usual T) T {
	var zero T
	if v == zero {
		return usual
	}
	return v
}

// ListenAndServe serves on an address, with the usual port where it has none.
func (g *Server) ListenAndServe(ctx context.Context, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), Port)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("agi: listen: %w", err)
	}
	return g.Serve(ctx, l)
}

// Serve takes calls from a listener until ctx ends or the listener fails, closes it,
// and returns when the last call has ended. The error is nil after ctx.
func (g *Server) Serve(ctx context.Context, l net.Listener) error {
	if g.TLS != nil {
		l = tls.NewListener(l, g.TLS)
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	calls := &calls{open: map[net.Conn]bool{}}
	within, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	var failed error
	for {
		c, err := l.Accept()
		if err != nil {
			var t interface{ Timeout() bool }
			if errors.As(err, &t) && t.Timeout() {
				continue
			}
			if ctx.Err() == nil {
				failed = fmt.Errorf("agi: accept: %w", err)
			}
			break
		}
		if !calls.add(c, or(g.MaxSessions, 10_000)) {
			g.logger().Warn("too many calls at once", "from", c.RemoteAddr())
			_ = c.Close()
			continue
		}
		go func() {
			defer calls.remove(c)
			g.serve(within, c, calls)
		}()
	}
	_ = l.Close()
	calls.stop()
	grace := or(g.Grace, 10*time.Second)
	if !calls.wait(grace) {
		cancel(errors.New("agi: the server stops"))
		if !calls.wait(grace) {
			calls.cut()
			calls.wait(-1)
		}
	}
	return failed
}

// serve is a connection: one call, or several where the exchange keeps it. What a handler panics with ends that
// call alone.
func (g *Server) serve(ctx context.Context, c net.Conn, calls *calls) {
	defer func() {
		if p := recover(); p != nil {
			g.logger().Error("a handler panicked", "from", c.RemoteAddr(), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	in := bufio.NewReader(c)
	for further := false; ; further = true {
		_ = c.SetDeadline(time.Now().Add(or(g.Start, 10*time.Second)))
		s, err := newSession(c, in)
		if err != nil {
			g.logger().Warn("not a call", "from", c.RemoteAddr(), "error", err)
			return
		}
		if further && !s.begin(ctx) {
			return
		}
		_ = c.SetDeadline(time.Time{})
		err = g.Handler.ServeAGI(ctx, s)
		if err != nil && !errors.Is(err, ErrHangup) && !errors.Is(err, ErrDead) {
			g.logger().Warn("a call failed", "from", c.RemoteAddr(), "script", s.Env.Get("network_script"), "error", err)
		}
		if !s.keep(ctx) || !calls.rest(c) {
			return
		}
		_ = c.SetDeadline(time.Now().Add(idleTime))
		if _, err := in.Peek(1); err != nil || !calls.work(c) {
			return
		}
	}
}

// calls are the connections of a server.
type calls struct {
	mu   sync.Mutex        // a leaf
	open map[net.Conn]bool // true: between two calls
	idle chan struct{}     // closed by the last one, if somebody waits

	stopping bool
}

func (c *calls) add(conn net.Conn, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= most {
		return false
	}
	c.open[conn] = false
	return true
}

func (c *calls) remove(conn net.Conn) {
	_ = conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
	if len(c.open) == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// wait waits for the last one, at most for d; less than 0 is for ever.
func (c *calls) wait(d time.Duration) bool {
	c.mu.Lock()
	if len(c.open) == 0 {
		c.mu.Unlock()
		return true
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	var late <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-idle:
		return true
	case <-late:
		return false
	}
}

// cut closes all connections.
func (c *calls) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Close()
	}
}

// A Mux finds the handler of a call by the path of its agi:// address. It may be
// used concurrently once its handlers are set.
type Mux struct {
	exact  map[string]Handler
	folder map[string]Handler
}

// Handle sets the handler of a path ("menu"), or of all below one that ends in a
// slash ("menu/"); "/" takes what no other does. A leading slash does not count.
func (m *Mux) Handle(path string, h Handler) {
	if m.exact == nil {
		m.exact, m.folder = map[string]Handler{}, map[string]Handler{}
	}
	path = strings.TrimPrefix(path, "/")
	if path == "" || strings.HasSuffix(path, "/") {
		m.folder[path] = h
		return
	}
	m.exact[path] = h
}

// ServeAGI implements Handler.
func (m *Mux) ServeAGI(ctx context.Context, s *Session) error {
	path := strings.TrimPrefix(s.Request().Path, "/")
	if h := m.exact[path]; h != nil {
		return h.ServeAGI(ctx, s)
	}
	for folder := path; ; folder = strings.TrimSuffix(folder, "/") {
		folder = folder[:strings.LastIndexByte(folder, '/')+1]
		if h := m.folder[folder]; h != nil {
			return h.ServeAGI(ctx, s)
		}
		if folder == "" {
			return fmt.Errorf("agi: no handler for %q", path)
		}
	}
}

// Request is the address that the dialplan called, agi://host/path?query; empty for a
// local script.
func (s *Session) Request() *url.URL {
	u, err := url.Parse(s.Env.Get("agi_request"))
	if err != nil || u.Scheme == "" {
		return &url.URL{}
	}
	return u
}
