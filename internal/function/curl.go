package function

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// curls are the functions that ask a web server.
func (h *House) curls() []Function {
	return []Function{
		partly(riskyWrite(full("CURL", "func_curl", "What a web server answers", "url[,post-data]", h.curlRead, h.curlWrite)),
			"FTP; digest authentication, SOCKS4 and keys with a password of CURLOPT"),
		full("CURLOPT", "func_curl", "Option of CURL, of the leg or, without one, of all", "key", h.curlOptionRead, h.curlOptionWrite),
	}
}

const (
	curlAgent = "asterisk-libcurl-agent/1.0" // what web servers of people's know
	curlWait  = 180 * time.Second
	curlMost  = 16 << 20 // bytes of an answer
	// curlFields is the variable in which a leg finds the names of the fields
	// that a call with hashcompat brought, for HASH.
	curlFields = "~ODBCFIELDS~"
)

// curlRead asks for a page, or posts what stands behind the comma to it.
func (h *House) curlRead(ctx context.Context, c *channel.Channel, args string) (string, error) {
	address, posted, post := strings.Cut(args, ",")
	s := h.settings(c)
	body, err := s.fetch(ctx, address, posted, post)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(body), "\r\n")
	if mode := s.first("hashcompat"); mode == "yes" || mode == "legacy" {
		return h.hashed(c, text, mode == "legacy"), nil
	}
	return text, nil
}

// curlWrite puts a page into a file.
func (h *House) curlWrite(ctx context.Context, c *channel.Channel, address, name string) error {
	if name == "" {
		return errors.New("CURL needs the name of a file to write to")
	}
	body, err := h.settings(c).fetch(ctx, address, "", false)
	if err != nil {
		return err
	}
	return os.WriteFile(name, body, 0o666) //nolint:gosec // as the umask says
}

// hashed are the values of key=value&key=value, quoted where they have commas.
// The keys go into a variable, so that HASH(name)=… sets them all.
func (h *House) hashed(c *channel.Channel, text string, plus bool) string {
	var keys, values []string
	for _, pair := range strings.Split(text, "&") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if plus {
			key, value = strings.ReplaceAll(key, "+", " "), strings.ReplaceAll(value, "+", " ")
		}
		keys = append(keys, commaFree(uriDecode(key)))
		values = append(values, commaFree(uriDecode(value)))
	}
	if c != nil {
		c.SetVariable(curlFields, strings.Join(keys, ","))
	}
	return strings.Join(values, ",")
}

