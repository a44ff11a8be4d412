package fanout

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/socket"
)

// ErrSlow is why a sink ended whose peer does not read.
var ErrSlow = errors.New("the peer does not read what it is sent")

// SinkOptions bound a sink.
type SinkOptions struct {
	Limit int           // bytes that may wait; 4 MiB if 0
	Stall time.Duration // how long the peer may take nothing; 30 s if 0
	// Failed is called once, on a goroutine of its own, when writing fails or the peer is
	// too slow. The connection is closed already.
	Failed func(error)
}

// A Sink is the output of a connection.
type Sink struct {
	hub     *Hub
	conn    net.Conn
	direct  *socket.Direct // nil where conn is not a plain TCP connection
	options SinkOptions
	queued  atomic.Int32 // among which of the hub's it is
	written atomic.Uint64

	index int // in its stream's members; under the hub's mu

	mu       sync.Mutex // a leaf
	place    place
	own      []piece
	ownRoom  []piece // own's memory, while it is small
	ownBytes int
	out      [][]byte // being written
	room     [][]byte // out's memory, while it is small
	outBytes int
	busy     bool // somebody writes
	closing  bool
	err      error
}

// A sink is among none of the hub's, its patient ones, or its urgent ones.
const (
	queuedNot = iota
	queuedTick
	queuedNow
)

// A piece is bytes for this sink alone, which go behind what the stream had.
type piece struct {
	at uint64
	b  []byte
}

// NewSink returns the output of a connection, to which nobody else writes from now on.
func (h *Hub) NewSink(conn net.Conn, o SinkOptions) *Sink {
	if o.Limit <= 0 {
		o.Limit = 4 << 20
	}
	if o.Stall <= 0 {
		o.Stall = 30 * time.Second
	}
	return &Sink{hub: h, conn: conn, direct: socket.NewDirect(conn), options: o}
}

// Follow has the sink receive what is written to a stream from now on; nil is none.
// What it has not got yet of another stream still comes before.
func (k *Sink) Follow(s *Stream) {
	h := k.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil || k.place.stream == s {
		return
	}
	k.leave()
	if s == nil {
		return
	}
	k.place = place{stream: s, chunk: s.tail, off: int(s.tail.n.Load()), at: s.end.Load()}
	for i := range k.own {
		k.own[i].at = k.place.at
	}
	k.index = len(s.members)
	s.members = append(s.members, k)
}

// leave leaves the stream and keeps what is before the place; both mu are held.
func (k *Sink) leave() {
	old := k.place.stream
	if old == nil {
		return
	}
	old.leave(k)
	var kept []piece
	rest := k.own
	for len(rest) > 0 || k.place.waiting() > 0 {
		until := ^uint64(0)
		if len(rest) > 0 {
			until = rest[0].at
		}
		var list [][]byte
		for {
			var n int
			if list, n = k.place.read(list[:0], fullChunk, until); n == 0 {
				break
			}
			for _, b := range list {
				kept = append(kept, piece{b: b})
				k.ownBytes += len(b)
			}
		}
		if len(rest) > 0 {
			kept, rest = append(kept, piece{b: rest[0].b}), rest[1:]
		}
	}
	k.own, k.place = kept, place{}
}

// Send adds bytes for this sink alone, which the sink keeps. They are not written
// before [Sink.Flush], or with what follows.
func (k *Sink) Send(b []byte) { k.SendParts(b) }

// SendParts is Send with bytes that need not stand together. Sinks may be given the same
// ones, which nobody changes. It returns how many bytes wait now.
func (k *Sink) SendParts(parts ...[]byte) (waiting int) {
	k.mu.Lock()
	if k.err != nil || k.closing {
		k.mu.Unlock()
		return 0
	}
	at := uint64(0)
	if k.place.stream != nil {
		at = k.place.stream.end.Load()
	}
	if len(k.own) == 0 {
		k.own = k.ownRoom
	}
	room := cap(k.own)
	for _, b := range parts {
		k.own = append(k.own, piece{at, b})
		k.ownBytes += len(b)
	}
	if now := cap(k.own); now > room && now <= fewPieces {
		k.ownRoom = k.own[:0]
	}
	waiting = k.waiting()
	k.mu.Unlock()
	if waiting > k.options.Limit {
		k.Flush() // it may only be that nobody has written yet
		if waiting = k.Waiting(); waiting > k.options.Limit {
			k.fail(ErrSlow)
		}
	}
	return waiting
}

// Flush writes what waits, as far as the peer takes it.
func (k *Sink) Flush() { k.flush() }

// FlushSoon has the hub do it.
func (k *Sink) FlushSoon() {
	if k.queued.Swap(queuedNow) != queuedNow {
		k.hub.now(k)
	}
}

// FlushTick has the hub do it within a tick, together with what comes until then: what
// many sinks are sent at once costs each of them less so.
func (k *Sink) FlushTick() {
	if k.queued.CompareAndSwap(queuedNot, queuedTick) {
		k.hub.later(k)
	}
}

