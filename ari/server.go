package ari

import (
	"context"
	"crypto/subtle"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

// A Server takes WebSockets that the exchange opens (websocket_client.conf and a section
// of type outbound_websocket in ari.conf): one for good, or one for each call. It is an
// http.Handler for the path that the exchange is told. Its fields are set before it serves.
type Server struct {
	// Username and Password are what the exchange has to present; anybody may come if both
	// are empty.
	Username, Password string
	// Handler has a client for each WebSocket, whose requests go over it. The WebSocket is
	// closed when it returns; ctx ends with it, and with [Server.Close].
	Handler func(ctx context.Context, client *Client)
	// Config is that of the clients. With a URL files of recordings can be had over HTTP;
	// nothing else of it is about connecting.
	Config Config

	mu      sync.Mutex // a leaf
	running sync.WaitGroup
	clients map[*Client]bool
	closed  bool
}

// ServeHTTP implements http.Handler. It returns when the WebSocket has ended.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	username, password, _ := r.BasicAuth()
	if subtle.ConstantTimeCompare([]byte(username), []byte(s.Username))&subtle.ConstantTimeCompare([]byte(password), []byte(s.Password)) == 0 &&
		s.Username+s.Password != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="ari"`)
		http.Error(w, "not allowed", http.StatusUnauthorized)
		return
	}
	c := newClient(s.Config)
	c.config.OverWebSocket, c.config.NoReconnect = true, true
	if s.Config.URL != "" {
		base, err := s.Config.base()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		c.files = base
	}
	if !s.add(c) {
		http.Error(w, "closed", http.StatusServiceUnavailable)
		return
	}
	defer s.remove(c)
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"ari"}, CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		c.config.Logger.Warn("no WebSocket of an exchange", "from", r.RemoteAddr, "error", err)
		c.cancel(err) // who asked has been answered
		return
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	l := c.newLink(newStream(conn, c.config.MaxMessage))
	c.use(l)
	go c.run(l)
	stop := context.AfterFunc(c.ctx, func() { cancel(context.Cause(c.ctx)) })
	defer stop()
	s.Handler(ctx, c)
	_ = c.Close()
	cancel(ErrClosed)
}

// add counts a client; it tells whether there is still a server.
func (s *Server) add(c *Client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.clients == nil {
		s.clients = map[*Client]bool{}
	}
	s.clients[c] = true
	s.running.Add(1)
	return true
}

func (s *Server) remove(c *Client) {
	s.mu.Lock()
	delete(s.clients, c)
	s.mu.Unlock()
	s.running.Done()
}

// Close ends all WebSockets and waits for their handlers.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.clients {
		c.cancel(ErrClosed)
	}
	s.mu.Unlock()
	s.running.Wait()
}
