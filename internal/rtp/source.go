package rtp

import (
	"net/netip"
	"time"
)

// learnTime is how long a source that nobody announced must have sent before it is
// learned: a burst of datagrams from a stranger is quicker than any phone's media.
const learnTime = int64(50 * time.Millisecond)

// source decides whose packets are taken. It belongs to the reader.
type source struct {
	generation int
	holds      bool // learned: only from held
	held       netip.AddrPort
	sequence   uint16 // last of held
	candidate  netip.AddrPort
	next       uint16 // sequence that the candidate must go on with
	passed     int    // packets in sequence from the candidate
	since      int64  // when the first of them came
}

// accept tells if a packet comes from the other side, and learns where that is.
func (s *Session) accept(r *route, p *Packet, from netip.AddrPort, at int64) bool {
	src := &s.receiver.source
	if src.generation != r.generation {
		*src = source{generation: r.generation}
	}
	if s.config.Strict == StrictOff || !r.remote.IsValid() || r.remote.Addr().IsUnspecified() {
		s.follow(r, from)
		return true
	}
	if src.holds && from == src.held {
		src.sequence = p.Sequence
		s.follow(r, from)
		return true
	}
	if src.holds && (s.config.Strict != StrictSequence || !near(p.Sequence, src.sequence)) {
		return false
	}
	// The announced source is heard at once, and held to after probation.
	if !src.try(p, from, at, s.config.Probation) || from != r.remote && at-src.since < learnTime {
		if from != r.remote || src.holds {
			return false
		}
		s.follow(r, from)
		return true
	}
	src.holds, src.held, src.sequence, src.candidate = true, from, p.Sequence, netip.AddrPort{}
	s.follow(r, from)
	return true
}

// near tells if a sequence number goes on after another, some loss allowed.
func near(n, after uint16) bool {
	d := int16(n - after)
	return d > 0 && d < 100
}

// try counts a packet of a source that is not held to, and tells if it passed probation.
func (src *source) try(p *Packet, from netip.AddrPort, at int64, probation int) bool {
	if from != src.candidate || p.Sequence != src.next {
		src.candidate, src.passed, src.since = from, 0, at
	}
	src.next = p.Sequence + 1
	src.passed++
	return src.passed >= probation
}

// follow makes packets go where they come from, if that is wanted.
func (s *Session) follow(r *route, from netip.AddrPort) {
	if !r.symmetric {
		return
	}
	if t := s.target.Load(); t != nil && *t == from {
		return
	}
	learned := from // a copy, that only a change allocates
	s.target.Store(&learned)
	s.config.Log.Debug("rtp goes where it comes from", "port", s.port, "remote", from)
}
