package manager

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	calm "github.com/octothorpe/octothorpe/internal/socket"
)

// What a client that reads slowly may leave waiting unless manager.conf says
// otherwise: more disconnects it, and nobody else notices.
const (
	defaultQueueBytes = 4 << 20
	defaultQueueTime  = 30 * time.Second
)

const (
	writeAtOnce = 256 << 10 // bytes that are given to a socket at a time
	spareBytes  = 4 << 10   // of a buffer that a session keeps for its next answer
)

// errSlow is the reason for which a client that does not read is disconnected.
var errSlow = errors.New("the client does not read its events")

// An output is what goes to one client: answers to it alone, and the events of its
// stream in between. Whoever has something for it flushes it; one goroutine at a
// time writes, and takes what others add meanwhile. A write never waits: what the
// socket does not take at once, a goroutine of its own brings to the client, which
// ends when the client has caught up, or with the session.
type output struct {
	conn    net.Conn
	direct  *calm.Direct // nil: conn can't be written without waiting
	limit   int          // bytes that may wait
	ended   func(error)  // ends the session
	counted func(events uint64, bytes int)

	mu       sync.Mutex // a leaf
	stall    time.Duration
	place    place         // what is before it in its stream comes last
	held     bool          // until what came before the stream has been answered
	items    [][]byte      // come first
	own      []byte        // answers; come next
	queued   int           // bytes of items and own
	sending  [][]byte      // the writer's
	taken    int           // bytes of it when it was taken
	lent     []byte        // the buffer of answers in sending
	spare    []byte        // the next one
	busy     bool          // somebody writes
	closing  bool          // nothing more comes
	dead     bool          // nothing more is written
	timed    bool          // the connection has a deadline for writing
	told     func()        // not nil: is called when there is something of the stream that is held
	pulled   chan struct{} // not nil: nobody writes, somebody collects; it is told when there is something
	room     chan struct{}
	finished chan struct{} // closed when all was written after closing
}

func newOutput(conn net.Conn, ended func(error)) *output {
	return &output{conn: conn, direct: calm.NewDirect(conn), limit: defaultQueueBytes, stall: defaultQueueTime, ended: ended,
		counted: func(uint64, int) {}, room: make(chan struct{}, 1), finished: make(chan struct{})}
}

// configure sets how much may wait for the client and how long; 0 changes nothing.
func (o *output) configure(bytes int, stall time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if bytes > 0 {
		o.limit = bytes
	}
	if stall > 0 {
		o.stall = stall
	}
}

// swap gives the output another stream, from its end on. What it has not read of
// the old one is written before. The hub's lock is held.
func (o *output) swap(next *stream) (old *stream) {
	o.mu.Lock()
	defer o.mu.Unlock()
	old = o.place.stream
	if old == next {
		return old
	}
	held := o.held
	o.held = false // what came before the change is told before it
	o.settle()
	o.held = held
	o.place = place{}
	if next != nil {
		o.place = next.place()
	}
	return old
}

// settle puts what there is of the stream behind the answers so far; o.mu is held.
func (o *output) settle() {
	if o.held || o.place.waiting() <= 0 {
		return
	}
	if len(o.own) > 0 {
		o.items, o.own = append(o.items, o.own), nil
	}
	list, n := o.place.read(o.items, 1<<30)
	o.items, o.queued = list, o.queued+n
	if n := o.place.passed(); n > 0 {
		o.counted(n, 0)
	}
}

// answer adds bytes to what this client gets. It waits, on the session's own
// goroutine, while half the queue is full: a list may be longer than the queue, and
// the other half is for the events that come meanwhile.
func (o *output) answer(ctx context.Context, b []byte) {
	for {
		o.mu.Lock()
		if o.dead || o.closing {
			o.mu.Unlock()
			return
		}
		if waiting := o.queued + o.unsent(); waiting == 0 || waiting <= o.limit/2 {
			break
		}
		o.mu.Unlock()
		o.flush()
		select {
		case <-o.room:
		case <-ctx.Done():
			return // nobody reads it
		}
	}
	o.add(b)
	much := len(o.own) >= urgentBytes
	o.mu.Unlock()
	if much {
		o.flush()
	}
}

// add is answer without waiting; o.mu is held.
func (o *output) add(b []byte) {
	o.settle()
	if o.own == nil {
		o.own, o.spare = o.spare, nil
	}
	o.own = append(o.own, b...)
	o.queued += len(b)
}

// share adds bytes that are never changed, instead of a copy.
func (o *output) share(ctx context.Context, b []byte) {
	o.answer(ctx, nil) // waits
	o.mu.Lock()
	defer o.mu.Unlock()
	o.settle()
	if len(o.own) > 0 {
		o.items, o.own = append(o.items, o.own), nil
	}
	o.items, o.queued = append(o.items, b), o.queued+len(b)
}

