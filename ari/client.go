package ari

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Client asks an exchange for things and hears what happens. It may be used
// concurrently.
//
// When its WebSocket is lost it connects again. Subscriptions and handles go on; in
// their place in the stream they get [Disconnected] and [Reconnected].
type Client struct {
	// The requests, by the first part of their paths.
	Applications Applications
	Asterisk     Asterisk
	Bridges      Bridges
	Channels     Channels
	DeviceStates DeviceStates
	Endpoints    Endpoints
	Mailboxes    Mailboxes
	Playbacks    Playbacks
	Recordings   Recordings
	Sounds       Sounds
	// WebSockets are the requests below /events: events of your own, claims.
	WebSockets Events

	config        Config
	base          *url.URL // nil without HTTP
	files         *url.URL // for files where the rest goes over the WebSocket
	number        atomic.Uint64
	ctx           context.Context
	cancel        context.CancelCauseFunc
	done          chan struct{} // the client has ended
	main          *Subscription
	subscriptions memory

	mu      sync.Mutex // a leaf
	link    *link      // nil while not connected
	apps    []string   // those that are ours
	pending map[string]chan reply
	closing bool
	ended   error

	telling     sync.Mutex // orders events; mu and the subscriptions' are taken under it
	subscribers []*Subscription
	handles     map[thing][]*Subscription
	own         map[string]bool // channels that handles here have made
	state       *tracker
	place       place // of the last event
	holding     bool  // while it is asked what there is
	held        []Event
	told        map[telling]bool // what was told of what is different
}

// A link is one WebSocket of a client.
type link struct {
	stream  *Stream
	ctx     context.Context
	cancel  context.CancelCauseFunc
	again   bool // it is not the first
	resumed bool // what was missed follows
}

// fail ends a link, which wakes who reads.
func (l *link) fail(why error) {
	if why != nil {
		l.cancel(why)
	}
}

func newClient(config Config) *Client {
	c := &Client{config: config.complete(), done: make(chan struct{}), apps: slices.Clone(config.Apps), pending: map[string]chan reply{},
		handles: map[thing][]*Subscription{}, own: map[string]bool{}}
	c.Applications, c.Asterisk, c.Bridges, c.Channels = Applications{c}, Asterisk{c}, Bridges{c}, Channels{c}
	c.DeviceStates, c.Endpoints, c.Mailboxes, c.Playbacks = DeviceStates{c}, Endpoints{c}, Mailboxes{c}, Playbacks{c}
	c.Recordings, c.Sounds, c.WebSockets = Recordings{c}, Sounds{c}, Events{c}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.state = newTracker()
	c.main = c.Subscribe(SubscribeOptions{})
	return c
}

// Connect opens the WebSocket, so the applications exist when it returns. The client lasts
// until [Client.Close]; ctx is for the first connection alone, whose failure is not
// tried again.
func Connect(ctx context.Context, config Config) (*Client, error) {
	c := newClient(config)
	var err error
	if c.base, err = config.base(); err != nil {
		return nil, err
	}
	if len(config.Apps) == 0 {
		go c.rest()
		return c, nil
	}
	l, err := c.open(ctx, url.Values{"sequence": {"true"}})
	if err != nil {
		c.cancel(err)
		return nil, err
	}
	c.use(l)
	go c.run(l)
	return c, nil
}

// rest is run of a client that has no WebSocket.
func (c *Client) rest() {
	defer close(c.done)
	<-c.ctx.Done()
	c.end(context.Cause(c.ctx))
}

// run keeps the client connected until it is closed. It owns all other goroutines.
func (c *Client) run(l *link) {
	defer close(c.done)
	var why error
	for attempt := 0; ; {
		if l != nil {
			attempt = 0
			why = c.attend(l)
			if !c.over() {
				c.config.Logger.Warn("the WebSocket of ARI ended", "url", c.config.URL, "error", why)
			}
		}
		if c.over() {
			break
		}
		wait := min(c.config.MinBackoff<<min(attempt, 20), c.config.MaxBackoff)
		attempt++
		wait = time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
		select {
		case <-time.After(wait):
		case <-c.ctx.Done():
		}
		if c.over() {
			break
		}
		if l, why = c.reconnect(); why != nil {
			c.config.Logger.Warn("could not connect to ARI", "url", c.config.URL, "error", why)
			l = nil
		}
	}
	c.mu.Lock()
	if c.closing {
		why = ErrClosed
	}
	c.mu.Unlock()
	if c.ctx.Err() != nil {
		why = context.Cause(c.ctx)
	}
	c.end(why)
}

// over tells whether the client does not reconnect any more.
func (c *Client) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing || c.ctx.Err() != nil || c.config.NoReconnect
}

// end ends all that is of the client.
func (c *Client) end(why error) {
	c.cancel(why)
	c.mu.Lock()
	c.ended = why
	c.mu.Unlock()
	c.telling.Lock()
	defer c.telling.Unlock()
	for s := range c.all() {
		s.end(why)
	}
	c.subscribers, c.handles = nil, map[thing][]*Subscription{}
}

