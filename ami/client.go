package ami

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Port is where managers listen by custom, TLSPort where they do with TLS.
const (
	Port    = "5038"
	TLSPort = "5039"
)

// A Config says whom to connect to and how. Address, Username and Secret are enough.
type Config struct {
	// Address is host:port, or a host alone.
	Address  string
	Username string
	Secret   string
	// TLS connects with TLS. A ServerName that is not set is the host of Address.
	TLS *tls.Config
	// PlainLogin sends the secret itself instead of the answer to an MD5 challenge.
	PlainLogin bool
	// Events is what the server shall send: "on", "off" or classes ("call,agent").
	// "on" if empty.
	Events string
	// Resync follows channels, bridges, queues, peers and devices, compares them after
	// a reconnect with what the server then says, and tells the differences as events
	// with the key Resync: a program never misses a hang-up. See docs/ami-package.md.
	Resync bool
	// NoReconnect has the client end with its first connection.
	NoReconnect bool
	// MinBackoff and MaxBackoff are between attempts to reconnect: from the one, doubled
	// with each, up to the other, a fifth more or less. 500 ms and 30 s if 0.
	MinBackoff, MaxBackoff time.Duration
	// Timeout is how long connecting, logging in and the answer to a ping may take. 10 s
	// if 0.
	Timeout time.Duration
	// Ping is how often the connection is tested. 30 s if 0, never if less.
	Ping time.Duration
	// Observe is called with every event, in order and before the subscriptions have it,
	// and with every response that nobody waits for: those to [Client.Send]. All that
	// comes from the server waits for it.
	Observe func(Message)
	// Limits are of the messages that are received.
	Limits Limits
	// MaxList is how many events [Client.List] gathers, and wait for a [Client.Stream].
	// 1,000,000 if 0.
	MaxList int
	// Dial makes connections; a [net.Dialer] if nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Logger is told of lost connections. Nobody is if nil.
	Logger *slog.Logger
}

func or[T comparable](v, usual T) T {
	var zero T
	if v == zero {
		return usual
	}
	return v
}

