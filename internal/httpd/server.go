package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Server is the one HTTP server: it serves the pages that others have registered
// with it, at the addresses of http.conf, in the clear and over TLS.
type Server struct {
	config   Config
	settings atomic.Pointer[Settings]
	address  atomic.Pointer[netip.AddrPort]
	secure   atomic.Pointer[netip.AddrPort]
	refused  atomic.Uint64 // connections over the limit

	mu      sync.Mutex // a leaf
	pages   []Page
	turn    sync.Mutex // of Configure and Close
	server  *http.Server
	ending  context.CancelFunc // ends requests that wait for something
	running sync.WaitGroup
}

// Config is what a server needs.
type Config struct {
	Logger *slog.Logger
	Name   string // in the Server header, unless http.conf has another
	Folder string // of static pages
	// MayUpload reports whether who asks may post files.
	MayUpload func(*http.Request) bool
}

// A Page is what is served at a path, which begins with a slash.
type Page struct {
	Path  string
	About string // for `http show status`
	Below bool   // what lies below the path, too
	http.Handler
	// On tells whether it is served now; nil: always.
	On func() bool
}

// NewServer returns a server that does not listen yet.
func NewServer(c Config) *Server {
	s := &Server{config: c}
	s.settings.Store(&Settings{Body: defaultBody})
	s.Handle(Page{Path: "/httpstatus", About: "Asterisk HTTP General Status", Handler: http.HandlerFunc(s.status), On: func() bool { return s.settings.Load().Status }})
	s.Handle(Page{Path: "/static", About: "Asterisk HTTP Static Delivery", Below: true, Handler: http.HandlerFunc(s.static), On: func() bool { return s.settings.Load().Static }})
	return s
}

// Handle serves a page from now on.
func (s *Server) Handle(p Page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pages := append(slices.Clone(s.pages), p)
	slices.SortStableFunc(pages, func(a, b Page) int { return len(b.Path) - len(a.Path) })
	s.pages = pages
}

// Remove serves the page of a path no longer.
func (s *Server) Remove(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages = slices.DeleteFunc(slices.Clone(s.pages), func(p Page) bool { return p.Path == path })
}

// Pages returns what is served now, the longest paths first.
func (s *Server) Pages() []Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.pages), func(p Page) bool { return p.On != nil && !p.On() })
}

// Settings returns those in force.
func (s *Server) Settings() *Settings { return s.settings.Load() }

// Address returns where HTTP is served; ok is false where it is not.
func (s *Server) Address() (at netip.AddrPort, ok bool) { return loaded(&s.address) }

// SecureAddress returns where HTTPS is served.
func (s *Server) SecureAddress() (at netip.AddrPort, ok bool) { return loaded(&s.secure) }

func loaded(p *atomic.Pointer[netip.AddrPort]) (at netip.AddrPort, ok bool) {
	if a := p.Load(); a != nil {
		return *a, true
	}
	return at, false
}

// Refused returns how many connections were over the limit.
func (s *Server) Refused() uint64 { return s.refused.Load() }

// answerTime is how long a client may take to read an answer. Handlers that wait give
// themselves more (http.ResponseController).
const answerTime = 30 * time.Second

// stopTime is how long requests have when the server moves.
const stopTime = 5 * time.Second

// Configure serves as settings say. Where the address can't be had what is served
// stays, and so does everything if only pages change.
func (s *Server) Configure(g *Settings) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	old := s.settings.Swap(g)
	if s.server != nil && sameSockets(old, g) {
		return nil
	}
	if g.Address == "" || s.server != nil && g.Address == old.Address {
		s.end()
	}
	if g.Address == "" {
		return nil
	}
	l, err := net.Listen("tcp", g.Address)
	if err != nil {
		s.settings.Store(old)
		return fmt.Errorf("listen for HTTP: %w", err)
	}
	s.end()
	s.server = &http.Server{Handler: http.HandlerFunc(s.serve), ReadTimeout: g.Inactivity, WriteTimeout: answerTime, IdleTimeout: g.KeepAlive,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelDebug)}
	ctx, cancel := context.WithCancel(context.Background())
	s.ending = cancel
	s.server.BaseContext = func(net.Listener) context.Context { return ctx }
	s.server.ConnContext = withConn
	s.server.SetKeepAlivesEnabled(g.KeepAlive > 0)
	s.address.Store(addressOf(l))
	s.run(l, g)
	if g.TLS.Address == "" {
		return nil
	}
	secure, err := g.TLS.Config("http/1.1") // HTTP/2 has no WebSockets for SIP
	if err != nil {
		return fmt.Errorf("HTTPS: %w", err)
	}
	if l, err = net.Listen("tcp", g.TLS.Address); err != nil {
		return fmt.Errorf("listen for HTTPS: %w", err)
	}
	s.secure.Store(addressOf(l))
	s.run(tls.NewListener(l, secure), g)
	return nil
}