func commaFree(s string) string {
	return strings.NewReplacer(`\`, `\\`, ",", `\,`).Replace(s)
}

// fetch asks for a page, or with post sends a form or whatever it is.
func (s curlSettings) fetch(ctx context.Context, address, posted string, post bool) ([]byte, error) {
	if address == "" {
		return nil, fmt.Errorf("%w: CURL(url[,post-data])", errArgs)
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	if strings.ContainsAny(address, " \t\r\n") {
		return nil, fmt.Errorf("CURL: %q is no URL", address)
	}
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeoutCause(ctx, s.duration("httptimeout", curlWait), errors.New("the time is up"))
	defer cancel()
	method, body := http.MethodGet, io.Reader(nil)
	if post {
		method, body = http.MethodPost, strings.NewReader(posted)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("CURL: %w", err)
	}
	s.head(request, post)
	answer, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("CURL: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if slices.Contains(strings.Split(strings.ReplaceAll(s.first("failurecodes"), " ", ""), ","), strconv.Itoa(answer.StatusCode)) {
		return nil, fmt.Errorf("CURL: %s answered %s", address, answer.Status)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, curlMost+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("CURL: %w", err)
	case len(data) > curlMost:
		return nil, fmt.Errorf("CURL: the answer has more than %d bytes", curlMost)
	}
	if s.is("header") {
		var head bytes.Buffer
		fmt.Fprintf(&head, "%s %s\r\n", answer.Proto, answer.Status)
		_ = answer.Header.Write(&head) // a buffer takes all
		return append(append(head.Bytes(), "\r\n"...), data...), nil
	}
	return data, nil
}

// head writes the head of a request.
func (s curlSettings) head(r *http.Request, post bool) {
	r.Header.Set("User-Agent", curlAgent)
	if agent := s.first("useragent"); agent != "" {
		r.Header.Set("User-Agent", agent)
	}
	r.Header.Set("Accept", "*/*")
	if referer := s.first("referer"); referer != "" {
		r.Header.Set("Referer", referer)
	}
	if user, password, ok := strings.Cut(s.first("userpwd"), ":"); ok || user != "" {
		r.SetBasicAuth(user, password)
	}
	if list := s["cookie"]; len(list) > 0 {
		r.Header.Set("Cookie", strings.Join(list, "; "))
	}
	for _, line := range s["httpheader"] {
		name, value, _ := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); strings.EqualFold(name, "Host") {
			r.Host = strings.TrimSpace(value)
		} else if name != "" {
			r.Header.Add(name, strings.TrimSpace(value))
		}
	}
	if post && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

// client is one for the settings. It is used once: calls rarely ask the same
// server twice, and none shall meet the other's connection.
func (s curlSettings) client() (*http.Client, error) {
	security, err := s.tls()
	if err != nil {
		return nil, err
	}
	t := &http.Transport{TLSClientConfig: security, DisableCompression: true, DisableKeepAlives: true,
		TLSHandshakeTimeout: s.duration("conntimeout", curlWait), DialContext: s.dial}
	if t.Proxy, err = s.proxy(); err != nil {
		return nil, err
	}
	most := -1
	if s.first("maxredirs") != "" {
		most, _, _ = leadingSigned(s.first("maxredirs"))
	}
	return &http.Client{Transport: t, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		switch {
		case !s.is("followlocation"):
			return http.ErrUseLastResponse
		case most >= 0 && len(via) > most:
			return fmt.Errorf("more than %d redirects", most)
		}
		return nil
	}}, nil
}

// dial looks up a host and connects to it, each in its time.
func (s curlSettings) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	lookup, cancel := context.WithTimeout(ctx, s.duration("dnstimeout", curlWait))
	defer cancel()
	list, err := net.DefaultResolver.LookupHost(lookup, host)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: s.duration("conntimeout", curlWait)}
	for _, ip := range list {
		var conn net.Conn
		if conn, err = d.DialContext(ctx, network, net.JoinHostPort(ip, port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// proxy is the one to go through, or nil.
func (s curlSettings) proxy() (func(*http.Request) (*url.URL, error), error) {
	host := s.first("proxy")
	if host == "" {
		return http.ProxyFromEnvironment, nil
	}
	kind := s.first("proxytype")
	switch kind {
	case "":
		kind = "http"
	case "socks4":
		return nil, errors.New("CURL: SOCKS4 is not there yet")
	}
	if !strings.Contains(host, "://") {
		host = kind + "://" + host
	}
	u, err := url.Parse(host)
	if err != nil {
		return nil, fmt.Errorf("CURL: the proxy %q: %w", host, err)
	}
	if port := s.first("proxyport"); port != "" && u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port)
	}
	if user, password, _ := strings.Cut(s.first("proxyuserpwd"), ":"); user != "" {
		u.User = url.UserPassword(user, password)
	}
	return http.ProxyURL(u), nil
}

// tls is how to speak with https servers.
func (s curlSettings) tls() (*tls.Config, error) {
	g := &tls.Config{MinVersion: tls.VersionTLS12}
	trusted := s.first("ssl_cainfo") != "" || s.first("ssl_capath") != ""
	if trusted {
		pool, err := s.authorities()
		if err != nil {
			return nil, err
		}
		g.RootCAs = pool
	}
	switch {
	case s.first("ssl_verifypeer") == "0":
		g.InsecureSkipVerify = true //nolint:gosec // the administrator wants it so
	case s.first("ssl_verifyhost") == "0":
		g.InsecureSkipVerify = true //nolint:gosec // the certificate is verified below, the name is not, as the administrator wants
		g.VerifyConnection = func(state tls.ConnectionState) error {
			o := x509.VerifyOptions{Roots: g.RootCAs, Intermediates: x509.NewCertPool()}
			for _, c := range state.PeerCertificates[1:] {
				o.Intermediates.AddCert(c)
			}
			_, err := state.PeerCertificates[0].Verify(o)
			return err
		}
	}
	if s.first("ssl_cert") == "" {
		return g, nil
	}
	if s.first("ssl_keypasswd") != "" || strings.EqualFold(s.first("ssl_certtype"), "DER") || s.first("ssl_keytype") != "" && !strings.EqualFold(s.first("ssl_keytype"), "PEM") {
		return nil, errors.New("CURL: only PEM files without a password are read")
	}
	key := s.first("ssl_key")
	if key == "" {
		key = s.first("ssl_cert")
	}
	pair, err := tls.LoadX509KeyPair(s.first("ssl_cert"), key)
	if err != nil {
		return nil, fmt.Errorf("CURL: %w", err)
	}
	g.Certificates = []tls.Certificate{pair}
	return g, nil
}

// authorities are those in the file and the folder that were named.
func (s curlSettings) authorities() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	var names []string
	if name := s.first("ssl_cainfo"); name != "" {
		names = append(names, name)
	}
	if dir := s.first("ssl_capath"); dir != "" {
		found, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is a good one
		names = append(names, found...)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("CURL: %w", err)
		}
		pool.AppendCertsFromPEM(text)
	}
	return pool, nil
}
