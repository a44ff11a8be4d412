package sip

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
)

// A MessageConn is a connection that keeps messages apart by itself, as WebSocket
// does (RFC 7118). The listener of a transport "ws" or "wss" accepts such: who serves
// HTTP makes them, TLS included. Deadlines hold for the two methods, too; reading may
// go on after one has passed.
type MessageConn interface {
	net.Conn
	// ReadMessage returns the next message, which is the caller's.
	ReadMessage() ([]byte, error)
	// WriteMessage sends b as one message.
	WriteMessage(b []byte) error
}

var errNoFrames = errors.New("a WebSocket transport needs connections that keep messages apart")

// errPhonesConnect: a browser can't be called, it calls.
var errPhonesConnect = errors.New("there is no WebSocket to that address, and only phones make them")

func isWebSocket(network string) bool { return network == "ws" || network == "wss" }

// messageFramer takes each message of a MessageConn for one of SIP.
type messageFramer struct {
	conn MessageConn
	next []byte
}

func newMessageFramer(c net.Conn) framer {
	if m, ok := c.(MessageConn); ok {
		return &messageFramer{conn: m}
	}
	return brokenFramer{}
}

// wait answers a ping of two CRLFs; one alone is a pong (RFC 7118 §6 lets phones send them).
func (f *messageFramer) wait(pong func()) error {
	for {
		b, err := f.conn.ReadMessage()
		if err != nil {
			return err
		}
		if len(bytes.TrimLeft(b, "\r\n")) > 0 {
			f.next = b
			return nil
		}
		if bytes.Equal(b, keepAlive) {
			pong()
		}
	}
}

func (f *messageFramer) read() (*Message, error) {
	m, err := Parse(f.next)
	f.next = nil
	var bad *ParseError
	if errors.As(err, &bad) {
		bad.Framed = true // the next message begins where it begins
	}
	return m, err
}

func (f *messageFramer) write(b []byte) error { return f.conn.WriteMessage(b) }

// brokenFramer ends a connection that the wrong listener accepted.
type brokenFramer struct{}

func (brokenFramer) wait(func()) error       { return errNoFrames }
func (brokenFramer) read() (*Message, error) { return nil, errNoFrames }
func (brokenFramer) write([]byte) error      { return errNoFrames }

// webSocketTo is the network by which a phone has connected from an address: its URI
// says ws, whether TLS is below or not (RFC 7118 §5.2).
func (s *Stack) webSocketTo(at netip.AddrPort, network string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, t := range s.transports {
		if c, ok := t.carrier.(*streams); ok && isWebSocket(t.Network) && c.connected(at) {
			return t.Network
		}
	}
	return network
}

// connected reports whether there is a connection to an address.
func (c *streams) connected(at netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conns[connectionKey{remote: at}] != nil
}
