package exchange

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/httpd"
)

// metricsServer is the HTTP server of http.conf. So far it serves /metrics, and at /ws
// phones in browsers. What changes it comes in the turns of reloading.
type metricsServer struct {
	settings httpSettings
	server   *http.Server         // nil: nothing is served
	phones   *httpd.Hub           // WebSockets of SIP, made with the exchange
	registry *prometheus.Registry // nil: nothing was ever served
	address  atomic.Pointer[netip.AddrPort]
	refused  atomic.Uint64  // connections over the limit
	done     sync.WaitGroup // of what is served
}

// listens returns where it listens; ok is false where nothing is served.
func (m *metricsServer) listens() (at netip.AddrPort, ok bool) {
	if a := m.address.Load(); a != nil {
		return *a, true
	}
	return at, false
}

// httpSettings are http.conf.
type httpSettings struct {
	address    string        // "" serves nothing
	sessions   int           // sessionlimit: connections at a time
	inactivity time.Duration // session_inactivity: how long a request may take to come
	keepAlive  time.Duration // session_keep_alive: how long the next may; 0 takes none
	tls        tlsSettings
}

// tlsSettings are those of http.conf for HTTPS.
type tlsSettings struct {
	address          string // "" serves none
	certificate, key string // files
	noTLS12          bool
}

// answerTime is how long a client may take to read the figures.
const answerTime = 30 * time.Second

// readHTTP reads http.conf, which may be nil. As on the reference nothing is served
// without a bindaddr, or at one that is none.
func readHTTP(f *config.File) (h httpSettings, problems []config.Diagnostic) {
	r := config.NewReader(nil)
	s := r.Section(f.Section("general"))
	enabled, bind := s.Bool("enabled", false), s.String("bindaddr", "")
	address := net.JoinHostPort(strings.Trim(bind, "[]"), strconv.Itoa(s.Int("bindport", 8088, 0, 65535)))
	h.sessions = s.Int("sessionlimit", 100, 1, 65535)
	h.inactivity = s.Duration("session_inactivity", time.Millisecond, 30*time.Second, time.Millisecond, time.Hour)
	h.keepAlive = s.Duration("session_keep_alive", time.Millisecond, 15*time.Second, 0, time.Hour)
	s.Meaningless("servername", "prefix")
	h.tls = readTLS(s, bind)
	s.Meaningless("tlsdisablev1", "tlsdisablev11", "tlsservercipherorder") // none of them is spoken, and the order is Go's
	s.Later("enable_static", "enablestatic", "enable_status", "max_request_body", "redirect", "tlscipher")
	s.Done()
	wrong := config.CheckHost(bind)
	switch e, _ := f.Section("general").Entry("enabled"); {
	case enabled && bind == "":
		r.Report(config.Warning, e, "write bindaddr=127.0.0.1, or 0.0.0.0 for all", "without a bindaddr HTTP is not served, as in Asterisk")
	case enabled && wrong != nil:
		e, _ = f.Section("general").Entry("bindaddr")
		r.Report(config.Error, e, "write bindaddr=127.0.0.1, or 0.0.0.0 for all", "bindaddr: %v: HTTP is not served", wrong)
	case enabled:
		h.address = address
	}
	if e, ok := f.Section("general").Entry("tlsenable"); ok && h.tls.address != "" && h.tls.certificate == "" {
		r.Report(config.Error, e, "write tlscertfile=, and tlsprivatekey= if the key is in another file", "HTTPS is not served without a certificate")
		h.tls.address = ""
	}
	return h, r.Diagnostics()
}

// httpsPort is where HTTPS is served unless tlsbindaddr says otherwise.
const httpsPort = "8089"

// readTLS reads what http.conf says of HTTPS, which is served beside HTTP.
func readTLS(s *config.SectionReader, bind string) (t tlsSettings) {
	enabled, at := s.Bool("tlsenable", false), s.String("tlsbindaddr", "")
	t.certificate, t.key = s.String("tlscertfile", ""), s.String("tlsprivatekey", "")
	t.noTLS12 = s.Bool("tlsdisablev12", false)
	if t.key == "" {
		t.key = t.certificate
	}
	if at == "" {
		at = bind
	}
	if host, port, err := net.SplitHostPort(at); err == nil {
		at = net.JoinHostPort(host, port)
	} else {
		at = net.JoinHostPort(strings.Trim(at, "[]"), httpsPort)
	}
	if enabled {
		t.address = at
	}
	return t
}

