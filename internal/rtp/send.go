package rtp

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// sendGap is how late a frame may come and still continue the one before. Past
// it the timestamp follows the wall clock and a new talkspurt begins.
const sendGap = int64(100 * time.Millisecond)

// ErrNoPayload is the cause when the other side has no payload type for a format.
var ErrNoPayload = errors.New("the other side has no payload type for it")

// sender is the state of the outgoing direction, under a leaf mutex.
type sender struct {
	mu         sync.Mutex
	ssrc       uint32
	sequence   uint16 // of the last packet
	next       uint32 // timestamp of the next packet, if it comes when due
	due        int64  // when that is
	clock      int    // of next, in Hz
	fresh      bool   // nothing was sent, or the next packet begins a talkspurt
	writes     uint32 // packets that did not come from a relay
	packets    uint64
	octets     uint64
	last       int64  // when a packet was sent
	buffer     []byte // of the next packet, nil while it is being sent
	pending    []byte // media that fills no packet yet
	pendingOf  *Payload
	video      uint32 // what to add to the timestamps of a video's source
	videoKnown bool
	remote     remoteView
}

// remoteView is what the other side's reports say.
type remoteView struct {
	lost           int
	jitter         time.Duration
	rtt            time.Duration
	jitters, rtts  Series
	losses         Series
	scores         Series
	middleNTP      uint32 // of its last sender report
	middleReceived int64
}

func (t *sender) source() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ssrc
}

func (t *sender) stats(v *Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v.LocalSSRC, v.SentPackets, v.SentOctets = t.ssrc, t.packets, t.octets
	v.RemoteLost, v.RemoteJitter, v.RTT = t.remote.lost, t.remote.jitter, t.remote.rtt
	v.RemoteJitters, v.RemoteLosses, v.RTTs = t.remote.jitters, t.remote.losses, t.remote.rtts
	v.RemoteScores, v.Clock = t.remote.scores, t.clock
}

// timestamp is the media clock at a time, at a clock rate; never before the end
// of what was sent. mu is held.
func (t *sender) timestamp(at int64, clock int) uint32 {
	if t.clock != clock {
		// Nothing relates two rates: go on from the old number.
		t.clock, t.due = clock, at
	}
	return t.next + uint32(max(0, at-t.due)*int64(clock)/int64(time.Second))
}

// advance moves the media clock behind a packet of that many ticks. mu is held.
func (t *sender) advance(stamp uint32, at int64, ticks int) {
	t.next = stamp + uint32(ticks)
	t.due = at + int64(ticks)*int64(time.Second)/int64(t.clock)
}

// take gives out memory for a packet of n bytes after its header. mu is held.
func (t *sender) take(n int) []byte {
	b := t.buffer
	t.buffer = nil
	if cap(b) < headerSize+n+cipherRoom {
		b = make([]byte, 0, max(headerSize+n+cipherRoom, 256))
	}
	b = b[:headerSize+n]
	b[0] = 2 << 6
	return b
}

// fill writes the header of the next packet. mu is held.
func (t *sender) fill(b []byte, p Packet, at int64) {
	t.sequence++
	p.Sequence, p.SSRC = t.sequence, t.ssrc
	p.putHeader(b)
	t.packets++
	t.octets += uint64(len(b) - headerSize)
	t.last = at
	t.writes++
}

// Write sends a Voice or VideoFrame frame in one packet or, where the payload
// has a Ptime, in packets of that length. Frames in a format that the other side
// has no payload type for give an error. Frames that may not go out now, on hold
// or while a key is sent, are dropped without one.
func (s *Session) Write(f media.Frame) error {
	if f.Kind == media.CNG {
		return s.writeNoise(false)
	}
	if len(f.Data) == 0 || (f.Kind != media.Voice && f.Kind != media.VideoFrame) {
		return nil
	}
	r := s.route.Load()
	e := r.send.media(f.Format)
	if e == nil {
		return fmt.Errorf("send %s: %w", f.Format, ErrNoPayload)
	}
	if !r.direction.sends() {
		s.counts.held.Add(1)
		return nil
	}
	if s.digits.busy() && f.Kind == media.Voice {
		return nil
	}
	if f.Kind == media.VideoFrame {
		return s.writeVideo(r, e, f)
	}
	size := 0
	if e.Ptime > 0 {
		size = f.Format.BytesIn(int(e.Ptime * time.Duration(f.Format.Rate) / time.Second))
	}
	if size == 0 || (size == len(f.Data) && !s.sender.holds(e)) {
		return s.writeAudio(r, e, f.Data, f.Samples)
	}
	for _, data := range s.sender.cut(e, f.Data, size) {
		if err := s.writeAudio(r, e, data, 0); err != nil {
			return err
		}
	}
	return nil
}

