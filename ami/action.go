package ami

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"
	"sync"
)

// A call is an action under way.
type call struct {
	until     func(Message) bool // tells the last event of a list; nil of what has a response alone
	abandoned bool               // nobody waits for it; the client's mu guards it

	mu       sync.Mutex // a leaf
	messages []Message
	err      error // why no more come; io.EOF-like errDone after the last
	wake     chan struct{}
}

// errDone is the end of what is complete.
var errDone = errors.New("complete")

// last tells whether a message is the last one of the call.
func (k *call) last(m Message) bool {
	if k.until == nil || m.Event() == "" && m.Err() != nil {
		return true
	}
	return m.Event() != "" && k.until(m)
}

// put adds a message; c.mu is not held.
func (k *call) put(m Message, most int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return
	}
	switch {
	case len(k.messages) >= most:
		k.messages, k.err = nil, ErrOverflow
	default:
		k.messages = append(k.messages, m)
		if k.last(m) {
			k.err = errDone
		}
	}
	k.rouse()
}

func (k *call) finish(why error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		k.err = why
	}
	k.rouse()
}

func (k *call) rouse() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// next returns what has come, and waits for it. The error comes with nothing else.
func (k *call) next(ctx context.Context) ([]Message, error) {
	for {
		k.mu.Lock()
		got, err := k.messages, k.err
		k.messages = nil
		k.mu.Unlock()
		if len(got) > 0 {
			return got, nil
		}
		if err != nil {
			return nil, err
		}
		select {
		case <-k.wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// begin sends an action. end is to be called when nobody waits for it any more.
func (c *Client) begin(ctx context.Context, action Message, until func(Message) bool) (k *call, end func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, context.Cause(ctx)
	}
	if err := action.keyed(); err != nil {
		return nil, nil, err
	}
	id := action.Get("ActionID")
	if id == "" {
		id = c.prefix + strconv.FormatUint(c.number.Add(1), 10)
		action = action.Without("ActionID").With("ActionID", id)
	}
	k = &call{until: until, wake: make(chan struct{}, 1)}
	c.mu.Lock()
	l := c.link
	switch {
	case c.ctx.Err() != nil:
		err = or(c.ended, context.Cause(c.ctx))
	case l == nil:
		err = ErrDisconnected
	case c.pending[id] != nil:
		err = errors.New("ami: the ActionID " + id + " is in use")
	default:
		c.pending[id] = k
	}
	c.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	end = func() { c.abandon(id, k) }
	select {
	case l.out <- action.Append(make([]byte, 0, 256)):
		return k, end, nil
	case <-l.ctx.Done():
		err = ErrLost
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	c.mu.Lock()
	if c.pending[id] == k {
		delete(c.pending, id)
	}
	c.mu.Unlock()
	return nil, nil, err
}

// Send sends an action and does not wait: what comes back goes to Config.Observe. Its
// ActionID, if it has one, is not that of an action under way. Fields without a key are
// sent as lines without a colon, which a UserEvent may have.
func (c *Client) Send(ctx context.Context, action Message) error {
	if err := action.check(); err != nil {
		return err
	}
	c.mu.Lock()
	l := c.link
	c.mu.Unlock()
	if l == nil {
		return ErrDisconnected
	}
	select {
	case l.out <- action.Append(make([]byte, 0, 256)):
		return nil
	case <-l.ctx.Done():
		return ErrDisconnected
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// mostAbandoned is how many lists the client knows that nobody waits for: their
// events are not events for everybody.
const mostAbandoned = 1000

func (c *Client) abandon(id string, k *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending[id] != k {
		return
	}
	if k.until == nil || c.abandoned >= mostAbandoned {
		delete(c.pending, id)
		return
	}
	k.abandoned = true
	c.abandoned++
	k.finish(errDone)
}

// Do sends an action and waits for its response, which comes beside a
// [*ResponseError] when the server says Error. An action without an ActionID gets one.
// A context that ends does not take the action back.
//
// Events that an action leads to go to subscriptions; a list is for [Client.List].
func (c *Client) Do(ctx context.Context, action Message) (Message, error) {
	k, end, err := c.begin(ctx, action, nil)
	if err != nil {
		return nil, err
	}
	defer end()
	got, err := k.next(ctx)
	if err != nil {
		return nil, err
	}
	return got[0], got[0].Err()
}

// completes tells the last event of a list.
func completes(m Message) bool {
	return strings.EqualFold(m.Get("EventList"), "Complete") || strings.HasSuffix(m.Event(), "Complete") ||
		strings.EqualFold(m.Get("EventList"), "Cancelled")
}

// List sends an action that is answered with a list, such as CoreShowChannels, and
// returns the list's events without the one that completes it. What is answered with
// something else than a list never completes: that is for Do.
func (c *Client) List(ctx context.Context, action Message) ([]Message, error) {
	var list []Message
	for m, err := range c.Stream(ctx, action) {
		if err != nil {
			return nil, err
		}
		if list = append(list, m); len(list) > c.config.MaxList {
			return nil, ErrOverflow
		}
	}
	return list, nil
}

// Stream is List, event by event as they come. The last pair may have an error and no
// event. The action is sent when the sequence is used, each time.
func (c *Client) Stream(ctx context.Context, action Message) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		k, end, err := c.begin(ctx, action, completes)
		if err != nil {
			yield(nil, err)
			return
		}
		defer end()
		for {
			got, err := k.next(ctx)
			if errors.Is(err, errDone) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, m := range got {
				switch {
				case m.Event() == "":
					if err := m.Err(); err != nil {
						yield(nil, err)
						return
					}
				case completes(m):
					return
				case !yield(m, nil):
					return
				}
			}
		}
	}
}

// Ping asks the server for an answer.
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.Do(ctx, Action("Ping"))
	return err
}

// Command runs a console command and returns what it printed.
func (c *Client) Command(ctx context.Context, line string) (string, error) {
	m, err := c.Do(ctx, Action("Command", "Command", line))
	return m.Output(), err
}