// sameSockets reports whether two settings differ in pages alone.
func sameSockets(a, b *Settings) bool {
	part := func(g *Settings) Settings {
		return Settings{Address: g.Address, Sessions: g.Sessions, Inactivity: g.Inactivity, KeepAlive: g.KeepAlive, TLS: g.TLS}
	}
	return reflect.DeepEqual(part(a), part(b))
}

func addressOf(l net.Listener) *netip.AddrPort {
	at := l.Addr().(*net.TCPAddr).AddrPort()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	return &at
}

// run serves a listener until the server is shut down. end waits for it.
func (s *Server) run(l net.Listener, g *Settings) {
	server := s.server
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		if err := server.Serve(&limitedListener{Listener: l, most: int64(g.Sessions), refused: &s.refused}); !errors.Is(err, http.ErrServerClosed) {
			s.config.Logger.Error("HTTP server ended", "error", err)
		}
	}()
}

// end closes the server; requests that run have their time.
func (s *Server) end() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := s.stop(ctx); err != nil {
		s.config.Logger.Warn("HTTP did not stop in time", "error", err)
	}
}

// Close ends what is served; requests that run have until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.stop(ctx)
}

func (s *Server) stop(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	s.ending()
	err := s.server.Shutdown(ctx)
	if err != nil {
		_ = s.server.Close()
	}
	s.running.Wait()
	s.server = nil
	s.address.Store(nil)
	s.secure.Store(nil)
	return err
}

// serve finds the page of a request: behind the ACLs and the redirects.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	g := s.settings.Load()
	if name := s.name(g); name != "" {
		w.Header().Set("Server", name)
	}
	w.Header().Set("Cache-Control", "no-cache, no-store")
	var remote netip.AddrPort
	if len(g.Limits) > 0 {
		remote, _ = netip.ParseAddrPort(r.RemoteAddr)
	}
	for _, limit := range g.Limits {
		if strings.HasPrefix(r.URL.Path, limit.Path) && !limit.ACL.Allows(remote.Addr()) {
			w.Header().Set("Connection", "close")
			s.Error(w, http.StatusForbidden, "Forbidden", "Access denied by ACL")
			return
		}
	}
	for _, to := range g.Redirects {
		if r.URL.Path == to.From {
			w.Header().Set("Location", to.To)
			w.WriteHeader(http.StatusFound)
			return
		}
	}
	path, ok := strings.CutPrefix(r.URL.Path, g.Prefix)
	if !ok || path == "" || path[0] != '/' {
		s.notFound(w)
		return
	}
	if p, ok := s.page(path); ok {
		if r.Method == http.MethodPost && r.ContentLength > g.Body && !p.Below {
			s.tooLarge(w)
			return
		}
		if g.Prefix != "" {
			at := *r.URL
			at.Path, at.RawPath = path, strings.TrimPrefix(r.URL.RawPath, g.Prefix)
			r = r.WithContext(r.Context()) // which is a copy
			r.URL = &at
		}
		p.ServeHTTP(w, r)
		return
	}
	for _, up := range g.Uploads {
		if strings.EqualFold(path, up.From) {
			s.upload(w, r, up.Folder)
			return
		}
	}
	s.notFound(w)
}

// page finds what is served at a path, whatever its case.
func (s *Server) page(path string) (Page, bool) {
	s.mu.Lock()
	pages := s.pages // Handle makes another
	s.mu.Unlock()
	for _, p := range pages {
		if len(path) < len(p.Path) || !strings.EqualFold(path[:len(p.Path)], p.Path) {
			continue
		}
		if (len(path) == len(p.Path) || p.Below && path[len(p.Path)] == '/') && (p.On == nil || p.On()) {
			return p, true
		}
	}
	return Page{}, false
}

func (s *Server) name(g *Settings) string {
	if g.Name != nil {
		return *g.Name
	}
	return s.config.Name
}

// Name is what the server calls itself.
func (s *Server) Name() string { return s.name(s.settings.Load()) }
