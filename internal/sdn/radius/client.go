package radius

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// How often a server is asked, and how long it has each time.
const (
	tries   = 3
	waiting = 3 * time.Second
)

// A Client asks one server.
type Client struct {
	secret []byte
	conn   net.Conn
	done   chan struct{}

	mu   sync.Mutex // leaf
	next byte
	open map[byte]*exchange // at most 256: there are no more identifiers
}

type exchange struct {
	authenticator [16]byte
	reply         chan *Packet // has room for one
}

// Dial makes a Client of a server's UDP address. Nothing is sent yet.
func Dial(address, secret string) (*Client, error) {
	conn, err := net.Dial("udp", address)
	if err != nil {
		return nil, fmt.Errorf("RADIUS server: %w", err)
	}
	c := &Client{secret: []byte(secret), conn: conn, done: make(chan struct{}), open: map[byte]*exchange{}}
	go c.read()
	return c, nil
}

// Close ends it; requests under way fail.
func (c *Client) Close() {
	c.conn.Close()
	<-c.done
}

// read owns the socket's other half until Close.
func (c *Client) read() {
	defer close(c.done)
	b := make([]byte, 4096)
	for {
		n, err := c.conn.Read(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n < headerSize {
			continue // nobody listens there, of which each request tells once; they are repeated
		}
		c.mu.Lock()
		x := c.open[b[1]]
		c.mu.Unlock()
		if x == nil {
			continue // too late
		}
		if p, err := parseReply(b[:n], x.authenticator, c.secret); err == nil {
			select {
			case x.reply <- p:
			default:
			}
		}
	}
}

// ErrSilent says that the server has not answered, or with another secret.
var ErrSilent = errors.New("the RADIUS server does not answer (or its secret is another)")

// Exchange sends a request and returns the reply to it: within 9 s, else ErrSilent.
func (c *Client) Exchange(ctx context.Context, p *Packet) (*Packet, error) {
	x := &exchange{reply: make(chan *Packet, 1)}
	_, _ = rand.Read(x.authenticator[:]) // never fails
	id, err := c.take(x)
	if err != nil {
		return nil, err
	}
	defer func() {
		c.mu.Lock()
		delete(c.open, id)
		c.mu.Unlock()
	}()
	b, err := p.request(id, x.authenticator, c.secret)
	if err != nil {
		return nil, err
	}
	t := time.NewTimer(waiting)
	defer t.Stop()
	for range tries {
		if _, err := c.conn.Write(b); errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		t.Reset(waiting)
		select {
		case reply := <-x.reply:
			return reply, nil
		case <-t.C:
		case <-c.done:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return nil, ErrSilent
}

// take finds an identifier that is free.
func (c *Client) take(x *exchange) (byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range 256 {
		c.next++
		if c.open[c.next] == nil {
			c.open[c.next] = x
			return c.next, nil
		}
	}
	return 0, errors.New("256 requests wait for the RADIUS server already")
}
