package sip

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// selfSigned returns settings for both sides of a TLS connection to 127.0.0.1.
func selfSigned(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, RootCAs: roots}
}

// listening returns a stack with one transport.
func listening(t *testing.T, g Config, network, address string, o ListenOptions) (*Stack, *Transport) {
	t.Helper()
	s := NewStack(g)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	way, err := s.Listen(network, address, o)
	if err != nil {
		t.Skipf("cannot listen at %s: %v", address, err)
	}
	return s, way
}

func TestCallsOverSockets(t *testing.T) {
	secure := selfSigned(t)
	for _, network := range []string{"udp", "tcp", "tls"} {
		for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
			t.Run(network+" "+address, func(t *testing.T) {
				server, to := listening(t, Config{Handler: answerCalls}, network, address, ListenOptions{TLS: secure})
				client, _ := listening(t, Config{}, network, address, ListenOptions{TLS: secure})
				const calls = 50
				done := make(chan bool, calls)
				for range calls {
					placeCall(client, to, func(ok bool) { done <- ok })
				}
				for range calls {
					if !<-done {
						t.Fatal("a call failed")
					}
				}
				if network == "udp" {
					return
				}
				if n := server.Metrics().ConnectionsAccepted.Load(); n != 1 {
					t.Errorf("%d connections were made, want 1 that is used again", n)
				}
			})
		}
	}
}

// A request to a peer that connected goes by its connection.
func TestRequestsGoByTheConnectionThatIsThere(t *testing.T) {
	sources := make(chan Source, 1)
	server, to := listening(t, Config{Handler: func(tx *ServerTransaction, m *Message) {
		sources <- m.Source
		_ = tx.Respond(tx.Response(200, ""))
	}}, "tcp", "127.0.0.1:0", ListenOptions{})
	asked := make(chan string, 1)
	client, _ := listening(t, Config{Handler: func(tx *ServerTransaction, m *Message) {
		asked <- m.Method
		_ = tx.Respond(tx.Response(200, ""))
	}}, "tcp", "127.0.0.1:0", ListenOptions{})
	m := ours(Register)
	m.URI, _ = ParseURI("sip:" + to.Local().String() + ";transport=tcp")
	if _, err := client.Do(context.Background(), m, RequestOptions{}); err != nil {
		t.Fatal(err)
	}
	source := <-sources
	r, err := server.Do(context.Background(), ours(Options), RequestOptions{To: source})
	if err != nil || r.Status != 200 || <-asked != Options {
		t.Errorf("got %v, %v", r, err)
	}
	if n := server.Metrics().ConnectionsDialled.Load(); n != 0 {
		t.Errorf("%d connections were made, want 0", n)
	}
}

func TestConnectionRefusedIsATransportError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	s, _ := listening(t, Config{}, "tcp", "127.0.0.1:0", ListenOptions{})
	m := ours(Options)
	m.URI, _ = ParseURI("sip:" + closed + ";transport=tcp")
	_, err = s.Do(context.Background(), m, RequestOptions{})
	var f *Failure
	if !errors.Is(err, ErrTransport) || !errors.As(err, &f) || f.Status != 503 {
		t.Errorf("got %v, want ErrTransport and 503", err)
	}
}

// A large request goes by TCP, and by UDP if nobody listens there.
func TestLargeRequests(t *testing.T) {
	for _, tcp := range []bool{true, false} {
		got := make(chan string, 1)
		g := Config{SwitchToTCP: true, Handler: func(tx *ServerTransaction, m *Message) {
			got <- m.Source.Transport.Network
			_ = tx.Respond(tx.Response(200, ""))
		}}
		server, udp := listening(t, g, "udp", "127.0.0.1:0", ListenOptions{})
		want := "udp"
		if tcp {
			want = "tcp"
			if _, err := server.Listen("tcp", udp.Local().String(), ListenOptions{}); err != nil {
				t.Skip(err)
			}
		}
		client, _ := listening(t, g, "udp", "127.0.0.1:0", ListenOptions{})
		if _, err := client.Listen("tcp", "127.0.0.1:0", ListenOptions{}); err != nil {
			t.Fatal(err)
		}
		m := ours(Options)
		m.URI, _ = ParseURI("sip:" + udp.Local().String())
		m.SetBody("text/plain", make([]byte, 2000))
		if _, err := client.Do(context.Background(), m, RequestOptions{}); err != nil {
			t.Fatal(err)
		}
		if g := <-got; g != want {
			t.Errorf("went by %s, want %s", g, want)
		}
	}
}

