package rtp

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// Use tells what a payload type carries.
type Use uint8

// The uses of a payload type.
const (
	Media  Use = iota // audio or video in Payload.Format
	Events            // telephone-event, RFC 4733
	Noise             // comfort noise, RFC 3389
)

// NoiseType is the static payload type of comfort noise at 8 kHz (RFC 3551 §6).
const NoiseType = 13

// A Payload says what a payload type means, as an m= line and its a=rtpmap do.
type Payload struct {
	Type   uint8 // 0-127
	Use    Use
	Format *media.Format // of Media
	// Clock is the RTP clock rate in Hz of Events and Noise; 0 is 8000. Media has Format.Clock.
	Clock int
	// Ptime is how much media a packet that we send is to hold. 0 sends frames
	// as they come.
	Ptime time.Duration
}

func (p Payload) clock() int {
	switch {
	case p.Use == Media && p.Format != nil:
		return p.Format.Clock
	case p.Clock > 0:
		return p.Clock
	}
	return 8000
}

// payloads is a table of payload types. It is immutable. It holds small numbers,
// not pointers, as every call has a few of these.
type payloads struct {
	list  []Payload
	index [128]uint8 // by type: 1 + place in list, 0 for none
	noise bool       // comfort noise was agreed upon, and not only may arrive
}

func newPayloads(list []Payload) *payloads {
	list = list[:min(len(list), 128)]
	p := &payloads{list: append(make([]Payload, 0, len(list)+1), list...)}
	for i := range p.list {
		if e := &p.list[i]; e.Type < 128 {
			p.index[e.Type] = uint8(i + 1)
			p.noise = p.noise || e.Use == Noise
		}
	}
	// Comfort noise has a static type, which senders use unasked.
	if p.index[NoiseType] == 0 {
		p.list = append(p.list, Payload{Type: NoiseType, Use: Noise, Clock: 8000})
		p.index[NoiseType] = uint8(len(p.list))
	}
	return p
}

// at returns what a payload type means, nil if nothing.
func (p *payloads) at(kind uint8) *Payload { return p.place(p.index[kind&127]) }

func (p *payloads) place(n uint8) *Payload {
	if n == 0 {
		return nil
	}
	return &p.list[n-1]
}

// media finds the payload that carries a format.
func (p *payloads) media(f *media.Format) *Payload {
	for i := range p.list {
		if e := &p.list[i]; e.Use == Media && e.Format == f {
			return e
		}
	}
	return nil
}

// events finds the payload of keys with the clock rate of the audio that is
// sent, or else any (RFC 4733 §2.1 wants them equal).
func (p *payloads) events(clock int) *Payload {
	var any *Payload
	for i := range p.list {
		if e := &p.list[i]; e.Use == Events {
			if e.clock() == clock {
				return e
			}
			if any == nil {
				any = e
			}
		}
	}
	return any
}

// matching finds what the other side calls the same thing: 1 + its place, 0 for none.
func (p *payloads) matching(e *Payload) uint8 {
	if e.Use == Noise && !p.noise {
		return 0 // it goes only to who has asked for it
	}
	for i := range p.list {
		if o := &p.list[i]; o.Use == e.Use && o.Format == e.Format && o.clock() == e.clock() {
			return uint8(i + 1)
		}
	}
	return 0
}
