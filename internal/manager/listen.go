package manager

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"time"
)

// A port is where the server listens.
type port struct {
	net.Listener
	secure *tls.Config // nil: in the clear
}

// portKey is what a port was configured as.
type portKey struct {
	address string
	secure  bool
}

// Configure applies settings: it listens, or listens elsewhere, or no more. Sessions
// that are logged in stay. Where one of the addresses can't be had, the other is
// served all the same.
func (s *Server) Configure(g *Settings) error {
	s.settings.Store(g)
	s.hub.keep(g)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("manager is closed")
	}
	want := map[portKey]*tls.Config{}
	if g.Enabled {
		want[portKey{g.Address, false}] = nil
	}
	var failed error
	if g.Enabled && g.TLS.Address != "" {
		secure, err := g.TLS.Config()
		if err != nil {
			failed = fmt.Errorf("manager is not served over TLS: %w", err)
		} else {
			want[portKey{g.TLS.Address, true}] = secure
		}
	}
	for key, p := range s.ports {
		if _, ok := want[key]; !ok {
			_ = p.Close()
			delete(s.ports, key)
		}
	}
	for key, secure := range want {
		if p := s.ports[key]; p != nil {
			s.ports[key] = &port{p.Listener, secure} // with the certificate of today
			continue
		}
		l, err := net.Listen("tcp", key.address)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("manager can't listen: %w", err))
			continue
		}
		s.ports[key] = &port{l, secure}
		s.running.Add(1)
		go s.accept(l, key)
	}
	return failed
}

// Address returns where the server listens in the clear, or nil.
func (s *Server) Address() net.Addr { return s.address(false) }

// SecureAddress returns where it listens for TLS, or nil.
func (s *Server) SecureAddress() net.Addr { return s.address(true) }

func (s *Server) address(secure bool) net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.ports {
		if (p.secure != nil) == secure {
			return p.Addr()
		}
	}
	return nil
}

// Close ends all sessions and waits for them, or for ctx.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for key, p := range s.ports {
		_ = p.Close()
		delete(s.ports, key)
	}
	for c := range s.sessions {
		c.close(errStopping)
	}
	web := slices.Collect(maps.Values(s.web))
	s.mu.Unlock()
	for _, w := range web {
		s.dropWeb(w)
	}
	s.hub.close()
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) accept(l net.Listener, key portKey) {
	defer s.running.Done()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.logger.Warn("manager could not accept a connection", "error", err)
			time.Sleep(50 * time.Millisecond) // out of descriptors: let others close theirs
			continue
		}
		s.mu.Lock()
		if p := s.ports[key]; p != nil && p.secure != nil {
			conn = tls.Server(conn, p.secure)
		}
		s.mu.Unlock()
		_, secure := conn.(*tls.Conn)
		s.admit(conn, secure)
	}
}

// admit starts a session unless too many have not logged in yet.
func (s *Server) admit(conn net.Conn, secure bool) {
	g := s.settings.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || g.AuthLimit > 0 && s.waiting >= g.AuthLimit {
		s.refused.Add(1)
		_ = conn.Close()
		return
	}
	c := newSession(s, conn)
	c.secure = secure
	if _, browser := conn.(*socket); browser {
		c.form.Store(uint32(formJSON))
	}
	c.out.configure(g.QueueBytes, g.QueueTime)
	s.enter(c)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		c.serve()
		s.leave(c)
	}()
}

// enter makes a session known, which has not logged in; s.mu is held.
func (s *Server) enter(c *session) {
	s.sessions[c] = struct{}{}
	c.waits = true
	s.waiting++
}

func (s *Server) leave(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, c)
	s.welcomed(c)
}

// welcomed makes room for another session that has not logged in; s.mu is held.
func (s *Server) welcomed(c *session) {
	if c.waits {
		c.waits = false
		s.waiting--
	}
}
