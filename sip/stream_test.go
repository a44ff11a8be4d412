package sip

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A switchboard is a listener to whom the test connects in memory.
type switchboard struct {
	calls chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newSwitchboard() *switchboard {
	return &switchboard{calls: make(chan net.Conn), done: make(chan struct{})}
}

func (b *switchboard) Accept() (net.Conn, error) {
	select {
	case c := <-b.calls:
		return c, nil
	case <-b.done:
		return nil, net.ErrClosed
	}
}

func (b *switchboard) Close() error { b.once.Do(func() { close(b.done) }); return nil }
func (b *switchboard) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(ourAddress))
}

// connect returns the peer's end of a connection from an address.
func (b *switchboard) connect(from string) net.Conn {
	here, there := net.Pipe()
	b.calls <- namedConn{here, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}
	return there
}

// A namedConn has an address, which the ends of a pipe have not.
type namedConn struct {
	net.Conn
	remote net.Addr
}

func (c namedConn) RemoteAddr() net.Addr { return c.remote }

// A stream is a peer's connection to a stack, played by the test.
type stream struct {
	net.Conn
	answers chan *Message
	ended   chan struct{}
}

// play reads what the stack sends.
func play(c net.Conn) *stream {
	s := &stream{c, make(chan *Message, 64), make(chan struct{})}
	go func() {
		defer close(s.ended)
		r := bufio.NewReader(c)
		for {
			m, err := ReadMessage(r, nil)
			if err != nil {
				return
			}
			s.answers <- m
		}
	}()
	return s
}

// isClosed reports whether the stack has closed the connection.
func (s *stream) isClosed() bool {
	synctest.Wait()
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// statuses returns the answers so far.
func (s *stream) statuses() string {
	synctest.Wait()
	var list []string
	for {
		select {
		case m := <-s.answers:
			list = append(list, short(m))
		default:
			return strings.Join(list, " ")
		}
	}
}

// streaming runs a test of a stack with a TCP transport, in virtual time.
func streaming(t *testing.T, g Config, f func(s *Stack, b *switchboard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newSwitchboard()
		s := NewStack(g)
		if _, err := s.Listen("tcp", ourAddress, ListenOptions{Listener: b}); err != nil {
			t.Fatal(err)
		}
		f(s, b)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// wireText is a message as it is sent.
func wireText(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") + "\r\n\r\n" }

func okHandler(tx *ServerTransaction, _ *Message) { _ = tx.Respond(tx.Response(200, "")) }

// A message that is wrong but whole costs its sender a refusal, not the
// connection with all calls on it.
func TestMalformedMessagesLeaveTheConnectionOpen(t *testing.T) {
	streaming(t, Config{Handler: okHandler}, func(s *Stack, b *switchboard) {
		c := play(b.connect(peerAddress))
		good := func(branch string) string {
			return wireText(request(Options, cookie+branch, "", 1, "Content-Length: 0"))
		}
		bad := strings.Replace(good("1"), "CSeq: 1 OPTIONS", "CSeq: 1 INFO", 1)
		for text, want := range map[string]string{good("0"): "200", bad: "400", good("2"): "200"} {
			_, _ = io.WriteString(c, text)
			if got := c.statuses(); got != want {
				t.Errorf("%q to\n%s", got, text)
			}
		}
		if n := s.Metrics().Malformed.Load(); n != 1 {
			t.Errorf("%d malformed counted, want 1", n)
		}
	})
}

// What has no end that could be found is refused, too, before the connection goes.
func TestUnreadableStreamsAreRefusedAndClosed(t *testing.T) {
	streaming(t, Config{Handler: okHandler}, func(s *Stack, b *switchboard) {
		c := play(b.connect(peerAddress))
		_, _ = io.WriteString(c, wireText(request(Options, cookie+"1", "", 1, "Content-Length: 99999999")))
		if got := c.statuses(); got != "513" || !c.isClosed() {
			t.Errorf("answers %q, closed %v; want 513 and true", got, c.isClosed())
		}
		c = play(b.connect(peerAddress))
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\n\r\n")
		if got := c.statuses(); got != "" || !c.isClosed() {
			t.Errorf("answers %q, closed %v; want none and true", got, c.isClosed())
		}
	})
}

// Malformed messages count against what a source may send.
func TestMalformedMessagesOfAStreamAreLimited(t *testing.T) {
	streaming(t, Config{Limits: Limits{PerSource: 1, Burst: 10, Offence: -1}}, func(s *Stack, b *switchboard) {
		c := play(b.connect(peerAddress))
		for range 50 {
			_, _ = io.WriteString(c, strings.Replace(wireText(request(Options, cookie+"1", "", 1, "Content-Length: 0")), "CSeq: 1 OPTIONS", "CSeq: 1 INFO", 1))
		}
		if got := len(strings.Fields(c.statuses())); got != 10 {
			t.Errorf("%d answers, want 10", got)
		}
		if n := s.Metrics().RateLimited.Load(); n != 40 {
			t.Errorf("%d dropped, want 40", n)
		}
	})
}

// A peer that sends a byte now and then holds a connection no longer than one
// message may take.
func TestSlowSendersAreCutOff(t *testing.T) {
	for _, greets := range []bool{false, true} {
		streaming(t, Config{Handler: okHandler}, func(s *Stack, b *switchboard) {
			c := play(b.connect(peerAddress))
			text := wireText(request(Options, cookie+"1", "", 1, "Content-Length: 0"))
			if greets {
				_, _ = io.WriteString(c, text)
			}
			begin := time.Now()
			for i := 0; !c.isClosed() && i < len(text); i++ {
				_, _ = io.WriteString(c, text[i:i+1])
				time.Sleep(time.Second)
			}
			if d := time.Since(begin); d < 29*time.Second || d > 32*time.Second {
				t.Errorf("cut off after %v, want 30 s (greets: %v)", d, greets)
			}
		})
	}
}

// A connection lives while it is used in either direction, and two hours longer.
func TestIdleConnections(t *testing.T) {
	streaming(t, Config{Handler: okHandler}, func(s *Stack, b *switchboard) {
		c := play(b.connect(peerAddress))
		_, _ = io.WriteString(c, wireText(request(Options, cookie+"1", "", 1, "Content-Length: 0")))
		synctest.Wait()
		time.Sleep(119 * time.Minute)
		_, _ = io.WriteString(c, "\r\n\r\n") // a ping, which is answered
		time.Sleep(119 * time.Minute)
		if c.isClosed() {
			t.Fatal("closed 119 minutes after the last ping")
		}
		time.Sleep(2 * time.Minute)
		if !c.isClosed() {
			t.Error("open 121 minutes after the last ping")
		}
	})
}

// A peer that connects and never begins its handshake holds up no shutdown.
func TestCloseEndsHandshakes(t *testing.T) {
	secure := selfSigned(t)
	synctest.Test(t, func(t *testing.T) {
		b := newSwitchboard()
		s := NewStack(Config{})
		if _, err := s.Listen("tls", ourAddress, ListenOptions{Listener: b, TLS: secure}); err != nil {
			t.Fatal(err)
		}
		c := play(b.connect(peerAddress))
		synctest.Wait()
		begin := time.Now()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if d := time.Since(begin); d > 0 || !c.isClosed() {
			t.Errorf("Close took %v, the connection is closed: %v", d, c.isClosed())
		}
	})
}
