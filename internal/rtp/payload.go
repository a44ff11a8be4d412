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

// payloads is a table of payload types. It is immutable.
type payloads struct {
	list   []Payload
	byType [128]*Payload
}

func newPayloads(list []Payload) *payloads {
	p := &payloads{list: append([]Payload(nil), list...)}
	for i := range p.list {
		if e := &p.list[i]; e.Type < 128 {
			p.byType[e.Type] = e
		}
	}
	// Comfort noise has a static type, which senders use unasked.
	if p.byType[NoiseType] == nil {
		p.byType[NoiseType] = &Payload{Type: NoiseType, Use: Noise, Clock: 8000}
	}
	return p
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

// matching finds what the other side calls the same thing.
func (p *payloads) matching(e *Payload) *Payload {
	if e.Use == Noise {
		return p.byType[NoiseType]
	}
	for i := range p.list {
		if o := &p.list[i]; o.Use == e.Use && o.Format == e.Format && o.clock() == e.clock() {
			return o
		}
	}
	return nil
}