// complete fills in what is usual.
func (c Config) complete() Config {
	if _, _, err := net.SplitHostPort(c.Address); err != nil {
		port := Port
		if c.TLS != nil {
			port = TLSPort
		}
		c.Address = net.JoinHostPort(strings.Trim(c.Address, "[]"), port)
	}
	c.Events = or(c.Events, "on")
	c.MinBackoff = or(c.MinBackoff, 500*time.Millisecond)
	c.MaxBackoff = max(or(c.MaxBackoff, 30*time.Second), c.MinBackoff)
	c.Timeout = or(c.Timeout, 10*time.Second)
	c.Ping = or(c.Ping, 30*time.Second)
	c.MaxList = or(c.MaxList, 1_000_000)
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// A Client is a user of a manager. It may be used concurrently.
//
// When its connection is lost it connects again; actions fail with [ErrDisconnected]
// meanwhile, those under way with [ErrLost], and subscriptions go on. In their place in
// the stream they get the events Disconnected, with its Reason, and Reconnected.
type Client struct {
	config Config
	prefix string // of our ActionIDs
	number atomic.Uint64
	closes atomic.Bool // Close has been called
	ctx    context.Context
	cancel context.CancelCauseFunc
	done   chan struct{} // the client has ended
	links  int           // connections so far; Dial's, then run's
	// sequence is the place of the last event, where the server tells it; run's while
	// there is no connection, then the reader's.
	sequence string

	mu          sync.Mutex // a leaf
	link        *link      // nil while not connected
	ready       chan struct{}
	pending     map[string]*call
	abandoned   int
	subscribers []*Subscription // replaced, never changed
	ended       error

	telling sync.Mutex // orders events; mu and the subscriptions' are taken under it
	state   *tracker   // nil without Resync
	holding bool       // while a snapshot is taken
	held    []Message
}

// Dial connects, logs in and returns when that is done, and with Config.Resync the
// first snapshot taken. The client lasts until [Client.Close]; ctx is for the first
// connection alone, whose failure is not tried again.
func Dial(ctx context.Context, config Config) (*Client, error) {
	c := &Client{config: config.complete(), done: make(chan struct{}), ready: make(chan struct{}), pending: map[string]*call{}}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	var id [4]byte
	_, _ = rand.Read(id[:]) // never fails
	c.prefix = hex.EncodeToString(id[:]) + "-"
	if config.Resync {
		c.state = newTracker()
	}
	l, err := c.connect(ctx)
	if err != nil {
		c.cancel(err)
		return nil, err
	}
	go c.run(l)
	if err := c.Ready(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// run keeps the client connected until it is closed. It owns all other goroutines.
func (c *Client) run(l *link) {
	defer close(c.done)
	var why error
	for attempt := 0; ; {
		if l != nil {
			attempt = 0
			if why = c.serve(l); !c.closes.Load() {
				c.config.Logger.Warn("the connection to the manager ended", "address", c.config.Address, "error", why)
			}
		}
		if c.ctx.Err() != nil || c.config.NoReconnect {
			break
		}
		wait := min(c.config.MinBackoff<<min(attempt, 20), c.config.MaxBackoff)
		attempt++
		wait = time.Duration(float64(wait) * (0.8 + 0.4*mathrand.Float64()))
		select {
		case <-time.After(wait):
		case <-c.ctx.Done():
		}
		if c.ctx.Err() != nil {
			break
		}
		if l, why = c.connect(c.ctx); why != nil {
			c.config.Logger.Warn("could not connect to the manager", "address", c.config.Address, "error", why)
			l = nil
		}
	}
	if c.ctx.Err() != nil {
		why = context.Cause(c.ctx)
	}
	c.cancel(why)
	c.mu.Lock()
	c.ended = why
	left := c.subscribers
	c.subscribers = nil
	c.mu.Unlock()
	for _, s := range left {
		s.end(why)
	}
}

// serve is one connection, from its login to its end; it returns why it ended.
func (c *Client) serve(l *link) error {
	var running sync.WaitGroup
	running.Go(func() { l.fail(l.write(c.config.Timeout)) })
	again := l.number > 1
	snapshot := c.state != nil && l.missed == ""
	if snapshot {
		c.telling.Lock()
		c.holding, c.held = true, nil
		c.telling.Unlock()
	} else if again {
		told := Message{{"Event", "Reconnected"}, {"Resynchronised", "no"}}
		if l.missed != "" {
			told = Message{{"Event", "Reconnected"}, {"Resynchronised", "yes"}, {"Missed", l.missed}}
		}
		c.tell(told)
	}
	c.mu.Lock()
	c.link = l
	c.mu.Unlock()
	running.Go(func() { l.fail(c.read(l)) })
	if snapshot {
		if err := c.resync(l, again); err != nil {
			l.fail(err)
		}
	}
	c.mu.Lock()
	if l.ctx.Err() == nil {
		close(c.ready)
	}
	c.mu.Unlock()
	c.attend(l)
	_ = l.conn.Close()
	running.Wait()
	why := context.Cause(l.ctx)
	if c.closes.Load() {
		why = ErrClosed // and not that the server ended it after Logoff
	}
	c.lost(l, why)
	return why
}

// attend tests the connection now and then until it ends.
func (c *Client) attend(l *link) {
	var tick <-chan time.Time
	if c.config.Ping > 0 {
		ticker := time.NewTicker(c.config.Ping)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-tick:
			ctx, cancel := context.WithTimeout(l.ctx, c.config.Timeout)
			err := c.Ping(ctx)
			cancel()
			var refused *ResponseError
			if err != nil && !errors.As(err, &refused) {
				l.fail(fmt.Errorf("ami: ping: %w", err))
			}
		case <-l.ctx.Done():
			return
		}
	}
}

// lost forgets a connection: nobody gets an answer from it any more.
func (c *Client) lost(l *link, why error) {
	c.mu.Lock()
	c.link = nil
	select {
	case <-c.ready:
		c.ready = make(chan struct{})
	default:
	}
	calls := c.pending
	c.pending, c.abandoned = map[string]*call{}, 0
	c.mu.Unlock()
	err := ErrLost
	if c.ctx.Err() != nil {
		err = ErrClosed
	}
	for _, k := range calls {
		k.finish(err)
	}
	c.telling.Lock()
	c.holding, c.held = false, nil
	c.publish(Message{{"Event", "Disconnected"}, {"Reason", why.Error()}})
	c.telling.Unlock()
}

// Ready waits until the client is connected and logged in.
func (c *Client) Ready(ctx context.Context) error {
	c.mu.Lock()
	ready := c.ready
	c.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-c.done:
		return c.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Banner is what the server called itself on the present connection: "Asterisk Call
// Manager/11.0.0". It is empty without one.
func (c *Client) Banner() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return ""
	}
	return c.link.banner
}

// Done is closed when the client has ended: after Close, or with the first connection
// if it is not to reconnect.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is why the client ended; nil before.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// Close logs off and waits until all of the client has ended.
func (c *Client) Close() error {
	c.closes.Store(true)
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l != nil && c.ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, _ = c.Do(ctx, Action("Logoff"))
		cancel()
	}
	c.cancel(ErrClosed)
	<-c.done
	return nil
}
