package httpd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// longestMessage is how long a message may be that is read, in bytes: what the SIP
// stack takes of one by other ways.
const longestMessage = 192 << 10

var errStream = errors.New("a WebSocket has messages, no stream")

// A Conn is a WebSocket as a net.Conn whose messages stay apart (sip.MessageConn).
// One goroutine reads it and ends with it.
type Conn struct {
	socket        *websocket.Conn
	local, remote net.Addr
	messages      chan []byte
	ended         chan struct{} // the reader is gone, and failed says why
	failed        error
	closed        chan struct{}
	closing       sync.Once
	moved         chan struct{} // the deadline of reading is another

	mu          sync.Mutex // a leaf
	read, write time.Time  // deadlines
}

// Accept makes a connection of a request for a WebSocket of a subprotocol, which the
// client may leave out. Where it can't, it has answered.
func Accept(w http.ResponseWriter, r *http.Request, protocol string, longest int64) (*Conn, error) {
	// Any page may connect: no cookie counts, whoever logs in has to know a secret.
	socket, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{protocol}, InsecureSkipVerify: true,
		CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return nil, fmt.Errorf("make a WebSocket: %w", err)
	}
	return newConn(socket, r, &net.TCPAddr{}, longest), nil
}

func newConn(socket *websocket.Conn, r *http.Request, local net.Addr, longest int64) *Conn {
	socket.SetReadLimit(longest)
	remote, _ := netip.ParseAddrPort(r.RemoteAddr)
	c := &Conn{socket: socket, local: local, remote: net.TCPAddrFromAddrPort(remote),
		messages: make(chan []byte), moved: make(chan struct{}, 1), ended: make(chan struct{}), closed: make(chan struct{})}
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		c.local = a
	}
	go c.pump()
	return c
}

// pump reads until the connection ends. A deadline of reading must not end it, as it
// would in the library, so a goroutine waits in its place.
func (c *Conn) pump() {
	defer close(c.ended)
	for {
		_, b, err := c.socket.Read(context.Background())
		if err != nil {
			c.failed = err
			return
		}
		select {
		case c.messages <- b:
		case <-c.closed:
			c.failed = net.ErrClosed
			return
		}
	}
}

func (c *Conn) deadlines() (read, write time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read, c.write
}

// ReadMessage implements sip.MessageConn.
func (c *Conn) ReadMessage() ([]byte, error) {
	for {
		var late <-chan time.Time
		if at, _ := c.deadlines(); !at.IsZero() {
			t := time.NewTimer(time.Until(at))
			defer t.Stop()
			late = t.C
		}
		select {
		case b := <-c.messages:
			return b, nil
		case <-c.ended:
			return nil, c.failed
		case <-late:
			return nil, os.ErrDeadlineExceeded
		case <-c.moved:
		}
	}
}

// WriteMessage implements sip.MessageConn.
func (c *Conn) WriteMessage(b []byte) error {
	ctx := context.Background()
	if _, at := c.deadlines(); !at.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, at)
		defer cancel()
	}
	kind := websocket.MessageText
	if !utf8.Valid(b) {
		kind = websocket.MessageBinary // RFC 7118 §4.2 allows both
	}
	return c.socket.Write(ctx, kind, b)
}

// Read implements net.Conn, and fails: see ReadMessage.
func (c *Conn) Read([]byte) (int, error) { return 0, errStream }

// Write implements net.Conn: b is one message.
func (c *Conn) Write(b []byte) (int, error) {
	if err := c.WriteMessage(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close implements net.Conn. It does not wait for the other side.
func (c *Conn) Close() error {
	var err error
	c.closing.Do(func() {
		close(c.closed)
		err = c.socket.CloseNow()
	})
	return err
}

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read, c.write = t, t
	return nil
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = t
	select {
	case c.moved <- struct{}{}:
	default:
	}
	return nil
}

// SetWriteDeadline implements net.Conn. It holds from the next write on.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write = t
	return nil
}
