package rtp

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// Relay joins two sessions of a kind: what arrives at one is sent by the other
// from the same goroutine and memory, with its header rewritten so that the
// receiver sees one source that never changes. Keys (telephone-event) go through
// as they come; with digits they are delivered to the callback, too, marked by
// media.Relayed as such that must not be sent to the other side again. Packets for which the other side
// has no payload type go to the callback as without a relay.
//
// stop parts the sessions; packets go to the callbacks again. It may be called
// at any time, more than once, and from callbacks. Closing a session stops, too.
func Relay(a, b *Session, digits bool) (stop func(), err error) {
	if a == b || a.config.Kind != b.config.Kind {
		return nil, errors.New("relay needs two sessions of the same kind of media")
	}
	there, back := &flow{from: a, to: b, digits: digits}, &flow{from: b, to: a, digits: digits}
	stop = func() {
		a.flow.CompareAndSwap(there, nil)
		b.flow.CompareAndSwap(back, nil)
	}
	if !a.flow.CompareAndSwap(nil, there) {
		return nil, fmt.Errorf("rtp session on port %d is relayed already", a.port)
	}
	if !b.flow.CompareAndSwap(nil, back) {
		stop()
		return nil, fmt.Errorf("rtp session on port %d is relayed already", b.port)
	}
	if a.isClosed() || b.isClosed() {
		stop()
		return nil, errors.New("relay needs two sessions that are open")
	}
	return stop, nil
}

func (s *Session) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// flow is one direction of a relay. All but the first fields belong to the
// reader of from.
type flow struct {
	from, to *Session
	digits   bool // tell keys to from's callback, too

	in, out *route        // for which table was made
	table   [128]uint8    // by payload type: what the other side calls it, 1 + its place, 0 for none
	told    atomic.Uint64 // ssrc and ahead, for who asks for packets again; 0 before there are any
	synced  bool          // the offsets below hold
	ssrc    uint32        // of the source
	last    uint16        // its last sequence number
	passed  int           // packets since the offsets were found, up to maxMisorder
	ahead   uint16        // to add to sequence numbers
	later   uint32        // to add to timestamps
	writes  uint32        // sender.writes when the offsets were found
}

// refresh makes the table of payload types anew after SDP changed one side.
func (f *flow) refresh(in *route) {
	out := f.to.route.Load()
	if f.in == in && f.out == out {
		return
	}
	f.in, f.out, f.table = in, out, [128]uint8{}
	for i := range f.table {
		if e := in.receive.at(uint8(i)); e != nil {
			f.table[i] = out.send.matching(e)
		}
	}
}

// carries tells if packets of a payload go through.
func (f *flow) carries(in *route, e *Payload) bool {
	f.refresh(in)
	return f.table[e.Type] != 0
}

// forward sends a packet out on the other side; b is its datagram. It returns
// false if the packet is none for the relay.
func (f *flow) forward(in *route, p *Packet, b []byte, at int64) bool {
	f.refresh(in)
	e := f.out.send.place(f.table[p.Type])
	if e == nil {
		return false
	}
	if !in.direction.receives() || !f.out.direction.sends() || (e.Use == Media && f.to.digits.busy()) {
		f.from.counts.held.Add(1)
		return true
	}
	t := &f.to.sender
	t.mu.Lock()
	if !f.goesOn(p, t) {
		f.synced, f.ssrc, f.passed, f.writes = true, p.SSRC, 0, t.writes
		f.ahead = t.sequence + 1 - p.Sequence
		f.later = t.timestamp(at, e.clock()) - p.Timestamp
		f.told.Store(uint64(p.SSRC)<<32 | 1<<16 | uint64(f.ahead))
		p.Marker = p.Marker || !e.video()
	} else if late := f.last - p.Sequence; late < maxMisorder && int(late) > f.passed {
		t.mu.Unlock()
		return true // from before the offsets: its number is another packet's now
	}
	f.passed = min(f.passed+1, maxMisorder)
	if int16(p.Sequence-f.last) > 0 || f.passed == 1 {
		f.last = p.Sequence
	}
	out := Packet{Marker: p.Marker, Type: e.Type, Sequence: p.Sequence + f.ahead, Timestamp: p.Timestamp + f.later, SSRC: t.ssrc}
	if int16(out.Sequence-t.sequence) > 0 {
		t.sequence = out.Sequence
	}
	if e.Use == Media {
		t.clock = e.clock()
		t.advance(out.Timestamp, at, ticks(e, p.Payload))
	}
	t.packets++
	t.octets += uint64(len(p.Payload))
	t.last, t.fresh = at, false
	t.mu.Unlock()

	if b[0]&0x1f != 0 { // extensions and sources mean something between them and us alone
		head := b[0] &^ 0x1f
		b = b[p.start-headerSize:]
		b[0] = head
	}
	out.putHeader(b)
	if f.to.transmit(f.out, b) != nil && f.to.isClosed() {
		f.from.flow.CompareAndSwap(f, nil)
	}
	return true
}

// goesOn tells if the offsets hold for a packet: same source, no great jump, and
// nobody else sent in between. t.mu is held.
func (f *flow) goesOn(p *Packet, t *sender) bool {
	step := p.Sequence - f.last
	return f.synced && p.SSRC == f.ssrc && t.writes == f.writes && (step < maxDropout || step > 65535-maxMisorder)
}

func (e *Payload) video() bool { return e.Format != nil && e.Format.Kind != 0 }

// ticks is how long media lasts on the RTP clock.
func ticks(e *Payload, data []byte) int {
	n := e.Format.SamplesOf(data)
	if e.Format.Rate == e.Format.Clock {
		return n
	}
	return n * e.Format.Clock / e.Format.Rate
}
