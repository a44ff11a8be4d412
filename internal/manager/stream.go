package manager

import (
	"slices"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/command"
)

// The sizes of chunks: the first of a stream is small, as many streams have one
// listener and few events.
const (
	firstChunk = 4 << 10
	fullChunk  = 64 << 10
)

// A chunk is a piece of a stream's bytes, written from front to back and never
// changed. A reader that has come to its end goes on with the next.
type chunk struct {
	b    []byte
	n    atomic.Int64 // how much of b is written
	next atomic.Pointer[chunk]
}

func newChunk(size int) *chunk { return &chunk{b: make([]byte, size)} }

// wish is what a session asks of events: sessions with the same wish share a stream.
type wish struct {
	mask    command.Class
	filters *[]*Filter // of an account, or a session's own
	form    form
}

// form is how events are written.
type form uint8

// An event is lines, or with formJSON an object on one line; with formSequence it
// tells its place, so that a client can ask for what came after it.
const (
	formSequence form = 1 << iota
	formJSON
	forms = 1 << iota
)

// A stream is the events of all sessions of one wish, each event once. Who reads
// slowly keeps a place in it and costs no more than that. Chunks that every reader
// has left are garbage: nothing but the readers' places holds them.
type stream struct {
	wish
	tail    *chunk // the hub's lock
	members atomic.Pointer[[]*session]
	end     atomic.Uint64 // bytes that were ever written
	events  atomic.Uint64
	dirty   bool   // it has what the last round did not see; the hub's lock
	flushed uint64 // its end when the last round began; the hub's lock
}

func newStream(w wish) *stream {
	s := &stream{wish: w, tail: newChunk(firstChunk)}
	s.members.Store(new([]*session))
	return s
}

// add writes an event; the hub's lock is held.
func (s *stream) add(b []byte) {
	at := int(s.tail.n.Load())
	if at+len(b) > len(s.tail.b) {
		next := newChunk(max(min(2*len(s.tail.b), fullChunk), len(b)))
		s.tail.next.Store(next)
		s.tail, at = next, 0
	}
	copy(s.tail.b[at:], b)
	s.tail.n.Store(int64(at + len(b)))
	s.events.Add(1)
	s.end.Add(uint64(len(b)))
}

// place returns where the next event will be; the hub's lock is held.
func (s *stream) place() place {
	return place{stream: s, chunk: s.tail, off: int(s.tail.n.Load()), at: s.end.Load(), events: s.events.Load()}
}

// enter adds a session. Who reads an older list does not look behind its end, so that
// the lists may share an array; a list from which one was taken has its own.
func (s *stream) enter(c *session) {
	list := append(*s.members.Load(), c)
	s.members.Store(&list)
}

// leave removes a session and returns how many are left.
func (s *stream) leave(c *session) int {
	list := slices.DeleteFunc(slices.Clone(*s.members.Load()), func(other *session) bool { return other == c })
	s.members.Store(&list)
	return len(list)
}

// A place is how far a session has come in a stream. Its session guards it.
type place struct {
	stream *stream
	chunk  *chunk
	off    int
	at     uint64 // bytes of the stream that are behind it
	events uint64 // events that are
}

// waiting is how many bytes are before the place.
func (p *place) waiting() int {
	if p.stream == nil {
		return 0
	}
	return int(p.stream.end.Load() - p.at)
}

// read appends what is before the place, and at most about limit bytes, to list,
// and moves the place there.
func (p *place) read(list [][]byte, limit int) (_ [][]byte, n int) {
	for p.chunk != nil && n < limit {
		end := int(p.chunk.n.Load())
		if b := p.chunk.b[p.off:end:end]; len(b) > 0 {
			list, n = append(list, b), n+len(b)
			p.off, p.at = end, p.at+uint64(len(b))
		}
		next := p.chunk.next.Load()
		switch {
		case next == nil:
			return list, n
		case p.off == int(p.chunk.n.Load()): // all of it: what comes now goes to the next
			p.chunk, p.off = next, 0
		}
	}
	return list, n
}

// passed returns how many events the place has passed since it was asked last, when
// it has come to the end; while it has not, they are counted later.
func (p *place) passed() uint64 {
	if p.stream == nil || p.waiting() > 0 {
		return 0
	}
	n := p.stream.events.Load() - p.events
	p.events += n
	return n
}
