package fanout

import "sync/atomic"

// The sizes of chunks: the first of a stream is small, as many streams have one
// member and few messages.
const (
	firstChunk = 2 << 10
	fullChunk  = 64 << 10
)

// A chunk is a piece of a stream's bytes, written from front to back and never
// changed. Who has come to its end goes on with the next.
type chunk struct {
	b    []byte
	n    atomic.Int64 // how much of b is written
	next atomic.Pointer[chunk]
}

// A Stream is the messages that its members share. Chunks that all have left are
// garbage: nothing but the members' places holds them.
type Stream struct {
	hub *Hub
	end atomic.Uint64 // bytes that were ever written

	// under the hub's mu
	tail    *chunk
	members []*Sink
	dirty   bool   // it has what the last round did not see
	flushed uint64 // its end when the last round began
}

// NewStream returns a stream without members.
func (h *Hub) NewStream() *Stream {
	return &Stream{hub: h, tail: &chunk{b: make([]byte, firstChunk)}}
}

// Write adds a message for all members. The bytes are copied.
func (s *Stream) Write(b []byte) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(s.members) == 0 {
		return
	}
	at := int(s.tail.n.Load())
	if at+len(b) > len(s.tail.b) {
		next := &chunk{b: make([]byte, max(min(2*len(s.tail.b), fullChunk), len(b)))}
		s.tail.next.Store(next)
		s.tail, at = next, 0
	}
	copy(s.tail.b[at:], b)
	s.tail.n.Store(int64(at + len(b)))
	s.end.Add(uint64(len(b)))
	h.soon(s)
}

// Members is how many follow the stream.
func (s *Stream) Members() int {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return len(s.members)
}

// leave removes a member; the hub's mu is held.
func (s *Stream) leave(k *Sink) {
	last := len(s.members) - 1
	s.members[k.index] = s.members[last]
	s.members[k.index].index = k.index
	s.members[last] = nil
	s.members = s.members[:last]
}

// A place is how far a sink has come in a stream. The sink's mu guards it.
type place struct {
	stream *Stream
	chunk  *chunk
	off    int
	at     uint64 // bytes of the stream that are behind it
}

// waiting is how many bytes are before the place.
func (p *place) waiting() int {
	if p.stream == nil {
		return 0
	}
	return int(p.stream.end.Load() - p.at)
}

// read appends to list what is before the place, up to the stream's byte until, and
// at most about limit bytes, and moves the place there. Pieces are whole messages.
func (p *place) read(list [][]byte, limit int, until uint64) (_ [][]byte, n int) {
	for p.chunk != nil && n < limit && p.at < until {
		end := int(p.chunk.n.Load())
		if more := uint64(end - p.off); p.at+more > until {
			end = p.off + int(until-p.at)
		}
		if b := p.chunk.b[p.off:end:end]; len(b) > 0 {
			list, n = append(list, b), n+len(b)
			p.off, p.at = end, p.at+uint64(len(b))
		}
		next := p.chunk.next.Load()
		if next == nil || p.off < int(p.chunk.n.Load()) {
			break
		}
		p.chunk, p.off = next, 0
	}
	return list, n
}
