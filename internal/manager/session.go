package manager

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	calm "github.com/octothorpe/octothorpe/internal/socket"
)

// session is one client. Its goroutine reads what the client asks and carries it out,
// one action after the other; what it answers is written when the client has nothing
// more to read, see output.
type session struct {
	server  *Server
	conn    net.Conn  // nil: a session of HTTP
	from    io.Reader // the same, by calls that wake nobody else
	remote  netip.AddrPort
	local   netip.AddrPort
	secure  bool // over TLS
	web     bool // of HTTP: it has no connection of its own, and events wait until they are asked for
	began   time.Time
	id      string
	account atomic.Pointer[Account]
	user    string                  // the account as the client wrote it, which the reference shows; from before account is set
	figures atomic.Pointer[figures] // of the account
	mask    atomic.Uint32           // classes that `Events` asked for
	form    atomic.Uint32
	chosen  atomic.Pointer[[]*Filter]
	ctx     context.Context
	cancel  context.CancelCauseFunc
	out     *output

	challenge string       // the reader's
	claimed   string       // the account's name, from just before it is set; guarded by server.mu
	waits     bool         // it has not logged in; guarded by server.mu
	requests  atomic.Int32 // of HTTP that are under way
	reader    messageReader
	in        *bufio.Reader // the reader's; nil in a session of HTTP
	late      *time.Timer   // writes answers that wait behind a long action; nil until there was one
}

// errStopping is why the sessions end when the exchange does.
var errStopping = errors.New("the exchange stops")

func newSession(s *Server, conn net.Conn) *session {
	c := &session{server: s, conn: conn, began: time.Now()}
	if conn != nil {
		c.from = calm.Quiet(conn)
		c.remote, c.local = addressOf(conn.RemoteAddr()), addressOf(conn.LocalAddr())
	}
	c.id = fmt.Sprintf("%p", c)
	c.mask.Store(^uint32(0))
	c.figures.Store(&s.nobody)
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.out = newOutput(conn, c.close)
	c.out.counted = c.count
	return c
}

func addressOf(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return netip.AddrPort{}
}

// wants returns the classes of events that this session gets now.
func (c *session) wants() command.Class {
	a := c.account.Load()
	if a == nil {
		return 0
	}
	return a.Read & command.Class(c.mask.Load())
}

// wish is what the session asks of events now.
func (c *session) wish() wish {
	w := wish{mask: c.wants(), form: form(c.form.Load())}
	if list := c.chosen.Load(); list != nil && len(*list) > 0 {
		w.filters = list
	}
	return w
}

// join puts the session where its wish is fulfilled.
func (c *session) join() { c.server.hub.join(c, c.wish()) }

// close ends the session; what is queued is still sent if the client takes it.
func (c *session) close(why error) {
	c.cancel(why)
	if c.conn == nil {
		return
	}
	// The reader waits in Read; a deadline in the past wakes it. Both calls only
	// change state inside the process.
	_ = c.conn.SetReadDeadline(time.Unix(1, 0))
	if errors.Is(why, errStopping) {
		c.out.hasten(time.Second)
	}
}

// waitUntil has Read wait no longer than t; the zero time is for ever. It does not undo close.
func (c *session) waitUntil(t time.Time) {
	_ = c.conn.SetReadDeadline(t)
	if c.ctx.Err() != nil {
		_ = c.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// greeting is what a client reads first.
const greeting = "Asterisk Call Manager/" + Version + "\r\n"

func (c *session) serve() {
	defer c.conn.Close()
	if c.isJSON() {
		c.tell([]byte("Greeting: " + greeting + "\r\n"))
	} else {
		c.out.answer(c.ctx, []byte(greeting))
	}
	if timeout := c.server.settings.Load().AuthTimeout; timeout > 0 {
		c.waitUntil(time.Now().Add(timeout))
	}
	err := c.read()
	c.server.hub.join(c, wish{})
	c.out.finish()
	if errors.Is(err, errBye) {
		c.part()
	}
	c.cancel(err)
	c.goodbye(context.Cause(c.ctx))
}

// What a client that is sent away may still have on the way.
const (
	lastWords = 64 << 10 // bytes
	lastTime  = time.Second
)

// part closes our half first and takes what is on the way: a connection that is closed
// with something unread is reset, and the client might never read our last answer.
func (c *session) part() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(lastTime))
	_, _ = io.CopyN(io.Discard, c.conn, lastWords)
}

