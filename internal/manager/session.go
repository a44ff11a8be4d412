package manager

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// session is one client. Its reader goroutine carries the actions out one after
// the other; its writer goroutine sends what is queued.
type session struct {
	server  *Server
	conn    net.Conn
	remote  netip.AddrPort
	began   time.Time
	id      string
	account atomic.Pointer[Account]
	mask    atomic.Uint32 // classes that `Events` asked for
	chosen  atomic.Pointer[[]*Filter]
	ctx     context.Context
	cancel  context.CancelCauseFunc

	challenge string // the reader's
	claimed   string // the account's name, from just before it is set; guarded by server.mu

	mu      sync.Mutex // a leaf
	pending [][]byte
	bytes   int
	limit   int
	ended   bool
	cut     bool // it was too far behind
	wake    chan struct{}
	room    chan struct{} // the writer has taken what was queued
}

// defaultQueueBytes is how much output waits for a client that reads slowly:
// a few seconds of a busy exchange.
const defaultQueueBytes = 8 << 20

// errSlow is the reason for which a client that does not read is disconnected.
var errSlow = errors.New("the client does not read its events")

// errStopping is why the sessions end when the exchange does.
var errStopping = errors.New("the exchange stops")

func newSession(s *Server, conn net.Conn) *session {
	c := &session{server: s, conn: conn, began: time.Now(), wake: make(chan struct{}, 1),
		room: make(chan struct{}, 1), limit: s.settings.Load().QueueBytes}
	if c.limit == 0 {
		c.limit = defaultQueueBytes
	}
	if a, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		c.remote = a
	}
	c.id = fmt.Sprintf("%p", c)
	c.mask.Store(^uint32(0))
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c
}

// wants returns the classes of events that this session gets now.
func (c *session) wants() command.Class {
	a := c.account.Load()
	if a == nil {
		return 0
	}
	return a.Read & command.Class(c.mask.Load())
}

// queue adds bytes, which are shared and never changed, to the session's output.
// A client that is too far behind is disconnected: it would lose events else.
func (c *session) queue(b []byte) {
	c.mu.Lock()
	if c.ended || c.cut {
		c.mu.Unlock()
		return
	}
	c.cut = c.bytes+len(b) > c.limit
	if c.cut {
		c.pending, c.bytes = nil, 0 // who does not read does not get the rest
	} else {
		c.pending = append(c.pending, b)
		c.bytes += len(b)
	}
	full := c.cut
	c.mu.Unlock()
	if full {
		c.server.slow.Add(1)
		c.close(errSlow)
		return
	}
	c.rouse()
}

// answer adds bytes of an answer. It waits, on the session's own goroutine, while
// half the queue is full: a list may be longer than the queue, and the other half
// is for the events that come meanwhile.
func (c *session) answer(b []byte) {
	for {
		c.mu.Lock()
		full := c.bytes > c.limit/2 && !c.ended && !c.cut
		if !full && !c.ended && !c.cut {
			c.pending = append(c.pending, b)
			c.bytes += len(b)
		}
		c.mu.Unlock()
		if !full {
			break
		}
		select {
		case <-c.room:
		case <-c.ctx.Done():
			return // nobody reads it
		}
	}
	c.rouse()
}

// rouse has the writer look.
func (c *session) rouse() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close ends the session; what is queued is still sent if the client takes it.
func (c *session) close(why error) {
	c.cancel(why)
	// The reader waits in Read; a deadline in the past wakes it. Both calls only
	// change state inside the process.
	_ = c.conn.SetReadDeadline(time.Unix(1, 0))
	if errors.Is(why, errSlow) {
		c.mu.Lock()
		c.cut = true
		_ = c.conn.SetWriteDeadline(time.Unix(1, 0))
		c.mu.Unlock()
	}
}

func (c *session) serve() {
	defer c.conn.Close()
	written := make(chan struct{})
	go func() { defer close(written); c.write() }()
	c.queue([]byte("Asterisk Call Manager/" + Version + "\r\n"))
	if timeout := c.server.settings.Load().AuthTimeout; timeout > 0 {
		_ = c.conn.SetReadDeadline(time.Now().Add(timeout))
	}
	err := c.read()
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.cancel(err)
	c.rouse()
	<-written
	c.goodbye(context.Cause(c.ctx))
}

func (c *session) goodbye(why error) {
	a := c.account.Load()
	if a == nil {
		c.server.tell(levelVerbose, "Connect attempt from '%s' unable to authenticate", c.remote.Addr().Unmap())
		return
	}
	log := c.server.logger
	if errors.Is(why, errSlow) {
		log.Warn("manager disconnected a client", "user", a.Name, "address", c.remote.String(), "reason", why)
		return
	}
	if a.DisplayConnects {
		c.server.tell(levelVerbose, "Manager '%s' logged off from %s", a.Name, c.remote.Addr().Unmap())
	}
}

// read carries out what the client asks until it leaves.
func (c *session) read() error {
	r := bufio.NewReaderSize(c.conn, maxLine)
	for {
		m, err := readMessage(r)
		var refused command.Refusal
		switch {
		case errors.As(err, &refused):
			c.request(m).Reply("Error", refused.Error())
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		default:
			if err := c.act(m); err != nil {
				return err
			}
		}
		if c.ctx.Err() != nil {
			return context.Cause(c.ctx)
		}
	}
}