func TestStreamKeepAliveAndLimits(t *testing.T) {
	s, to := listening(t, Config{Limits: Limits{ConnectionsPerSource: 1, FirstMessage: 300 * time.Millisecond}, Handler: func(tx *ServerTransaction, _ *Message) {
		_ = tx.Respond(tx.Response(200, ""))
	}}, "tcp", "127.0.0.1:0", ListenOptions{})
	c, err := net.Dial("tcp", to.Local().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	r := bufio.NewReader(c)
	text := strings.ReplaceAll(request(Options, cookie+"1", "", 1, "Content-Length: 0"), "\n", "\r\n")
	_, _ = c.Write([]byte("\r\n\r\n" + text + "\r\n\r\n"))
	if line, err := r.ReadString('\n'); err != nil || line != "\r\n" {
		t.Errorf("a ping got %q, %v, want CRLF", line, err)
	}
	if line, err := r.ReadString('\n'); err != nil || line != "SIP/2.0 200 OK\r\n" {
		t.Errorf("OPTIONS got %q, %v", line, err)
	}
	second, err := net.Dial("tcp", to.Local().String())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_ = second.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("a second connection of one source was served")
	}
	if n := s.Metrics().ConnectionsRefused.Load(); n != 1 {
		t.Errorf("%d refused, want 1", n)
	}
}

func TestSilentConnectionsAreClosed(t *testing.T) {
	_, to := listening(t, Config{Limits: Limits{FirstMessage: 50 * time.Millisecond}}, "tcp", "127.0.0.1:0", ListenOptions{})
	c, err := net.Dial("tcp", to.Local().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the connection", err)
	}
}

// A peer that does not read fills its own queue and nobody else's.
func TestWritersToAPeerThatDoesNotRead(t *testing.T) {
	s, to := listening(t, Config{Limits: Limits{WriteQueue: 4, WriteTimeout: 100 * time.Millisecond}}, "tcp", "127.0.0.1:0", ListenOptions{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	b := make([]byte, 1<<20)
	peer := addrPort(l.Addr())
	lost := make(chan error, 1000)
	refused := 0
	for range 100 {
		if err := to.send(b, Source{Remote: peer}, "", func(err error) { lost <- err }); err != nil {
			refused++
		}
	}
	if refused == 0 || s.Metrics().WritesRefused.Load() == 0 {
		t.Errorf("%d writes were refused, want most of 100", refused)
	}
	select {
	case err := <-lost:
		if !errors.Is(err, ErrTransport) {
			t.Errorf("lost by %v, want ErrTransport", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the write did not time out")
	}
	if c := <-accepted; c != nil {
		_ = c.Close()
	}
}

func TestTLSChecksTheName(t *testing.T) {
	secure := selfSigned(t)
	_, to := listening(t, Config{Handler: answerCalls}, "tls", "127.0.0.1:0", ListenOptions{TLS: secure})
	names := &fakeResolver{addrs: map[string][]netip.Addr{"other.example": {netip.MustParseAddr("127.0.0.1")}}}
	client, _ := listening(t, Config{Resolver: names}, "tls", "127.0.0.1:0", ListenOptions{TLS: secure})
	m := ours(Options)
	m.URI = URI{Scheme: "sips", Host: "other.example", Port: int(to.Local().Port())}
	if _, err := client.Do(context.Background(), m, RequestOptions{}); !errors.Is(err, ErrTransport) {
		t.Errorf("a certificate for another name: %v, want ErrTransport", err)
	}
}

// lines takes what is logged, a line a write.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// A client that does not trust the certificate is told of as a warning, the next within the second is not.
func TestFailedHandshakesAreTold(t *testing.T) {
	logged := make(lines, 10)
	_, to := listening(t, Config{Handler: answerCalls, Logger: slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))},
		"tls", "127.0.0.1:0", ListenOptions{TLS: selfSigned(t)})
	to.stack.warned.Store(time.Now().Add(time.Hour).UnixNano()) // the second of the last one is not over
	for _, level := range []string{"DEBUG", "WARN"} {
		if c, err := tls.Dial("tcp", to.Local().String(), &tls.Config{RootCAs: x509.NewCertPool()}); err == nil {
			_ = c.Close()
			t.Fatal("a certificate of nobody was trusted")
		}
		line := <-logged
		for !strings.Contains(line, "handshake") {
			line = <-logged
		}
		if !strings.Contains(line, "level="+level) {
			t.Errorf("%s, want level %s", line, level)
		}
		to.stack.warned.Store(0)
	}
}

func TestListenSaysWhatIsWrong(t *testing.T) {
	s := NewStack(Config{})
	_, err := s.Listen("sctp", "127.0.0.1:0", ListenOptions{})
	if err == nil || !strings.Contains(err.Error(), "sctp") {
		t.Errorf("got %v", err)
	}
	if _, err = s.Listen("tls", "127.0.0.1:0", ListenOptions{}); err == nil {
		t.Error("TLS without a certificate was opened")
	}
	_ = s.Close()
	if _, err = s.Listen("udp", "127.0.0.1:0", ListenOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
	if _, err = s.Request(context.Background(), ours(Options), RequestOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v, want ErrClosed", err)
	}
}
