package wsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/config"
)

// A Client is a WebSocket that the exchange opens.
type Client struct {
	Name               string
	URI                string
	Protocols          []string
	Username, Password string
	// Persistent is open all the time; else it is opened for each call.
	Persistent bool
	// Timeout is how long opening it may take; Interval lies between Attempts to do so,
	// of which 0 is no limit.
	Timeout, Interval time.Duration
	Attempts          int

	TLS TLS         // as written
	tls *tls.Config // nil is that of the system
}

// TLS is the options of it.
type TLS struct {
	Enabled                bool // says nothing: the scheme of the URI does
	CAFile, CAPath         string
	Certificate, Key       string
	CheckServer, CheckName bool
}

// Load reads websocket_client.conf, which may be nil.
func Load(f *config.File) ([]*Client, []config.Diagnostic) {
	r := config.NewReader(nil)
	var list []*Client
	for _, section := range f.Sections() {
		s := r.Section(section)
		if kind := s.String("type", ""); kind != "websocket_client" {
			s.Done()
			continue
		}
		c := &Client{Name: section.Name, URI: s.String("uri", ""), Username: s.String("username", ""), Password: s.String("password", ""),
			Persistent: strings.EqualFold(s.String("connection_type", "per_call_config"), "persistent"),
			Timeout:    s.Duration("connection_timeout", time.Millisecond, 500*time.Millisecond, time.Millisecond, time.Hour),
			Interval:   s.Duration("reconnect_interval", time.Millisecond, 500*time.Millisecond, time.Millisecond, 24*time.Hour),
			Attempts:   s.Int("reconnect_attempts", 4, 0, 1<<30)}
		c.Protocols = strings.FieldsFunc(s.String("protocols", s.String("subprotocols", "")), func(r rune) bool { return r == ',' || r == ' ' })
		if u, err := url.Parse(c.URI); err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
			if e, ok := section.Entry("uri"); ok {
				r.Report(config.Error, e, "write ws://host:port/path or wss://…", "uri = %s is none of a WebSocket: %s can't be opened", c.URI, c.Name)
			}
		}
		if err := c.readTLS(s); err != nil {
			if e, ok := section.Entry("type"); ok {
				r.Report(config.Error, e, "name files that can be read", "TLS of %s: %v", c.Name, err)
			}
		}
		s.Later("servers are spoken to without a proxy", "proxy_host", "proxy_username", "proxy_password")
		s.Later("keep-alives of TCP are the machine's", "tcp_keepalives", "tcp_keepalive_time", "tcp_keepalive_interval", "tcp_keepalive_probes")
		s.Done()
		list = append(list, c)
	}
	return list, r.Diagnostics()
}

// readTLS reads the options of TLS.
func (c *Client) readTLS(s *config.SectionReader) error {
	c.TLS = TLS{Enabled: s.Bool("tls_enabled", false), CAFile: s.String("ca_list_file", ""), CAPath: s.String("ca_list_path", ""),
		Certificate: s.String("cert_file", ""), Key: s.String("priv_key_file", ""),
		CheckServer: s.Bool("verify_server_cert", true), CheckName: s.Bool("verify_server_hostname", true)}
	ca, path, certificate, key := c.TLS.CAFile, c.TLS.CAPath, c.TLS.Certificate, c.TLS.Key
	checked, named := c.TLS.CheckServer, c.TLS.CheckName
	if ca == "" && path == "" && certificate == "" && checked && named {
		return nil
	}
	c.tls = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: !checked || !named} //nolint:gosec // as the file says
	if ca != "" || path != "" {
		pool := x509.NewCertPool()
		files, _ := filepath.Glob(filepath.Join(path, "*"))
		if path == "" {
			files = nil
		}
		for _, file := range append(files, ca) {
			if file == "" {
				continue
			}
			b, err := os.ReadFile(file) //nolint:gosec // the administrator names it
			if err != nil {
				return err
			}
			pool.AppendCertsFromPEM(b)
		}
		c.tls.RootCAs = pool
	}
	if certificate == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	c.tls.Certificates = []tls.Certificate{pair}
	return nil
}

// Asks reports whether the query of the URI has a parameter, and says that it is so.
func (c *Client) Asks(name string) bool {
	at, err := url.Parse(c.URI)
	if err != nil {
		return false
	}
	return config.True(at.Query().Get(name))
}

// Dial opens the WebSocket, with more in its query.
func (c *Client) Dial(ctx context.Context, query url.Values) (*websocket.Conn, error) {
	conn, _, err := c.dial(ctx, query)
	return conn, err
}

// dial is Dial, with what the server answered.
func (c *Client) dial(ctx context.Context, query url.Values) (*websocket.Conn, http.Header, error) {
	at, err := url.Parse(c.URI)
	if err != nil {
		return nil, nil, fmt.Errorf("websocket %s: %w", c.Name, err)
	}
	if len(query) > 0 {
		given := at.Query()
		for name, values := range query {
			given[name] = append(given[name], values...)
		}
		at.RawQuery = given.Encode()
	}
	o := &websocket.DialOptions{Subprotocols: c.Protocols, CompressionMode: websocket.CompressionDisabled, HTTPHeader: http.Header{}}
	if c.Username != "" {
		o.HTTPHeader.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password)))
	}
	if c.tls != nil {
		o.HTTPClient = &http.Client{Transport: &http.Transport{TLSClientConfig: c.tls}}
	}
	within, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, answer, err := websocket.Dial(within, at.String(), o)
	if err != nil {
		return nil, nil, fmt.Errorf("websocket %s: %w", c.Name, err)
	}
	return conn, answer.Header, nil
}

// DialOften is Dial as often as the file says. It returns the header of the server's answer, too.
func (c *Client) DialOften(ctx context.Context, query url.Values) (*websocket.Conn, http.Header, error) {
	for n := 1; ; n++ {
		conn, answer, err := c.dial(ctx, query)
		if err == nil || ctx.Err() != nil || c.Attempts > 0 && n >= c.Attempts {
			return conn, answer, err
		}
		select {
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		case <-time.After(c.Interval):
		}
	}
}

// A Book is the clients that there are.
type Book struct{ list atomic.Pointer[[]*Client] }

// Set puts others in force.
func (b *Book) Set(list []*Client) { b.list.Store(&list) }

// Find returns the client of a name, or nil.
func (b *Book) Find(name string) *Client {
	list := b.list.Load()
	if list == nil {
		return nil
	}
	if i := slices.IndexFunc(*list, func(c *Client) bool { return c.Name == name }); i >= 0 {
		return (*list)[i]
	}
	return nil
}