// write sends what is queued, all at once, until the session has ended and the
// queue is empty.
func (c *session) write() {
	for {
		c.mu.Lock()
		batch, ended := c.pending, c.ended
		c.pending, c.bytes = nil, 0
		c.mu.Unlock()
		select {
		case c.room <- struct{}{}:
		default:
		}
		if len(batch) == 0 {
			if ended {
				return
			}
			<-c.wake
			continue
		}
		for buffers := net.Buffers(batch); len(buffers) > 0; {
			if err := c.put(&buffers); err != nil {
				c.giveUp(err)
				c.drain()
				return
			}
		}
	}
}

// put writes what it can of buffers in the time that a client has to take
// anything at all. One that is slow and reads gets all of a long answer.
func (c *session) put(buffers *net.Buffers) error {
	timeout := 30 * time.Second
	if a := c.account.Load(); a != nil && a.WriteTimeout > 0 {
		timeout = max(a.WriteTimeout, time.Second)
	}
	c.mu.Lock() // close sets a deadline in the past under it, and that one stays
	if !c.cut {
		_ = c.conn.SetWriteDeadline(time.Now().Add(timeout))
	}
	c.mu.Unlock()
	n, err := buffers.WriteTo(c.conn)
	why := context.Cause(c.ctx)
	if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(why, errSlow) && !errors.Is(why, errStopping) {
		return nil
	}
	return err
}

// giveUp ends the session after a write that failed. Who took nothing in time is
// slow, too.
func (c *session) giveUp(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) && c.ctx.Err() == nil {
		c.server.slow.Add(1)
		c.close(errSlow)
		return
	}
	c.close(fmt.Errorf("write: %w", err))
}

// drain throws away what is queued until the session has ended.
func (c *session) drain() {
	for {
		c.mu.Lock()
		c.pending, c.bytes = nil, 0
		ended := c.ended
		c.mu.Unlock()
		if ended {
			return
		}
		<-c.wake
	}
}

// act finds the action and carries it out.
func (c *session) act(m message) error {
	name := m.get("Action")
	r := c.request(m)
	if name == "" {
		r.Reply("Error", "Missing action in request")
		return nil
	}
	row := c.server.action(name)
	a := c.account.Load()
	switch {
	case a == nil && (row == nil || !row.Anonymous):
		c.server.security("RequestNotAllowed", "Error", "", c, requestType(name))
		r.Reply("Error", "Permission denied")
		return nil
	case row == nil:
		c.server.security("RequestBadFormat", "Error", a.Name, c, requestType(name))
		r.Reply("Error", "Invalid/unknown command: "+name+". Use Action: ListCommands to show available commands.")
		return nil
	case a != nil && row.Privilege != 0 && a.Write&row.Privilege == 0:
		c.server.security("RequestNotAllowed", "Error", a.Name, c, requestType(name))
		r.Reply("Error", "Permission denied")
		return nil
	}
	if err := c.contain(row, r); err != nil {
		if errors.Is(err, errBye) {
			return err
		}
		r.Reply("Error", err.Error())
	}
	return nil
}

// requestType names an action in a security event.
func requestType(action string) event.Variable {
	return event.Variable{Name: "RequestType", Value: "Action: " + action}
}

// contain runs an action; a panic in it becomes an error to the client.
func (c *session) contain(row *command.Action, r *command.ActionRequest) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.server.logger.Error("an action panicked", "action", row.Name, "panic", fmt.Sprint(p))
			err = command.Refusal("Internal error")
		}
	}()
	return row.Run(c.ctx, r)
}

// request makes the handle by which an action reads its message and answers.
func (c *session) request(m message) *command.ActionRequest {
	id := m.get("ActionID")
	replied := false
	send := func(b []byte) { c.answer(append(b, "\r\n"...)) }
	head := func(key, value string) []byte {
		b := appendField(make([]byte, 0, 256), key, value)
		if key == "Event" {
			// Asterisk puts the ActionID of a list item first, too.
			if id != "" {
				b = appendField(b, "ActionID", id)
			}
			return b
		}
		if id != "" {
			b = appendField(b, "ActionID", id)
		}
		return b
	}
	r := &command.ActionRequest{Get: m.get, All: m.all, Lines: func() []command.Field { return m }, Session: &handle{c, m}}
	if a := c.account.Load(); a != nil {
		r.User = a.Name
	}
	r.Reply = func(response, text string, fields ...command.Field) {
		if replied {
			return
		}
		replied = true
		b := head("Response", response)
		if text != "" {
			b = appendField(b, "Message", text)
		}
		for _, f := range fields {
			b = appendField(b, f.Key, f.Value)
		}
		send(b)
	}
	r.Event = func(name string, fields ...command.Field) {
		late := slices.ContainsFunc(fields, func(f command.Field) bool { return f.Key == "ActionID" })
		var b []byte
		if late {
			b = appendField(b, "Event", name)
		} else {
			b = head("Event", name)
		}
		for _, f := range fields {
			switch {
			case f.Key != "ActionID":
				b = appendField(b, f.Key, f.Value)
			case id != "":
				b = appendField(b, f.Key, id)
			}
		}
		send(b)
	}
	r.ListStart = func(text string) {
		replied = true
		b := appendField(head("Response", "Success"), "EventList", "start")
		send(appendField(b, "Message", text))
	}
	r.ListEnd = func(event string, items int, fields ...command.Field) {
		b := appendField(head("Event", event), "EventList", "Complete")
		b = appendField(b, "ListItems", fmt.Sprint(items))
		for _, f := range fields {
			b = appendField(b, f.Key, f.Value)
		}
		send(b)
	}
	r.Can = func(class command.Class) bool {
		a := c.account.Load()
		return a != nil && a.Write&class != 0
	}
	return r
}

// handle is what the actions of this package find as Session.
type handle struct {
	session *session
	message message
}
