package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/ami"
)

// A listener is where clients connect: kind is ami, websocket or metrics.
type listener struct {
	net.Listener
	kind   string
	server *http.Server // of the latter two
	tls    atomic.Pointer[tls.Config]
}

func (l *listener) close() {
	_ = l.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
}

// prepare opens the listeners that a configuration has more than there are. commit
// has all serve, and closes those that are no more.
func (p *Proxy) prepare(c *Config) (commit func(), err error) {
	p.mu.RLock()
	old := p.listeners
	p.mu.RUnlock()
	next, secure := map[string]*listener{}, map[string]*tls.Config{}
	var fresh []*listener
	open := func(kind string, w Listener) error {
		config, err := c.serverTLS(w.TLS)
		if err != nil {
			return fmt.Errorf("listen at %s: %w", w.Address, err)
		}
		key := kind + " " + w.Address
		l := old[key]
		if l == nil {
			socket, err := net.Listen("tcp", w.Address)
			if err != nil {
				return err
			}
			l = &listener{Listener: socket, kind: kind, server: p.server(kind)}
			fresh = append(fresh, l)
		}
		next[key], secure[key] = l, config
		return nil
	}
	for _, w := range c.Listen {
		err = errors.Join(err, open("ami", w))
	}
	for _, w := range c.WebSocket {
		err = errors.Join(err, open("websocket", w))
	}
	if c.Metrics != "" {
		err = errors.Join(err, open("metrics", Listener{Address: c.Metrics}))
	}
	if err != nil {
		for _, l := range fresh {
			l.close()
		}
		return nil, err
	}
	return func() {
		for key, l := range next {
			l.tls.Store(secure[key])
		}
		p.mu.Lock()
		p.listeners = next
		p.mu.Unlock()
		for key, l := range old {
			if next[key] != l {
				l.close()
			}
		}
		for _, l := range fresh {
			p.running.Add(1)
			go p.listen(l)
		}
	}, nil
}

// server is what speaks HTTP on a listener; nil for AMI.
func (p *Proxy) server(kind string) *http.Server {
	mux := http.NewServeMux()
	switch kind {
	case "ami":
		return nil
	case "metrics":
		mux.Handle("/metrics", p.figures.handler())
	default:
		mux.HandleFunc("/ami", p.webSocket)
	}
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
}

// listen takes connections until the listener is closed.
func (p *Proxy) listen(l *listener) {
	defer p.running.Done()
	p.logger.Info("listening", "for", l.kind, "address", l.Addr())
	if l.server != nil {
		_ = l.server.Serve(&secured{l})
		return
	}
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			p.logger.Warn("could not accept a connection", "error", err)
			select {
			case <-time.After(50 * time.Millisecond): // out of descriptors: let others close theirs
			case <-p.ctx.Done():
			}
			continue
		}
		p.running.Add(1)
		go func() {
			defer p.running.Done()
			p.meet(l, conn)
		}()
	}
}

// meet is a connection for AMI.
func (p *Proxy) meet(l *listener, conn net.Conn) {
	from := addressOf(conn.RemoteAddr())
	if config := l.tls.Load(); config != nil {
		over := tls.Server(conn, config)
		ctx, cancel := context.WithTimeout(p.ctx, p.config.Load().Limits.LoginTimeout)
		err := over.HandshakeContext(ctx)
		cancel()
		if err != nil {
			p.figures.refused.Add(1)
			_ = conn.Close()
			return
		}
		conn = over
	}
	p.serve(conn, from, lines{ami.NewReader(conn, ami.Limits{Message: p.config.Load().Limits.Message, Fields: 1000})}, false)
}

func addressOf(a net.Addr) netip.Addr {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// secured is a listener whose certificate may change while it listens.
type secured struct{ *listener }

// Accept implements net.Listener. The handshake is made by who reads first.
func (s *secured) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if config := s.tls.Load(); err == nil && config != nil {
		conn = tls.Server(conn, config)
	}
	return conn, err
}