// hold keeps the stream back from here on, or lets it go on.
func (o *output) hold(on bool) {
	o.mu.Lock()
	o.settle()
	o.held = on
	o.mu.Unlock()
}

// notify has told called when there is something of the stream that is held. It
// reports true, and does nothing, where there is already.
func (o *output) notify(told func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told = nil
	if told != nil && o.place.waiting() > 0 {
		return true
	}
	o.told = told
	return false
}

// pending tells whether answers wait to be written.
func (o *output) pending() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queued > 0 && !o.busy
}

// unsent is how much of what the writer took is not written; o.mu is held.
func (o *output) unsent() int {
	if !o.busy {
		return 0
	}
	return o.taken
}

// waiting is how many bytes wait for the client.
func (o *output) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queued + o.unsent() + max(0, o.place.waiting())
}

// take gives the writer what there is, and reports whether there is anything; o.mu
// is held.
func (o *output) take() bool {
	if o.dead {
		return false
	}
	list := append(o.sending[:0], o.items...)
	o.taken = o.queued
	if len(o.own) > 0 {
		list, o.lent, o.own = append(list, o.own), o.own, nil
	}
	o.items, o.queued = nil, 0
	if !o.held && o.place.chunk != nil {
		var n int
		list, n = o.place.read(list, writeAtOnce)
		o.taken += n
	}
	o.sending = list
	return len(list) > 0
}

// sent ends what take began; o.mu is held.
func (o *output) sent() {
	clear(o.sending[:cap(o.sending)])
	if cap(o.sending) > 16 {
		o.sending = nil
	}
	o.sending = o.sending[:0]
	if o.spare == nil && cap(o.lent) <= spareBytes {
		o.spare = o.lent[:0]
	}
	o.lent = nil
	if bytes := o.taken; bytes > 0 {
		o.counted(o.place.passed(), bytes)
	}
	o.taken = 0
	select {
	case o.room <- struct{}{}:
	default:
	}
}

// flush writes what there is, as far as the client takes it at once.
func (o *output) flush() {
	o.mu.Lock()
	if o.held && o.told != nil && o.place.waiting() > 0 {
		o.told()
		o.told = nil
	}
	if o.busy || o.pulled != nil {
		// Who writes takes what there is when it is done with what it has.
		late := o.queued+o.taken+max(0, o.place.waiting()) > o.limit && !o.dead
		o.mu.Unlock()
		if late {
			o.cut(errSlow)
		} else if o.pulled != nil {
			select {
			case o.pulled <- struct{}{}:
			default:
			}
		}
		return
	}
	for o.take() {
		o.busy = true
		o.mu.Unlock()
		rest, err := o.sending, error(nil)
		if o.direct != nil {
			rest, err = o.direct.Write(rest)
		}
		if err == nil && len(rest) > 0 {
			go o.catchUp(rest)
			return
		}
		if err != nil {
			o.fail(err)
		}
		o.mu.Lock()
		o.sent()
	}
	o.rest()
	o.mu.Unlock()
}

// rest ends the writing; o.mu is held.
func (o *output) rest() {
	o.busy = false
	if o.timed && !o.dead {
		o.timed = false
		_ = o.conn.SetWriteDeadline(time.Time{})
	}
	if o.closing {
		select {
		case <-o.finished:
		default:
			close(o.finished)
		}
	}
}

// fail ends the session after a write that failed. Who took nothing in time is slow.
func (o *output) fail(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errSlow
	}
	o.cut(err)
}

// cut throws away what is waiting and ends the session.
func (o *output) cut(why error) {
	o.mu.Lock()
	if o.dead {
		o.mu.Unlock()
		return
	}
	o.dead = true
	o.items, o.own, o.queued = nil, nil, 0
	o.place.chunk = nil // its bytes are somebody else's to hold
	if o.conn != nil {
		_ = o.conn.SetWriteDeadline(time.Unix(1, 0))
	}
	o.mu.Unlock()
	if browser, ok := o.conn.(*socket); ok {
		_ = browser.Close() // a deadline ends the next write, not this one
	}
	o.ended(why)
}

// collect returns what there is, for a client that asks for it.
func (o *output) collect(dst []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.take() {
		for _, part := range o.sending {
			dst = append(dst, part...)
		}
		o.sent()
	}
	return dst
}

// finish writes what is left and waits for it.
func (o *output) finish() {
	o.mu.Lock()
	o.closing = true
	o.mu.Unlock()
	o.flush()
	<-o.finished
}