// Waiting is how many bytes were not written yet.
func (k *Sink) Waiting() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.waiting()
}

// Written is how many bytes were.
func (k *Sink) Written() uint64 { return k.written.Load() }

func (k *Sink) waiting() int { return k.place.waiting() + k.ownBytes + k.outBytes }

// most is about how many bytes are written at once.
const most = 256 << 10

// fewPieces is how much room a sink keeps.
const fewPieces = 32

// gather fills out; mu is held. It tells whether there is anything to write.
func (k *Sink) gather() bool {
	if len(k.out) > 0 {
		return true
	}
	k.out = k.room[:0]
	for k.outBytes < most {
		until := ^uint64(0)
		if len(k.own) > 0 {
			until = k.own[0].at
		}
		var n int
		if k.out, n = k.place.read(k.out, most-k.outBytes, until); n > 0 {
			k.outBytes += n
			continue
		}
		if len(k.own) == 0 {
			break
		}
		b := k.own[0].b
		k.own[0] = piece{}
		k.own = k.own[1:]
		k.out = append(k.out, b)
		k.ownBytes -= len(b)
		k.outBytes += len(b)
	}
	if len(k.own) == 0 {
		k.own = nil
	}
	if cap(k.out) <= fewPieces {
		k.room = k.out
	}
	return len(k.out) > 0
}

// flush writes what waits. Where the peer does not take all of it at once a goroutine
// stays that does; there is at most one.
func (k *Sink) flush() {
	k.mu.Lock()
	if k.busy || k.err != nil {
		slow := k.err == nil && k.waiting() > k.options.Limit
		k.mu.Unlock()
		if slow {
			k.fail(ErrSlow)
		}
		return
	}
	k.busy = true
	for {
		if !k.gather() {
			k.rest()
			return
		}
		list := k.out
		k.mu.Unlock()
		if k.direct == nil {
			go k.drain()
			return
		}
		rest, err := k.direct.Write(list)
		k.mu.Lock()
		k.took(rest)
		if err != nil {
			k.mu.Unlock()
			k.fail(err)
			return
		}
		if len(rest) > 0 {
			k.mu.Unlock()
			go k.drain()
			return
		}
	}
}

// rest ends a flush that has written everything; mu is held and given back.
func (k *Sink) rest() {
	k.busy = false
	k.out = nil
	clear(k.room[:cap(k.room)]) // or it would hold what nobody else does
	closing := k.closing && k.err == nil
	k.mu.Unlock()
	if closing {
		_ = k.conn.Close()
	}
}

// took notes what is left of out; mu is held.
func (k *Sink) took(rest [][]byte) {
	left := 0
	for _, b := range rest {
		left += len(b)
	}
	k.written.Add(uint64(k.outBytes - left))
	k.out, k.outBytes = rest, left
}

// drain writes what waits and waits for the peer.
func (k *Sink) drain() {
	for {
		k.mu.Lock()
		if k.err != nil {
			k.mu.Unlock()
			return
		}
		if !k.gather() {
			k.rest()
			return
		}
		buffers := net.Buffers(k.out)
		k.mu.Unlock()
		_ = k.conn.SetWriteDeadline(time.Now().Add(k.options.Stall))
		n, err := buffers.WriteTo(k.conn)
		k.mu.Lock()
		k.took(buffers)
		k.mu.Unlock()
		switch {
		case err == nil, n > 0 && errors.Is(err, os.ErrDeadlineExceeded):
		case errors.Is(err, os.ErrDeadlineExceeded):
			k.fail(ErrSlow)
			return
		default:
			k.fail(err)
			return
		}
	}
}

// Close has what waits written, as long as the peer takes it, and then closes the
// connection.
func (k *Sink) Close() {
	k.hub.mu.Lock()
	k.mu.Lock()
	if k.err == nil {
		k.leave()
	}
	k.closing = true
	k.mu.Unlock()
	k.hub.mu.Unlock()
	k.flush()
}

// Abort closes the connection and forgets what waits.
func (k *Sink) Abort() { k.end(net.ErrClosed) }

func (k *Sink) fail(why error) {
	if k.end(why) && k.options.Failed != nil {
		go k.options.Failed(why)
	}
}

// end forgets everything; it tells whether it was the first to.
func (k *Sink) end(why error) bool {
	k.hub.mu.Lock()
	k.mu.Lock()
	first := k.err == nil
	if first {
		if k.place.stream != nil {
			k.place.stream.leave(k)
		}
		k.err, k.place, k.own, k.ownBytes, k.out, k.outBytes = why, place{}, nil, 0, nil, 0
		k.ownRoom = nil
	}
	k.mu.Unlock()
	k.hub.mu.Unlock()
	_ = k.conn.Close()
	return first
}
