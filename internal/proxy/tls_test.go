package proxy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amitest"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	serial      int64
}

func newAuthority(t *testing.T, path string) *authority {
	t.Helper()
	a := &authority{}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, path, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

// sign writes a certificate and its key to one file.
func (a *authority) sign(t *testing.T, path, name string) {
	t.Helper()
	a.serial++
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1 + a.serial), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, path, &pem.Block{Type: "CERTIFICATE", Bytes: der}, &pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func writePEM(t *testing.T, path string, blocks ...*pem.Block) {
	t.Helper()
	var b strings.Builder
	for _, block := range blocks {
		if err := pem.Encode(&b, block); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TLS on both sides, with certificates of clients on one and of the proxy on the other.
func TestTLS(t *testing.T) {
	folder := t.TempDir()
	file := func(name string) string { return filepath.Join(folder, name) }
	ca := newAuthority(t, file("ca.pem"))
	for _, name := range []string{"proxy", "server", "client"} {
		ca.sign(t, file(name+".pem"), name)
	}
	other := newAuthority(t, file("other-ca.pem"))
	other.sign(t, file("other.pem"), "client")
	authorities := x509.NewCertPool()
	authorities.AddCert(ca.certificate)

	// The server asks the proxy for its certificate.
	pair, err := tls.LoadX509KeyPair(file("server.pem"), file("server.pem"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: authorities, ClientAuth: tls.RequireAndVerifyClientCert})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	server := &amitest.Server{Secrets: map[string]string{"proxy": "upstream"}, Answer: func(s *amitest.Session, action ami.Message) {
		if action.Get("Action") != "Getvar" {
			s.Reply(action, "Error", "Permission denied")
			return
		}
		s.Reply(action, "Success", "", "Value", "x")
	}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go server.Serve(conn)
		}
	}()
	config, err := parseConfig(fmt.Appendf(nil, `
listen: [{address: 127.0.0.1:0, tls: {certificate: proxy.pem, client_authorities: ca.pem}}]
websocket: [{address: 127.0.0.1:0, tls: {certificate: proxy.pem}}]
upstreams: [{name: one, address: %q, username: proxy, secret: upstream, tls: {authorities: ca.pem, server_name: server, certificate: proxy.pem}}]
users: {admin: {secret: secret, read: all, write: all}}
`, l.Addr()), folder)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &house{Proxy: p}
	dial := func(certificate string) (*ami.Client, error) {
		settings := &tls.Config{RootCAs: authorities, ServerName: "proxy"}
		if certificate != "" {
			pair, err := tls.LoadX509KeyPair(file(certificate), file(certificate))
			if err != nil {
				t.Fatal(err)
			}
			settings.Certificates = []tls.Certificate{pair}
		}
		return ami.Dial(t.Context(), ami.Config{Address: h.address("ami"), Username: "admin", Secret: "secret", TLS: settings, NoReconnect: true})
	}
	for _, certificate := range []string{"", "other.pem"} {
		if c, err := dial(certificate); err == nil {
			c.Close()
			t.Errorf("a client with the certificate %q is let in", certificate)
		}
	}
	// What is no TLS at all.
	conn, err := net.Dial("tcp", h.address("ami"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write([]byte("Action: Login\r\nUsername: admin\r\nSecret: secret\r\n\r\n"))
	if b, _ := io.ReadAll(conn); strings.Contains(string(b), "Response") {
		t.Errorf("without TLS the answer is %q", b)
	}
	conn.Close()
	// And what begins like it.
	if conn, err = net.Dial("tcp", h.address("ami")); err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write(append([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), make([]byte, 600)...))
	if b, _ := io.ReadAll(conn); strings.Contains(string(b), "Asterisk") {
		t.Errorf("to a broken handshake the answer is %q", b)
	}
	conn.Close()
	c, err := dial("client.pem")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if m, err := c.Do(t.Context(), ami.Action("Getvar", "Variable", "X")); err != nil || m.Get("Value") != "x" {
		t.Errorf("through: %q, %v", m, err)
	}
	events := c.Subscribe(ami.SubscribeOptions{Events: []string{"Newchannel"}})
	for range 1000 {
		server.Send(event("Event: Newchannel; Privilege: call,all; Channel: " + strings.Repeat("x", 500)))
	}
	next(t, events, 1000)

	secureWebSocket(t, h, authorities)

	// A certificate that was renewed is shown to the next client.
	ca.sign(t, file("proxy.pem"), "renewed")
	if err := p.Reload(config); err != nil {
		t.Fatal(err)
	}
	if _, err := dial("client.pem"); err == nil || !strings.Contains(err.Error(), "renewed") {
		t.Errorf("after the renewal: %v", err)
	}
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("who was connected: %v", err)
	}
}

// secureWebSocket asks over wss.
func secureWebSocket(t *testing.T, h *house, authorities *x509.CertPool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	client := httpsClient(&tls.Config{RootCAs: authorities, ServerName: "proxy"})
	ws, _, err := websocket.Dial(ctx, "wss://"+h.address("websocket")+"/ami", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(ctx, websocket.MessageText, []byte(`{"Action":"Ping"}`)); err != nil {
		t.Fatal(err)
	}
	_, _, _ = ws.Read(ctx) // the greeting
	if _, text, err := ws.Read(ctx); err != nil || !strings.Contains(string(text), "Permission denied") {
		t.Errorf("a ping before the login: %s, %v", text, err)
	}
}

func httpsClient(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
}
