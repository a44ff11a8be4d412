package sip

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// framed is one end of a connection that keeps messages apart.
type framed struct {
	net.Conn // for addresses; nothing is read or written
	in, out  chan []byte
	closed   chan struct{}
	remote   net.Addr
}

func (f *framed) ReadMessage() ([]byte, error) {
	select {
	case b := <-f.in:
		return b, nil
	case <-f.closed:
		return nil, os.ErrClosed
	}
}
func (f *framed) WriteMessage(b []byte) error      { f.out <- append([]byte(nil), b...); return nil }
func (f *framed) Close() error                     { close(f.closed); return nil }
func (f *framed) LocalAddr() net.Addr              { return f.remote }
func (f *framed) RemoteAddr() net.Addr             { return f.remote }
func (f *framed) SetReadDeadline(time.Time) error  { return nil }
func (f *framed) SetWriteDeadline(time.Time) error { return nil }

// oneConn is a listener that accepts what is put into it.
type oneConn struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *oneConn) Close() error { close(l.closed); return nil }
func (l *oneConn) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:5060"))
}

// A phone behind a WebSocket is answered and called by its connection alone, and a
// message needs no Content-Length there.
func TestWebSocket(t *testing.T) {
	for _, network := range []string{"ws", "wss"} {
		t.Run(network, func(t *testing.T) {
			got := make(chan *Message, 1)
			s := NewStack(Config{Handler: func(tx *ServerTransaction, r *Message) {
				got <- r
				_ = tx.Respond(tx.Response(200, ""))
			}})
			defer s.Close()
			l := &oneConn{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
			if _, err := s.Listen(network, "", ListenOptions{Listener: l}); err != nil {
				t.Fatal(err)
			}
			phone := netip.MustParseAddrPort("127.0.0.1:40000")
			c := &framed{in: make(chan []byte, 4), out: make(chan []byte, 4), closed: make(chan struct{}), remote: net.TCPAddrFromAddrPort(phone)}
			l.conns <- c
			c.in <- []byte("\r\n\r\n") // a ping
			if pong := <-c.out; string(pong) != "\r\n" {
				t.Errorf("the pong is %q", pong)
			}
			c.in <- []byte("MESSAGE sip:x@exchange SIP/2.0\r\nVia: SIP/2.0/WS abc.invalid;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@exchange>\r\n" +
				"Call-ID: 1\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\n\r\nhello")
			if r := <-got; string(r.Body) != "hello" {
				t.Errorf("the body is %q", r.Body)
			}
			if answer := string(<-c.out); !strings.HasPrefix(answer, "SIP/2.0 200 OK\r\n") || !strings.Contains(answer, "received=127.0.0.1") {
				t.Errorf("the answer is\n%s", answer)
			}
			uri, err := ParseURI("sip:u@127.0.0.1:40000;transport=ws")
			if err != nil {
				t.Fatal(err)
			}
			r := NewRequest(Options, uri)
			for name, value := range map[string]string{"From": "<sip:x@exchange>;tag=2", "To": "<sip:u@exchange>", "Call-ID": "2", "CSeq": "1 OPTIONS", "Max-Forwards": "70"} {
				r.Add(name, value)
			}
			if _, err := s.Request(t.Context(), r, RequestOptions{}); err != nil {
				t.Fatal(err)
			}
			if request := string(<-c.out); !strings.HasPrefix(request, "OPTIONS sip:u@127.0.0.1:40000;transport=ws SIP/2.0\r\n") ||
				!strings.Contains(request, "Via: SIP/2.0/"+strings.ToUpper(network)+" ") {
				t.Errorf("the phone is asked\n%s", request)
			}
		})
	}
}

func TestNobodyMakesAWebSocketToAPhone(t *testing.T) {
	s := NewStack(Config{})
	defer s.Close()
	tr, err := s.Listen("ws", "", ListenOptions{Listener: &oneConn{conns: make(chan net.Conn), closed: make(chan struct{})}})
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	_ = tr.send([]byte("x"), Source{Remote: netip.MustParseAddrPort("127.0.0.1:9")}, "", func(err error) { failed <- err })
	if err := <-failed; !errors.Is(err, errPhonesConnect) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Listen("ws", "127.0.0.1:0", ListenOptions{}); err == nil {
		t.Error("a WebSocket transport without a listener was opened")
	}
}
