package openflow

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"
)

// Send queues the message and returns its transaction number. It waits while
// more than Options.Pending bytes are queued.
func (c *Conn) Send(ctx context.Context, m Message) (uint32, error) {
	xid := c.xid.Add(1)
	return xid, c.queue(ctx, xid, m)
}

// Reply queues the answer to a message that came with xid.
func (c *Conn) Reply(ctx context.Context, xid uint32, m Message) error { return c.queue(ctx, xid, m) }

func (c *Conn) queue(ctx context.Context, xid uint32, m Message) error {
	for {
		c.mu.Lock()
		if c.err != nil {
			defer c.mu.Unlock()
			return c.err
		}
		if len(c.pending) < c.o.Pending {
			b, err := Append(c.pending, xid, m)
			c.pending = b
			c.mu.Unlock()
			if err != nil {
				return fmt.Errorf("%s: %w", m.Type(), err)
			}
			c.sent.Add(1)
			if c.o.Trace != nil {
				c.o.Trace(true, xid, m)
			}
			select {
			case c.kick <- struct{}{}:
			default:
			}
			return nil
		}
		room := c.room
		c.mu.Unlock()
		select {
		case <-room:
		case <-c.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Request sends the message and waits for its answer, the parts of a multipart
// reply joined into one. An answer that is an Error is returned as error. It
// must not be called by the goroutine that calls Receive: if the queue is full
// nobody else could make room for the answer.
func (c *Conn) Request(ctx context.Context, m Message) (Message, error) {
	xid := c.xid.Add(1)
	q := &question{reply: make(chan Message, 1)}
	c.mu.Lock()
	c.asked[xid] = q
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.asked, xid)
		c.parts -= q.size
		if !q.ended {
			if len(c.late) >= lateLimit {
				clear(c.late)
			}
			c.late[xid] = struct{}{}
		}
		c.mu.Unlock()
	}()
	if err := c.queue(ctx, xid, m); err != nil {
		return nil, err
	}
	select {
	case reply := <-q.reply:
		c.mu.Lock() // the other side may answer twice
		err := q.err
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if e, ok := reply.(*Error); ok {
			return nil, e
		}
		return reply, nil
	case <-c.done:
		return nil, c.Err()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// lateLimit is how many answers that nobody waits for any more are known as such;
// when there are more, Receive gets them.
const lateLimit = 256

// Barrier waits until the other side has done all that was sent before.
func (c *Conn) Barrier(ctx context.Context) error {
	_, err := c.Request(ctx, &BarrierRequest{})
	return err
}

// Receive returns the next message that nobody asked for: packet-ins, port
// changes, errors of messages that were only sent.
func (c *Conn) Receive(ctx context.Context) (Received, error) {
	select {
	case m := <-c.in:
		return m, nil
	default:
	}
	select {
	case m := <-c.in:
		return m, nil
	case <-c.done:
		return Received{}, c.Err()
	case <-ctx.Done():
		return Received{}, context.Cause(ctx)
	}
}

// read owns the reading half.
func (c *Conn) read(r *bufio.Reader) {
	defer c.wait.Done()
	var b []byte
	for {
		var err error
		if b, err = frame(r, b); err != nil {
			c.fail(fmt.Errorf("openflow: reading: %w", err))
			return
		}
		c.last.Store(time.Now().UnixNano())
		c.received.Add(1)
		if c.o.Refuse != nil {
			if port, is := packetInPort(b); is && c.o.Refuse(port) {
				continue
			}
		}
		xid, m, err := Decode(b)
		switch {
		case errors.Is(err, ErrVersion):
			c.fail(err)
			return
		case err != nil: // one bad message is no reason to lose a switch
			c.undecodable.Add(1)
			c.answer(xid, &Error{Kind: BadRequest, Code: 0, Data: []byte(err.Error())}, len(b))
		default:
			if c.o.Trace != nil {
				c.o.Trace(false, xid, m)
			}
			if !c.handle(xid, m, len(b)) {
				return
			}
		}
	}
}

// handle takes what belongs to the session, a message of so many bytes; false when it
// is over.
func (c *Conn) handle(xid uint32, m Message, size int) bool {
	switch m := m.(type) {
	case *EchoRequest:
		// An answer that finds the queue full is dropped: the peer does not read,
		// and waiting for it here would stop our reading as well.
		c.mu.Lock()
		if len(c.pending) < 2*c.o.Pending {
			c.pending, _ = Append(c.pending, xid, &EchoReply{Data: m.Data})
		}
		c.mu.Unlock()
		select {
		case c.kick <- struct{}{}:
		default:
		}
		return true
	case *EchoReply:
		c.answer(xid, m, size)
		return true
	case *Hello:
		return true
	case *PacketIn:
		if c.o.Deliver != nil {
			c.o.Deliver(Received{xid, m})
			return true
		}
		select {
		case c.in <- Received{xid, m}:
		default:
			c.dropped.Add(1)
		}
		return true
	}
	if c.answer(xid, m, size) {
		return true
	}
	if c.o.Deliver != nil {
		c.o.Deliver(Received{xid, m})
		return true
	}
	select {
	case c.in <- Received{xid, m}:
		return true
	case <-c.done:
		return false
	}
}

// answer gives a reply to whoever asked; false if nobody did.
func (c *Conn) answer(xid uint32, m Message, size int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.asked[xid]
	if q == nil {
		_, late := c.late[xid]
		if part, ok := m.(*MultipartReply); late && (!ok || part.Flags&More == 0) {
			delete(c.late, xid)
		}
		return late
	}
	part, isPart := m.(*MultipartReply)
	more := isPart && part.Flags&More != 0
	if isPart {
		switch size = cost(part.Body, size); {
		case q.err != nil:
			q.ended = !more
			return true // its asker has the error, and has not seen it yet
		case c.parts+size > c.o.Parts:
			c.tooLong.Add(1)
			q.err = fmt.Errorf("%w: it takes more than %d bytes and has not ended", ErrReply, c.o.Parts)
		case q.parts == nil:
			q.parts = part
		case !join(q.parts, part):
			q.err = fmt.Errorf("%w: its parts do not fit together", ErrReply)
		}
		if q.err != nil {
			c.parts -= q.size
			q.parts, q.size = nil, 0
		} else {
			c.parts += size
			q.size += size
			if more {
				return true
			}
			q.parts.Flags = 0
			m = q.parts
		}
	}
	q.ended = !more
	select {
	case q.reply <- m:
	default:
	}
	return true
}

// write owns the writing half: all that is queued goes in one write. It also
// watches for silence.
func (c *Conn) write() {
	defer c.wait.Done()
	var tick <-chan time.Time
	if c.o.Echo > 0 {
		t := time.NewTicker(c.o.Echo / 2)
		defer t.Stop()
		tick = t.C
	}
	var b []byte
	for {
		select {
		case <-c.kick:
		case <-tick:
			c.mu.Lock()
			if len(c.pending) == 0 { // what a burst needed need not be kept for ever
				b, c.pending = nil, nil
			}
			c.mu.Unlock()
			switch silent := time.Duration(time.Now().UnixNano() - c.last.Load()); {
			case silent >= 2*c.o.Echo:
				c.fail(ErrSilent)
			case silent >= c.o.Echo:
				c.mu.Lock()
				c.pending, _ = Append(c.pending, c.xid.Add(1), &EchoRequest{})
				c.mu.Unlock()
			}
		case <-c.done:
			return
		}
		c.mu.Lock()
		b, c.pending = c.pending, b[:0]
		close(c.room)
		c.room = make(chan struct{})
		c.mu.Unlock()
		if len(b) == 0 {
			continue
		}
		if c.o.Echo > 0 {
			c.nc.SetWriteDeadline(time.Now().Add(2 * c.o.Echo))
		}
		if _, err := c.nc.Write(b); err != nil {
			c.fail(fmt.Errorf("openflow: writing: %w", err))
			return
		}
		if cap(b) > 1<<20 {
			b = nil // a burst need not be kept for ever
		}
	}
}
