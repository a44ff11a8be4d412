package rtp

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// Event codes of RFC 4733 §3.2 and RFC 4734 §3.5 beyond the keys.
const (
	eventFlash = 16
	eventCNG   = 36
)

const eventKeys = "0123456789*#ABCD"

// eventDigit is the key of an event code: 'f' for a fax's calling tone, '!' for
// a flash, 0 for what means nothing to us.
func eventDigit(code byte) byte {
	switch {
	case int(code) < len(eventKeys):
		return eventKeys[code]
	case code == eventFlash:
		return '!'
	case code == eventCNG:
		return 'f'
	}
	return 0
}

// keyLost is how long after the last packet of a key its end is taken as lost, unless
// rtp.conf says another time: 1200 ticks of 8 kHz.
const keyLost = 150 * time.Millisecond

// event is the key that is being received.
type event struct {
	mu       sync.Mutex // a leaf
	seen     bool       // stamp and code are those of the last key
	active   bool       // its end is still to come
	code     byte
	stamp    uint32 // timestamp of the key's start: it names the key
	segment  uint32 // timestamp of the present segment (RFC 4733 §2.5.1.3)
	past     uint32 // duration of the segments before it, in ticks
	duration uint32 // of the present segment
	clock    int
	last     int64 // when its last packet came
	lost     int64 // how long after that its end is taken as lost
	relayed  bool  // its packets go to the other side by themselves
}

// end closes the key and returns how it is told. mu is held.
func (e *event) end() media.Frame {
	e.active = false
	ticks := int64(e.past) + int64(e.duration)
	return e.frame(media.DTMFEnd, time.Duration(ticks)*time.Second/time.Duration(max(1, e.clock)))
}

// frame tells of the key. mu is held.
func (e *event) frame(kind media.FrameKind, held time.Duration) media.Frame {
	f := media.Frame{Kind: kind, Digit: eventDigit(e.code), Duration: held}
	if e.relayed {
		f.Value = media.Relayed{}
	}
	return f
}

// take takes a packet and returns up to three frames to tell: the end of a key
// whose end was lost, a begin, an end.
func (e *event) take(p *Packet, clock int, at int64, relayed bool) (frames [3]media.Frame, n int) {
	code, final := p.Payload[0], p.Payload[1]&0x80 != 0
	duration := uint32(binary.BigEndian.Uint16(p.Payload[2:]))
	tell := func(f media.Frame) { frames[n] = f; n++ }
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.seen && code == e.code && p.Timestamp == e.segment:
		if !e.active {
			return frames, 0 // a copy of the end, or late
		}
		e.duration = max(e.duration, duration)
	case e.active && code == e.code && !p.Marker && p.Timestamp-e.segment == e.duration && e.duration > 0xf000:
		e.past, e.segment, e.duration = e.past+e.duration, p.Timestamp, duration
	case e.seen && int32(p.Timestamp-e.segment) < 0 && int32(e.segment-p.Timestamp) < int32(5*clock) && at-e.last < int64(2*time.Second):
		return frames, 0 // late, of a key that is over
	default:
		if e.active {
			tell(e.end())
		}
		e.seen, e.active, e.code, e.clock = true, true, code, clock
		e.stamp, e.segment, e.past, e.duration = p.Timestamp, p.Timestamp, 0, duration
		e.relayed = relayed
		tell(e.frame(media.DTMFBegin, 0))
	}
	e.last = at
	if final {
		tell(e.end())
	}
	return frames, n
}

// deadline is when the key ends without further packets; 0 without a key.
func (e *event) deadline() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.active {
		return 0
	}
	return e.last + e.lost
}

// expire ends a key whose packets stopped.
func (e *event) expire(at int64) (media.Frame, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.active || at < e.last+e.lost {
		return media.Frame{}, false
	}
	return e.end(), true
}

// receiveEvent takes a telephone-event packet (RFC 4733 §2.3).
func (s *Session) receiveEvent(p *Packet, clock int, at int64, relayed bool) {
	if len(p.Payload) < 4 || eventDigit(p.Payload[0]) == 0 {
		s.counts.malformed.Add(1)
		return
	}
	frames, n := s.receiver.event.take(p, clock, at, relayed)
	for _, f := range frames[:n] {
		if f.Kind == media.DTMFBegin {
			s.wake() // the clock watches for the end
		}
		s.tellKey(f)
	}
}

// tellKey delivers a key, or the signal that a flash is.
func (s *Session) tellKey(f media.Frame) {
	if f.Digit == '!' {
		if f.Kind == media.DTMFBegin {
			s.config.Deliver(media.Frame{Kind: media.Control, Signal: media.Flash})
		}
		return
	}
	s.config.Deliver(f)
}