func (c *session) goodbye(why error) {
	a := c.account.Load()
	if a == nil {
		c.server.tell(levelVerbose, "Connect attempt from '%s' unable to authenticate", c.remote.Addr().Unmap())
		return
	}
	if errors.Is(why, errSlow) {
		c.server.slow.Add(1)
		c.figures.Load().cut.Add(1)
		c.server.logger.Warn("manager disconnected a client", "user", a.Name, "address", c.remote.String(), "reason", why)
		return
	}
	if a.DisplayConnects {
		c.server.tell(levelVerbose, "Manager '%s' logged off from %s", c.user, c.remote.Addr().Unmap())
	}
}

// Read is that of the connection, before which everything is written: a client that
// sends several actions at once reads the answers at once.
func (c *session) Read(b []byte) (int, error) {
	if c.late != nil {
		c.late.Stop()
	}
	c.out.flush()
	return c.from.Read(b) //nolint:wrapcheck // it stands for the connection
}

// mostLate is how long answers wait behind an action that takes its time.
const mostLate = 2 * time.Millisecond

// read carries out what the client asks until it leaves.
func (c *session) read() error {
	c.in = bufio.NewReaderSize(c, readAtOnce)
	h := newHandle(c, c.tell)
	for {
		m, err := c.reader.read(c.in)
		var refused command.Refusal
		switch {
		case errors.As(err, &refused):
			h.begin(m)
			h.reply("Error", refused.Error(), nil)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		default:
			if c.out.pending() {
				c.writeSoon()
			}
			if err := c.act(h, m); err != nil {
				return err
			}
		}
		if c.ctx.Err() != nil {
			return context.Cause(c.ctx)
		}
	}
}

// writeSoon has the answers written although the reader has more to do.
func (c *session) writeSoon() {
	if c.late == nil {
		c.late = time.AfterFunc(mostLate, c.out.flush)
		return
	}
	c.late.Reset(mostLate)
}

// act finds the action and carries it out.
func (c *session) act(h *handle, m message) error {
	h.begin(m)
	name, a := m.action(), c.account.Load()
	if name == "" {
		h.reply("Error", "Missing action in request", nil)
		c.server.security("RequestBadFormat", "Error", c.user, c, requestType("NONE"))
		return nil
	}
	row := c.server.action(name)
	switch {
	case a == nil && (row == nil || !row.Anonymous):
		h.reply("Error", "Permission denied", nil)
		c.server.security("RequestNotAllowed", "Error", "", c, requestType(name))
		return nil
	case row == nil:
		h.reply("Error", "Invalid/unknown command: "+name+". Use Action: ListCommands to show available commands.", nil)
		c.server.security("RequestBadFormat", "Error", c.user, c, requestType(name))
		return nil
	case a != nil && row.Privilege != 0 && a.Write&row.Privilege == 0:
		c.figures.Load().denied.Add(1)
		h.reply("Error", "Permission denied", nil)
		c.server.security("RequestNotAllowed", "Error", c.user, c, requestType(name))
		return nil
	case a != nil && !c.figures.Load().pace.allows(a.ActionRate, h.began):
		c.figures.Load().limited.Add(1)
		h.reply("Error", "Rate limit exceeded", nil)
		return nil
	}
	err := c.contain(row, h)
	if err != nil && !errors.Is(err, errBye) {
		h.reply("Error", err.Error(), nil)
		err = nil
	}
	c.figures.Load().acted(time.Since(h.began), h.failed)
	return err
}

// contain runs an action; a panic in it becomes an error to the client.
func (c *session) contain(row *command.Action, h *handle) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.server.logger.Error("an action panicked", "action", row.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = command.Refusal("Internal error")
		}
	}()
	return row.Run(h.ctx, &h.request)
}

// tell sends a message to this client alone.
func (c *session) tell(b []byte) {
	if c.isJSON() {
		b = appendJSON(nil, b)
	}
	c.out.answer(c.ctx, b)
}

// descriptor is the number of the connection's file, -1 of a session of HTTP.
func (c *session) descriptor() int {
	n, conn := 0, c.conn
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	switch conn := conn.(type) {
	case nil:
		n = -1
	case syscall.Conn:
		if raw, err := conn.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { n = int(fd) })
		}
	}
	return n
}

// isJSON tells whether the session is a browser's.
func (c *session) isJSON() bool { return form(c.form.Load())&formJSON != 0 }

// count adds to the figures of the account.
func (c *session) count(events uint64, bytes int) {
	f := c.figures.Load()
	f.events.Add(events)
	f.bytes.Add(uint64(bytes))
}