// configure reads http.conf and serves HTTP as it says. A file that can't be read
// leaves what is in force, and so does an address that can't be had.
func (m *metricsServer) configure(x *Exchange) error {
	f, err := x.load("http.conf")
	if err != nil && !isMissing(err) {
		return err
	}
	h, problems := readHTTP(f)
	x.report(problems)
	if m.server != nil && h == m.settings {
		return nil
	}
	if h.address == "" || m.server != nil && h.address == m.settings.address {
		m.end(x)
	}
	if h.address == "" {
		return nil
	}
	l, err := net.Listen("tcp", h.address)
	if err != nil {
		return fmt.Errorf("listen for HTTP: %w", err)
	}
	m.end(x)
	m.serve(x, l, h)
	return m.secure(x, h)
}

// secure serves HTTPS beside HTTP: the same pages by the same server.
func (m *metricsServer) secure(x *Exchange, h httpSettings) error {
	if h.tls.address == "" {
		return nil
	}
	certificate, err := tls.LoadX509KeyPair(h.tls.certificate, h.tls.key)
	if err != nil {
		return fmt.Errorf("HTTPS: certificate: %w", err)
	}
	l, err := net.Listen("tcp", h.tls.address)
	if err != nil {
		return fmt.Errorf("listen for HTTPS: %w", err)
	}
	g := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}} // HTTP/2 has no WebSockets for SIP
	if h.tls.noTLS12 {
		g.MinVersion = tls.VersionTLS13
	}
	m.run(x, tls.NewListener(m.limited(l, h), g))
	return nil
}

// limited closes what is too much.
func (m *metricsServer) limited(l net.Listener, h httpSettings) net.Listener {
	return &limitedListener{Listener: l, most: int64(h.sessions), refused: &m.refused}
}

// run serves a listener until the server is shut down. end waits for it.
func (m *metricsServer) run(x *Exchange, l net.Listener) {
	server := m.server
	m.done.Add(1)
	go func() {
		defer m.done.Done()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			x.log.Error("HTTP server ended", "error", err)
		}
	}()
}

// end closes the server; requests that run have their time.
func (m *metricsServer) end(x *Exchange) {
	if err := inTime(m.stop); err != nil {
		x.log.Warn("HTTP did not stop in time", "error", err)
	}
	m.server = nil
	m.address.Store(nil)
}

func (m *metricsServer) serve(x *Exchange, l net.Listener, h httpSettings) {
	if m.registry == nil {
		m.registry = prometheus.NewRegistry()
		m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
		x.collect(m.registry)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.Handle("/ws", m.phones)
	mux.Handle("/ws/", m.phones)
	server := &http.Server{Handler: mux, ReadTimeout: h.inactivity, WriteTimeout: answerTime, IdleTimeout: h.keepAlive, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(x.log.Handler(), slog.LevelDebug)}
	m.settings, m.server = h, server
	server.SetKeepAlivesEnabled(h.keepAlive > 0)
	at := l.Addr().(*net.TCPAddr).AddrPort()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	m.address.Store(&at)
	m.run(x, m.limited(l, h))
}

func (m *metricsServer) stop(ctx context.Context) error {
	if m.server == nil {
		return nil
	}
	err := m.server.Shutdown(ctx)
	if err != nil {
		_ = m.server.Close()
	}
	m.done.Wait()
	return err
}

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
			return &limitedConn{Conn: c, gone: sync.OnceFunc(func() { l.open.Add(-1) })}, nil
		}
		l.open.Add(-1)
		l.refused.Add(1)
		_ = c.Close()
	}
}

// limitedConn makes room when it is closed.
type limitedConn struct {
	net.Conn
	gone func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	defer c.gone()
	return c.Conn.Close()
}
