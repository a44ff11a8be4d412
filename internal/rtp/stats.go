package rtp

import (
	"math"
	"time"
)

// Stats are the numbers of a session so far.
type Stats struct {
	LocalSSRC, RemoteSSRC    uint32
	SentPackets, SentOctets  uint64 // octets of payload
	Packets, Octets          uint64 // received
	Lost                     int    // packets that never came (RFC 3550 A.3)
	RemoteLost               int    // of ours, as the other side tells
	Jitter                   time.Duration
	RemoteJitter             time.Duration
	RTT                      time.Duration // 0 until a report tells
	Jitters, RemoteJitters   Series        // seconds, one value a packet; a report
	Losses, RemoteLosses     Series        // packets between two reports of ours; in all, a report of theirs
	RTTs                     Series        // seconds
	Scores, RemoteScores     Series        // of what we receive, a report of ours; of what they receive, a report of theirs
	Clock                    int           // of what we send, in Hz; 0 before that
	Malformed, Strange       uint64        // no RTP; from elsewhere
	Unmapped, Held, NoRemote uint64        // unknown payload type; dropped on hold; sent to nowhere
	Oversized, Failed        uint64        // longer than we read; errors of the socket
	Secret                   uint64        // came or were to go before there were keys; came twice
	Undeciphered             uint64        // came with another key, or in the clear
}

// A Series sums a measure up.
type Series struct {
	Count          int
	Last, Min, Max float64
	mean, squares  float64
}

// Add takes a value.
func (v *Series) Add(x float64) {
	v.Count++
	v.Last = x
	if v.Count == 1 || x < v.Min {
		v.Min = x
	}
	v.Max = max(v.Max, x)
	d := x - v.mean
	v.mean += d / float64(v.Count)
	v.squares += d * (x - v.mean)
}

// Mean returns the average, 0 of nothing.
func (v *Series) Mean() float64 { return v.mean }

// Deviation returns the standard deviation, 0 of nothing.
func (v *Series) Deviation() float64 {
	if v.Count == 0 {
		return 0
	}
	return math.Sqrt(v.squares / float64(v.Count))
}

// stream is what RFC 3550 keeps of a source that is received (A.1, A.8).
type stream struct {
	ssrc             uint32
	known            bool
	base             uint32 // extended sequence number of the first packet
	highest          uint32 // extended
	bad              uint32 // sequence number that would confirm a jump
	packets          uint64 // since base
	total, octets    uint64 // ever
	lostBefore       int    // of sources before this one
	transit          int64  // of the last packet, in ns
	timed            bool
	lastTimestamp    uint32
	jitter           float64 // ns
	expectedReported uint64
	receivedReported uint64
	jitters, losses  Series
	scores           Series
}

const (
	maxDropout  = 3000
	maxMisorder = 100
)

// count takes a packet into account. Jitter is that of media, whose timestamps run on.
func (st *stream) count(p *Packet, clock int, at int64, timed bool) {
	st.total++
	st.octets += uint64(len(p.Payload))
	switch step := p.Sequence - uint16(st.highest); {
	case !st.known || p.SSRC != st.ssrc:
		st.restart(p)
	case step == 0 && st.packets > 0:
		st.packets++ // a copy
		return
	case step < maxDropout:
		st.highest += uint32(step)
		st.packets++
	case step <= 65535-maxMisorder:
		if uint32(p.Sequence) != st.bad {
			st.bad = uint32(p.Sequence + 1)
			return
		}
		st.restart(p) // two in sequence after a great jump: the source began anew
	default:
		st.packets++ // late
	}
	if timed {
		st.delay(p, clock, at)
	}
}

func (st *stream) restart(p *Packet) {
	if st.known {
		st.lostBefore += st.lostHere()
	}
	st.known, st.ssrc = true, p.SSRC
	st.base, st.highest = uint32(p.Sequence), uint32(p.Sequence)
	st.bad, st.packets, st.timed = 1<<16, 1, false
	st.expectedReported, st.receivedReported = 0, 0
}

func (st *stream) delay(p *Packet, clock int, at int64) {
	if st.timed {
		// Time between arrivals less time between the packets' media.
		passed := int64(int32(p.Timestamp-st.lastTimestamp)) * int64(time.Second) / int64(clock)
		d := at - st.transit - passed
		if d < 0 {
			d = -d
		}
		if d < int64(5*time.Second) { // else a jump of the clock, not of the network
			st.jitter += (float64(d) - st.jitter) / 16
		}
	}
	st.timed, st.transit, st.lastTimestamp = true, at, p.Timestamp
	st.jitters.Add(st.jitter / float64(time.Second))
}

func (st *stream) expected() uint64 { return uint64(st.highest-st.base) + 1 }

func (st *stream) lostHere() int { return int(int64(st.expected()) - int64(st.packets)) }

func (st *stream) lost() int {
	if !st.known {
		return 0
	}
	return max(0, st.lostBefore+st.lostHere())
}

// Stats returns the numbers so far.
func (s *Session) Stats() Stats {
	var v Stats
	s.receiver.mu.Lock()
	st := &s.receiver.stream
	v.RemoteSSRC, v.Packets, v.Octets, v.Lost = st.ssrc, st.total, st.octets, st.lost()
	v.Jitter, v.Jitters, v.Losses, v.Scores = time.Duration(st.jitter), st.jitters, st.losses, st.scores
	s.receiver.mu.Unlock()
	s.sender.stats(&v)
	c := &s.counts
	v.Malformed, v.Strange, v.Unmapped = c.malformed.Load(), c.strange.Load(), c.unmapped.Load()
	v.Held, v.NoRemote, v.Oversized = c.held.Load(), c.noRemote.Load(), c.oversized.Load()
	v.Failed, v.Secret, v.Undeciphered = c.failed.Load(), c.secret.Load(), c.undeciphered.Load()
	return v
}