// holds tells if media of a payload waits to fill a packet.
func (t *sender) holds(e *Payload) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pendingOf == e && len(t.pending) > 0
}

// cut collects media and returns what fills packets of a size.
func (t *sender) cut(e *Payload, data []byte, size int) (packets [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pendingOf != e {
		t.pendingOf, t.pending = e, nil
	}
	all := append(t.pending[:len(t.pending):len(t.pending)], data...)
	for ; len(all) >= size; all = all[size:] {
		packets = append(packets, all[:size])
	}
	t.pending = all
	return packets
}

func (s *Session) writeAudio(r *route, e *Payload, data []byte, samples int) error {
	if samples == 0 {
		samples = e.Format.SamplesOf(data)
	}
	clock := e.clock()
	ticks := samples * clock / max(1, e.Format.Rate)
	at := now()
	t := &s.sender
	t.mu.Lock()
	p := Packet{Type: e.Type, Marker: t.fresh, Timestamp: t.next}
	if t.fresh || t.clock != clock || at-t.due > sendGap {
		p.Timestamp, p.Marker = t.timestamp(at, clock), true
		t.advance(p.Timestamp, at, ticks)
	} else {
		// When due, not now: the clock is that of the media.
		t.advance(p.Timestamp, max(t.due, at-sendGap), ticks)
	}
	t.fresh = false
	b := t.take(len(data))
	copy(b[headerSize:], data)
	t.fill(b, p, at)
	t.mu.Unlock()
	if e.Format.Linear() {
		swap(b[headerSize:])
	}
	return s.send(r, b)
}

func (s *Session) writeVideo(r *route, e *Payload, f media.Frame) error {
	at := now()
	t := &s.sender
	t.mu.Lock()
	p := Packet{Type: e.Type}
	if v, ok := f.Value.(Video); ok {
		if !t.videoKnown {
			t.video, t.videoKnown = t.timestamp(at, e.clock())-v.Timestamp, true
		}
		p.Timestamp, p.Marker = v.Timestamp+t.video, v.Marker
	} else {
		p.Timestamp = t.timestamp(at, e.clock())
	}
	t.advance(p.Timestamp, at, 0)
	b := t.take(len(f.Data))
	copy(b[headerSize:], f.Data)
	t.fill(b, p, at)
	t.mu.Unlock()
	return s.send(r, b)
}

// writeNoise sends a packet of comfort noise at the lowest level, -127 dBov (RFC
// 3389); on hold only where it is to keep the way open.
func (s *Session) writeNoise(always bool) error {
	r := s.route.Load()
	if (!r.direction.sends() && !always) || s.digits.busy() {
		return nil
	}
	at := now()
	t := &s.sender
	t.mu.Lock()
	clock := t.clock
	if clock == 0 {
		clock = 8000
	}
	p := Packet{Type: NoiseType, Timestamp: t.timestamp(at, clock)}
	t.advance(p.Timestamp, at, 0)
	t.fresh = true
	b := t.take(1)
	b[headerSize] = 127
	t.fill(b, p, at)
	t.mu.Unlock()
	return s.send(r, b)
}

// send sends a packet out and takes its memory back.
func (s *Session) send(r *route, b []byte) error {
	err := s.transmit(r, b)
	s.sender.mu.Lock()
	s.sender.buffer = b[:0]
	s.sender.mu.Unlock()
	return err
}

func (s *Session) transmit(r *route, b []byte) error {
	r, to := s.way(r, false)
	if to == nil {
		s.counts.noRemote.Add(1)
		return nil
	}
	s.config.Trace.sent(b, *to)
	if r.out != nil {
		var err error
		if b, err = r.out.SealRTP(b); err != nil {
			s.counts.secret.Add(1)
			if errors.Is(err, errNoKeys) {
				return nil
			}
			return fmt.Errorf("encipher rtp: %w", err)
		}
	}
	if err := s.put(false, b, *to); err != nil {
		s.counts.failed.Add(1)
		return fmt.Errorf("send rtp to %s: %w", *to, err)
	}
	return nil
}
