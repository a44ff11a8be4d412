package ami

import (
	"context"
	"crypto/md5"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// A link is one connection of a client.
type link struct {
	conn   net.Conn
	reader *Reader
	banner string
	number int       // 1 is the client's first
	early  []Message // events that came while it logged in
	missed string    // how many events the server has told again; "" if it was not asked to
	out    chan []byte
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// outgoing is how many actions wait to be written; who has more waits.
const outgoing = 256

func (l *link) fail(why error) {
	if why != nil {
		l.cancel(why)
		_ = l.conn.SetDeadline(time.Unix(1, 0)) // wakes who reads and writes
	}
}

// connect makes a connection and logs in.
func (c *Client) connect(ctx context.Context) (*link, error) {
	within, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	conn, err := c.config.Dial(within, "tcp", c.config.Address)
	if err != nil {
		return nil, fmt.Errorf("ami: connect: %w", err)
	}
	if c.config.TLS != nil {
		settings := c.config.TLS.Clone()
		if settings.ServerName == "" {
			settings.ServerName, _, _ = net.SplitHostPort(c.config.Address)
		}
		conn = tls.Client(conn, settings)
	}
	l := &link{conn: conn, reader: NewReader(conn, c.config.Limits), out: make(chan []byte, outgoing), number: c.links + 1}
	stop := context.AfterFunc(within, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err = c.login(l)
	if !stop() && err == nil {
		err = context.Cause(within)
	}
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("ami: log in to %s: %w", c.config.Address, err)
	}
	c.links++
	l.ctx, l.cancel = context.WithCancelCause(c.ctx)
	context.AfterFunc(l.ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return l, nil
}

// login reads the banner and logs in.
func (c *Client) login(l *link) error {
	var err error
	if l.banner, err = l.reader.Line(); err != nil {
		return err
	}
	if !strings.Contains(l.banner, "Call Manager") {
		return fmt.Errorf("%w: %.80q", ErrBanner, l.banner)
	}
	events := c.config.Events
	if c.sequence != "" {
		events = "off" // until it is said since when
	}
	login := Action("Login", "Username", c.config.Username, "Events", events)
	if c.config.PlainLogin {
		login = login.With("Secret", c.config.Secret)
	} else {
		r, err := l.ask(Action("Challenge", "AuthType", "MD5"))
		if err != nil {
			return err
		}
		sum := md5.Sum([]byte(r.Get("Challenge") + c.config.Secret))
		login = login.With("AuthType", "MD5").With("Key", hex.EncodeToString(sum[:]))
	}
	if _, err = l.ask(login); err != nil || c.state == nil || strings.EqualFold(c.config.Events, "off") {
		return err
	}
	return c.resume(l)
}

// resume asks for events with their places, and for those since the last one that was
// seen. Octothorpe knows that; for others it is an action like any other.
func (c *Client) resume(l *link) error {
	action := Action("Events", "EventMask", c.config.Events, "Sequence", "yes")
	since := c.sequence
	c.sequence = ""
	var refused *ResponseError
	if since != "" {
		r, err := c.askEvents(l, action.With("Since", since))
		if err == nil {
			if l.missed = r.Get("Missed"); l.missed != "" {
				c.sequence = since
			}
			return nil // or it is another server now, which overlooked what it does not know
		}
		if !errors.As(err, &refused) {
			return err
		}
	}
	r, err := c.askEvents(l, action)
	if since == "" && errors.As(err, &refused) {
		return nil // events come as the login said
	}
	c.sequence = strings.Clone(r.Get("Sequence"))
	return err
}

// askEvents is ask for the action Events, which a server with brokeneventsaction does
// not answer: so a Ping goes behind it, whose answer then comes first.
func (c *Client) askEvents(l *link, action Message) (Message, error) {
	id := c.prefix + strconv.FormatUint(c.number.Add(1), 10)
	ping := Action("Ping", "ActionID", id)
	if _, err := l.conn.Write(ping.Append(action.Append(nil))); err != nil {
		return nil, err
	}
	r, err := l.response()
	if r.Get("ActionID") == id {
		return nil, err
	}
	if err != nil {
		_, _ = l.response() // the ping's: if there is none the next one fails, too
		return r, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending[id] = &call{wake: make(chan struct{}, 1)} // who takes the answer when it comes
	return r, err
}

// ask sends an action and waits for its response, before anybody else uses the
// connection.
func (l *link) ask(action Message) (Message, error) {
	if err := action.check(); err != nil {
		return nil, err
	}
	if _, err := l.conn.Write(action.Append(nil)); err != nil {
		return nil, err
	}
	return l.response()
}

// response reads until there is one.
func (l *link) response() (Message, error) {
	for {
		m, err := l.reader.Read()
		if err != nil {
			return nil, err
		}
		if _, ok := m.Lookup("Response"); ok && m.Event() == "" {
			return m, m.Err()
		}
		if l.early = append(l.early, m); len(l.early) > 10_000 {
			return nil, ErrOverflow
		}
	}
}

// write sends actions until the connection ends, those that wait together at once.
func (l *link) write(timeout time.Duration) error {
	var batch []byte
	for {
		select {
		case b := <-l.out:
			batch = append(batch[:0], b...)
		case <-l.ctx.Done():
			return nil
		}
		for more := true; more && len(batch) < 64<<10; {
			select {
			case b := <-l.out:
				batch = append(batch, b...)
			default:
				more = false
			}
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(timeout))
		if l.ctx.Err() != nil {
			return nil // its deadline in the past may just have been overwritten
		}
		if _, err := l.conn.Write(batch); err != nil {
			return fmt.Errorf("ami: write: %w", err)
		}
	}
}

// read hands out what the server sends until the connection ends.
func (c *Client) read(l *link) error {
	for _, m := range l.early {
		if err := c.receive(m); err != nil {
			return err
		}
	}
	l.early = nil
	for {
		m, err := l.reader.Read()
		switch {
		case errors.Is(err, ErrTooLarge):
			c.config.Logger.Warn("a message of the manager was too large", "begins", m)
			c.tooLarge(m)
			continue
		case err != nil:
			return fmt.Errorf("ami: read: %w", err)
		}
		if err := c.receive(m); err != nil {
			return err
		}
	}
}

// receive hands out one message: to the action that it answers, or to everybody.
func (c *Client) receive(m Message) error {
	event := m.Event()
	if id, ok := m.Lookup("ActionID"); ok {
		c.mu.Lock()
		k := c.pending[id]
		if k == nil || event != "" && k.until == nil {
			k = nil
		} else if k.last(m) {
			delete(c.pending, id)
			if k.abandoned {
				c.abandoned--
			}
		}
		c.mu.Unlock()
		if k != nil {
			k.put(m, c.config.MaxList)
			return nil
		}
	}
	if event == "" {
		if c.config.Observe != nil {
			c.config.Observe(m)
		}
		return nil // an answer that nobody waits for any more
	}
	if c.sequence != "" {
		m = c.passed(m)
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	if c.holding {
		if c.held = append(c.held, m); len(c.held) > c.config.MaxList {
			return fmt.Errorf("%w, while a snapshot was taken", ErrOverflow)
		}
		return nil
	}
	if c.state != nil {
		c.state.apply(m)
	}
	c.publish(m)
	return nil
}

// passed notes the place of an event, which the server says last, and takes it away: it
// is for us and not for who gets the event.
func (c *Client) passed(m Message) Message {
	last := len(m) - 1
	if m[last].Key != "Sequence" {
		return m
	}
	c.sequence = strings.Clone(m[last].Value)
	return m[:last]
}

// tooLarge fails the action whose answer it was.
func (c *Client) tooLarge(m Message) {
	id := m.Get("ActionID")
	c.mu.Lock()
	k := c.pending[id]
	delete(c.pending, id)
	if k != nil && k.abandoned {
		c.abandoned--
	}
	c.mu.Unlock()
	if k != nil {
		k.finish(ErrTooLarge)
	}
}

// tell publishes an event of our own.
func (c *Client) tell(m Message) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.publish(m)
}

// publish gives an event to the subscriptions that want it; telling is held.
func (c *Client) publish(m Message) {
	if c.config.Observe != nil {
		c.config.Observe(m)
	}
	c.mu.Lock()
	subscribers := c.subscribers
	c.mu.Unlock()
	lower := ""
	for _, s := range subscribers {
		if s.names != nil && lower == "" {
			lower = strings.ToLower(m.Event())
		}
		if s.wants(lower, m) {
			s.put(m)
		}
	}
}
