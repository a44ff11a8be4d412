package rtp

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/pion/srtp/v3"
)

// maxDatagram is the longest datagram that is read. Longer ones are dropped.
const maxDatagram = 1792

var epoch = time.Now()

// now is the monotonic time in nanoseconds.
func now() int64 { return int64(time.Since(epoch)) }

// counters count what was dropped, by reason.
type counters struct {
	malformed, strange, unmapped, held, noRemote, oversized, failed, secret, undeciphered atomic.Uint64
}

// receiver is the state of the incoming direction.
type receiver struct {
	source source // the reader's alone
	event  event  // likewise
	mu     sync.Mutex
	stream // under mu, a leaf
}

// receive handles one datagram, which it may change in place.
func (s *Session) receive(b []byte, from netip.AddrPort, at int64) {
	r := s.route.Load()
	if isControl(b) {
		s.receiveControl(b, from, at)
		return
	}
	if r.in != nil {
		var err error
		if b, err = r.in.OpenRTP(b); err != nil {
			s.unopened(err)
			return
		}
	}
	var p Packet
	if p.Parse(b) != nil {
		s.counts.malformed.Add(1)
		return
	}
	if bundle := s.bundle.Load(); bundle != nil {
		s.sort(bundle, r, &p, b, from, at)
		return
	}
	if !s.accept(r, &p, from, at) {
		s.counts.strange.Add(1)
		return
	}
	s.take(r, &p, b, from, at)
}

// unopened counts a packet that could not be deciphered. One that came before the keys, or
// twice, is no sign of another key.
func (s *Session) unopened(err error) {
	if errors.Is(err, srtp.ErrFailedToVerifyAuthTag) {
		s.counts.undeciphered.Add(1)
	} else {
		s.counts.secret.Add(1)
	}
}

// sort hands a packet to the session of a bundle that it is for.
func (s *Session) sort(bundle *bundle, r *route, p *Packet, b []byte, from netip.AddrPort, at int64) {
	if other := bundle.apart(from); other != nil {
		other.take(other.route.Load(), p, b, from, at)
		return
	}
	if !s.accept(r, p, from, at) {
		s.counts.strange.Add(1)
		return
	}
	owner := bundle.owner(p, b)
	switch owner {
	case nil:
		s.counts.unmapped.Add(1)
	case s:
		s.take(r, p, b, from, at)
	default:
		owner.take(owner.route.Load(), p, b, from, at)
	}
}

// take handles a packet that is the session's; b is its datagram.
func (s *Session) take(r *route, p *Packet, b []byte, from netip.AddrPort, at int64) {
	if s.config.Carrier != nil && s.isClosed() {
		return
	}
	s.config.Trace.got(p, from)
	e := r.receive.at(p.Type)
	clock := 8000
	if e != nil {
		clock = e.clock()
	}
	s.receiver.mu.Lock()
	s.receiver.count(p, clock, at, e != nil && e.Use == Media)
	s.receiver.mu.Unlock()
	s.clock.heard(at)

	f := s.flow.Load()
	if e != nil && e.Use == Events {
		if relayed := f != nil && f.carries(r, e); !relayed || f.digits {
			s.receiveEvent(p, clock, at, relayed)
		}
	}
	if f != nil && f.forward(r, p, b, at) {
		return
	}
	if e == nil {
		s.counts.unmapped.Add(1)
		return
	}
	if !r.direction.receives() {
		s.counts.held.Add(1)
		return
	}
	s.deliver(e, p)
}

// deliver hands a packet's media to the core.
func (s *Session) deliver(e *Payload, p *Packet) {
	switch e.Use {
	case Noise:
		s.config.Deliver(media.Frame{Kind: media.CNG})
	case Media:
		if len(p.Payload) == 0 {
			return
		}
		data := append(make([]byte, 0, len(p.Payload)), p.Payload...)
		f := media.Frame{Kind: media.Voice, Format: e.Format, Data: data}
		switch {
		case s.config.Raw || e.Format.Kind != media.Audio:
			f.Kind = media.VideoFrame
			f.Value = Video{Timestamp: p.Timestamp, Marker: p.Marker}
		case e.Format.Linear():
			swap(data)
		}
		if f.Kind == media.Voice {
			f.Samples = e.Format.SamplesOf(data)
			f.Timed, f.Timestamp = true, p.Timestamp
		}
		s.config.Deliver(f)
	}
}

// Video goes with a VideoFrame as its Value: what the packet's header said that
// the data does not.
type Video struct {
	Timestamp uint32 // in units of Format.Clock
	Marker    bool   // last packet of a picture
}

// swap turns L16's network order (RFC 3551 §4.5.11) into that of slin, or back.
func swap(data []byte) {
	for i := 0; i+1 < len(data); i += 2 {
		binary.LittleEndian.PutUint16(data[i:], binary.BigEndian.Uint16(data[i:]))
	}
}