// open opens a WebSocket for the applications.
func (c *Client) open(ctx context.Context, query url.Values) (*link, error) {
	within, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	r := newRequest("GET", "/events")
	r.list("app", c.Apps())
	r.flag("subscribeAll", c.config.SubscribeAll)
	r.flag("share", c.config.Share)
	r.further(query)
	r.further(c.config.Query)
	stream, err := c.openStream(within, r)
	if err != nil {
		return nil, err
	}
	return c.newLink(stream), nil
}

func (c *Client) newLink(stream *Stream) *link {
	l := &link{stream: stream}
	l.ctx, l.cancel = context.WithCancelCause(c.ctx)
	return l
}

// attend reads a link until it ends, and returns why it did.
func (c *Client) attend(l *link) error {
	var running sync.WaitGroup
	c.begin(l, &running)
	running.Go(func() { c.test(l) })
	for l.ctx.Err() == nil {
		raw, err := l.stream.read(l.ctx)
		if err == nil {
			err = c.take(raw)
		}
		l.fail(err)
	}
	why := context.Cause(l.ctx)
	_ = l.stream.conn.CloseNow()
	running.Wait()
	c.lost(why)
	return why
}

// use has requests go over a link.
func (c *Client) use(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = l
}

// begin has a link in use. What was missed before it is told first.
func (c *Client) begin(l *link, running *sync.WaitGroup) {
	c.use(l)
	switch {
	case !l.again:
	case l.resumed:
		c.telling.Lock()
		c.publish(&Reconnected{Header: ours("Reconnected"), Resumed: true})
		c.telling.Unlock()
	default:
		c.telling.Lock()
		c.holding, c.held = true, nil
		c.telling.Unlock()
		running.Go(func() { l.fail(c.resync(l)) })
	}
}

// test tests a link now and then until it ends.
func (c *Client) test(l *link) {
	if c.config.Ping <= 0 {
		return
	}
	ticker := time.NewTicker(c.config.Ping)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			ctx, cancel := context.WithTimeout(l.ctx, c.config.Timeout)
			if err := l.stream.conn.Ping(ctx); err != nil {
				l.fail(fmt.Errorf("ari: ping: %w", err))
			}
			cancel()
		case <-l.ctx.Done():
			return
		}
	}
}

// take takes a message of the server: an event, or the answer to a request.
func (c *Client) take(raw []byte) error {
	if peek(raw, "type") == "RESTResponse" {
		return c.answered(raw)
	}
	e := Decode(raw)
	switch e := e.(type) {
	case *ApplicationReplaced:
		defer c.replaced(e.Application)
	case *ApplicationRegistered:
		c.registered(e.Application)
	}
	c.tell(e)
	return nil
}

// registered notes an application that the exchange says is ours: of an outbound
// WebSocket its configuration says so.
func (c *Client) registered(app string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.base == nil && app != "" && !slices.Contains(c.apps, app) {
		c.apps = append(c.apps, app)
	}
}

// replaced gives up an application, and with the last one the client.
func (c *Client) replaced(app string) {
	c.mu.Lock()
	c.apps = slices.DeleteFunc(slices.Clone(c.apps), func(one string) bool { return one == app })
	last := len(c.apps) == 0
	c.mu.Unlock()
	if last {
		c.cancel(ErrReplaced)
	}
}

// lost forgets the link: nobody gets an answer from it any more.
func (c *Client) lost(why error) {
	c.mu.Lock()
	c.link = nil
	waiting := c.pending
	c.pending = map[string]chan reply{}
	closing := c.closing
	c.mu.Unlock()
	for _, one := range waiting {
		one <- reply{err: ErrLost}
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	for _, e := range c.held { // it was not found out what was before them, but they are no less true
		c.state.apply(e, c.follows)
		c.publish(e)
	}
	c.holding, c.held = false, nil
	if closing {
		return // no news
	}
	c.publish(&Disconnected{Header: ours("Disconnected"), Reason: why})
}

// ours is the header of an event that the client tells itself.
func ours(kind string) Header {
	return Header{Message: Message{Type: kind}, Timestamp: Time{time.Now()}}
}

// Apps are the applications that the client is.
func (c *Client) Apps() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.apps)
}

// app is the application that is meant where none is named.
func (c *Client) app() string {
	if apps := c.Apps(); len(apps) > 0 {
		return apps[0]
	}
	return ""
}

// Done is closed when the client has ended: after Close, when somebody else has taken
// its applications over, or with the first WebSocket if it is not to reconnect.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err is why the client ended; nil before.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// goodbye is how long Close waits for the server to say it too.
const goodbye = time.Second

// Close ends the client and waits until all of it has ended. The applications are gone
// then, their channels are not.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closing = true
	l := c.link
	c.mu.Unlock()
	said := make(chan struct{})
	if l == nil || c.ctx.Err() != nil {
		close(said)
	} else {
		go func() {
			defer close(said)
			_ = l.stream.Close() // ends with the link at the latest
		}()
	}
	select {
	case <-said:
	case <-time.After(goodbye):
	}
	c.cancel(ErrClosed)
	<-said
	<-c.done
	c.config.HTTPClient.CloseIdleConnections()
	return nil
}
