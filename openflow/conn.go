package openflow

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a connection. The zero value is good.
type Options struct {
	// Echo is after how much silence the other side is asked whether it lives;
	// 0 means 15 s, less than 0 never. After as much silence again it is given up.
	Echo time.Duration
	// Queue is how many messages wait for Receive; 0 means 1024. When it is full,
	// packet-ins are dropped and counted; for others the reader waits, and with it
	// the other side.
	Queue int
	// Deliver, if given, is called with each message that nobody asked for, instead
	// of queueing it for Receive: by the goroutine that reads, so that while it waits
	// nothing is read. Close waits for it.
	Deliver func(Received)
	// Refuse, if given, says whether a packet-in that came in on a port would be dropped
	// anyway: it is asked before the message is decoded, so that a flood costs little, by
	// the goroutine that reads. What it refuses is not traced, nor in DroppedPacketIns.
	Refuse func(port uint32) bool
	// Pending is how many bytes wait to be written; 0 means 1 MiB. When there are
	// more, Send waits.
	Pending int
	// Parts is how many bytes of memory multipart replies may take until they have
	// ended and been taken, all together and about; 0 means 64 MiB.
	// Who asked for the one that goes beyond gets ErrReply.
	Parts int
	// Trace, if given, is called with each message after the hellos, by the goroutine
	// that sends or reads it: several may be at it at once. It must not change it.
	Trace func(sent bool, xid uint32, m Message)
}

// Errors of a connection.
var (
	ErrClosed = errors.New("openflow: connection closed")
	ErrSilent = errors.New("openflow: the other side is silent")
	ErrReply  = errors.New("openflow: an answer that is none") // it does not end, or its parts do not fit together
)

// A Received is a message that came without being asked for.
type Received struct {
	XID     uint32
	Message Message
}

// Stats count what a connection did.
type Stats struct {
	Received         uint64 // messages
	Sent             uint64 // messages
	DroppedPacketIns uint64 // because Queue was full
	Undecodable      uint64 // messages that were none, and were overlooked
	TooLong          uint64 // multipart replies that were given up, see Options.Parts
}

// A Conn is a session of OpenFlow 1.3 with a switch or a controller. All its
// methods may be called concurrently. It owns two goroutines, which end with
// Close or with the first error.
type Conn struct {
	nc   net.Conn
	o    Options
	in   chan Received
	done chan struct{}
	wait sync.WaitGroup
	xid  atomic.Uint32
	last atomic.Int64 // when something came, ns

	mu      sync.Mutex // leaf: never held across I/O
	pending []byte
	room    chan struct{} // closed and made anew whenever pending was taken
	kick    chan struct{}
	asked   map[uint32]*question
	err     error
	late    map[uint32]struct{} // what was asked and is waited for no more; lateLimit at most
	parts   int                 // bytes that all of asked keeps

	received, sent, dropped, undecodable, tooLong atomic.Uint64
}

type question struct {
	reply chan Message
	parts *MultipartReply
	size  int   // of the parts, in bytes
	err   error // of parts that came
	ended bool  // no more will come
}

// NewConn greets the other side and returns the session. It closes nc when that
// fails: with ErrVersion if the other side has no OpenFlow 1.3.
func NewConn(ctx context.Context, nc net.Conn, o Options) (*Conn, error) {
	if o.Echo == 0 {
		o.Echo = 15 * time.Second
	}
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	if o.Pending <= 0 {
		o.Pending = 1 << 20
	}
	if o.Parts <= 0 {
		o.Parts = 64 << 20
	}
	if o.Deliver != nil {
		o.Queue = 0 // nobody waits at it, and a thousand switches have one each
	}
	c := &Conn{nc: nc, o: o, in: make(chan Received, o.Queue), done: make(chan struct{}),
		room: make(chan struct{}), kick: make(chan struct{}, 1), asked: map[uint32]*question{}, late: map[uint32]struct{}{}}
	r := bufio.NewReaderSize(nc, 1<<14)
	if err := c.greet(ctx, r); err != nil {
		nc.Close()
		return nil, err
	}
	c.last.Store(time.Now().UnixNano())
	c.wait.Add(2)
	go c.read(r)
	go c.write()
	return c, nil
}

// greet sends our hello and judges theirs, §6.3.1.
func (c *Conn) greet(ctx context.Context, r *bufio.Reader) error {
	stop := context.AfterFunc(ctx, func() { c.nc.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	hello, _ := Append(nil, c.xid.Add(1), &Hello{Elements: []HelloElement{VersionBitmap{Bitmaps: []uint32{1 << Version}}}})
	wrote := make(chan error, 1) // both sides may speak first: do not wait with one for the other
	go func() { _, err := c.nc.Write(hello); wrote <- err }()
	b, err := frame(r, nil)
	if err != nil {
		c.nc.SetDeadline(time.Unix(1, 0))
		<-wrote
		return cause(ctx, "reading hello", err)
	}
	if err := <-wrote; err != nil {
		return cause(ctx, "writing hello", err)
	}
	xid, m, err := Decode(b)
	if e, ok := m.(*Error); ok {
		return e
	}
	theirs, ok := m.(*Hello)
	if err != nil || !ok {
		return fmt.Errorf("openflow: no hello came first: %w", ErrVersion)
	}
	if speaks(b[0], theirs) {
		return nil
	}
	refusal, _ := Append(nil, xid, &Error{Kind: HelloFailed, Data: []byte("OpenFlow 1.3 is spoken here")})
	c.nc.Write(refusal)
	return ErrVersion
}

func speaks(version byte, h *Hello) bool {
	for _, e := range h.Elements {
		if v, ok := e.(VersionBitmap); ok && len(v.Bitmaps) > 0 {
			return v.Bitmaps[0]&(1<<Version) != 0
		}
	}
	return version >= Version
}

func cause(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("openflow: %s: %w", what, err)
}

// frame reads one whole message into b.
func frame(r *bufio.Reader, b []byte) ([]byte, error) {
	head, err := r.Peek(HeaderLen)
	if err != nil {
		return b, err
	}
	n := Length(head)
	if n < HeaderLen {
		return b, fmt.Errorf("openflow: a message of %d bytes", n)
	}
	if cap(b) < n {
		b = make([]byte, n)
	}
	b = b[:n]
	_, err = io.ReadFull(r, b)
	return b, err
}

// Close ends the session and waits for its goroutines.
func (c *Conn) Close() error {
	c.fail(ErrClosed)
	c.wait.Wait()
	return nil
}

// fail ends everything with the first error.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.done)
		c.nc.Close()
	}
}

// Err is why the session ended, nil while it lasts.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done is closed when the session ends.
func (c *Conn) Done() <-chan struct{} { return c.done }

// RemoteAddr is the other side's.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }

// Stats returns the counters.
func (c *Conn) Stats() Stats {
	return Stats{c.received.Load(), c.sent.Load(), c.dropped.Load(), c.undecodable.Load(), c.tooLong.Load()}
}
