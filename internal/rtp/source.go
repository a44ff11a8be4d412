package rtp

import (
	"net/netip"
	"time"
)

// learnTime is for how long, after the other side's address was set, a source may
// still take the place of the one that is taken. Then that one is held to.
const learnTime = int64(5 * time.Second)

// qualifyStep and qualifySlack say how quickly a source may send the packets of its
// probation: a burst of datagrams from a stranger is quicker than any phone's media.
const (
	qualifyStep  = int64(9 * time.Millisecond)
	qualifySlack = int64(5 * time.Millisecond)
)

// source decides whose packets are taken. It belongs to the reader.
type source struct {
	generation int
	known      netip.AddrPort // whose packets are taken
	locked     bool           // and will be: learning is over
	candidate  netip.AddrPort
	next       uint16 // sequence that the candidate must go on with
	passed     int    // packets in sequence from the candidate
	since      int64  // when the first of them came
}

// Learning is a step of learning whose packets are taken.
type Learning uint8

// The steps that Config.Learned tells.
const (
	Locked  Learning = iota // a source is held to from now on
	Dropped                 // a packet of another source was dropped since
)

// accept tells if a packet comes from the other side, and learns where that is.
func (s *Session) accept(r *route, p *Packet, from netip.AddrPort, at int64) bool {
	if r.ice { // what is protected was checked; the rest comes by the path that was found
		at := s.target.Load()
		return r.in != nil || at != nil && *at == from
	}
	src := &s.receiver.source
	if src.generation != r.generation {
		*src = source{generation: r.generation, known: r.remote}
		s.heardFrom.Store(nil)
	}
	if s.config.Strict == StrictOff || !r.remote.IsValid() || r.remote.Addr().IsUnspecified() {
		s.follow(r, from)
		return true
	}
	switch {
	case from == src.known:
		if !src.locked && at-r.since > learnTime {
			src.locked, src.candidate = true, netip.AddrPort{}
			s.tellLearned(Locked, from)
		}
	case src.locked:
		s.tellLearned(Dropped, from)
		return false
	case !src.try(p, from, at, s.config.Probation, s.config.Strict == StrictOn):
		return false
	default:
		src.known, src.candidate = from, netip.AddrPort{}
	}
	if a := s.heardFrom.Load(); a == nil || *a != from.Addr() {
		heard := from.Addr() // a copy, that only a change allocates
		s.heardFrom.Store(&heard)
	}
	s.follow(r, from)
	return true
}

// try counts a packet of a source that is not taken, and tells if it passed
// probation; timed says that it must not be too quick.
func (src *source) try(p *Packet, from netip.AddrPort, at int64, probation int, timed bool) bool {
	if from != src.candidate || p.Sequence != src.next {
		src.candidate, src.passed, src.since = from, 0, at
	}
	src.next = p.Sequence + 1
	src.passed++
	if src.passed < probation {
		return false
	}
	if timed && at-src.since < int64(probation-1)*qualifyStep-qualifySlack {
		src.passed, src.since = 1, at // from here anew
		return false
	}
	return true
}

func (s *Session) tellLearned(step Learning, from netip.AddrPort) {
	if s.config.Learned != nil {
		s.config.Learned(step, from)
	}
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
