package rtp

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// relayed are two phones and the two sessions between them.
type relayed struct {
	alice, bob *wire
	a, b       *side
	stop       func()
}

func newRelayed(t testing.TB, digits bool, bobs []Payload) *relayed {
	t.Helper()
	r := &relayed{alice: listen(t), bob: listen(t), a: newSide(t, nil), b: newSide(t, nil)}
	r.a.SetRemote(r.alice.addr(), netip.AddrPort{})
	r.b.SetRemote(r.bob.addr(), netip.AddrPort{})
	r.alice.to, r.bob.to = r.a.LocalAddr(), r.b.LocalAddr()
	if bobs != nil {
		r.b.SetPayloads(bobs, bobs)
	}
	var err error
	if r.stop, err = Relay(r.a.Session, r.b.Session, digits); err != nil {
		t.Fatal(err)
	}
	return r
}

var media160 = slices.Repeat([]byte{0x55}, 160)

func TestRelayKeepsOneSource(t *testing.T) {
	r := newRelayed(t, false, nil)
	sources := []Packet{
		{SSRC: 1, Sequence: 65533, Timestamp: 4294967000, Marker: true},
		{SSRC: 2, Sequence: 10, Timestamp: 99},     // another source
		{SSRC: 2, Sequence: 40000, Timestamp: 500}, // the same, begun anew
	}
	var last Packet
	for i, p := range sources {
		for k := range 5 {
			p.Payload = media160
			r.alice.send(t, p)
			got := r.bob.packet(t)
			if got.SSRC != r.b.SSRC() {
				t.Fatalf("source %x, want the session's", got.SSRC)
			}
			if i+k > 0 && got.Sequence != last.Sequence+1 {
				t.Errorf("source %d packet %d: sequence %d after %d", i, k, got.Sequence, last.Sequence)
			}
			step := got.Timestamp - last.Timestamp
			if k > 0 && step != 160 || k == 0 && i > 0 && step > 8000 {
				t.Errorf("source %d packet %d: timestamp stepped %d", i, k, step)
			}
			if got.Marker != (k == 0) {
				t.Errorf("source %d packet %d: marker %v", i, k, got.Marker)
			}
			last = got
			p.Sequence, p.Timestamp, p.Marker = p.Sequence+1, p.Timestamp+160, false
		}
	}
	if v := r.a.Stats(); v.Packets != 15 || v.Lost != 0 {
		t.Errorf("received %d lost %d, want 15 and 0", v.Packets, v.Lost)
	}
	if v := r.b.Stats(); v.SentPackets != 15 || v.SentOctets != 15*160 {
		t.Errorf("sent %d packets %d octets", v.SentPackets, v.SentOctets)
	}
}

// TestRelayKeepsLossAndOrder: what the network did before us is not hidden.
func TestRelayKeepsLossAndOrder(t *testing.T) {
	r := newRelayed(t, false, nil)
	in := []uint16{100, 101, 104, 103, 103, 106}
	var out []int
	var first uint16
	for i, n := range in {
		r.alice.send(t, Packet{SSRC: 9, Sequence: n, Timestamp: uint32(n) * 160, Payload: media160})
		p := r.bob.packet(t)
		if i == 0 {
			first = p.Sequence
		}
		out = append(out, int(p.Sequence-first))
	}
	if want := []int{0, 1, 4, 3, 3, 6}; !slices.Equal(out, want) {
		t.Errorf("sequence %v, want %v", out, want)
	}
}

func TestRelayMapsPayloadTypes(t *testing.T) {
	r := newRelayed(t, true, []Payload{{Type: 0, Format: media.ULaw}, {Type: 96, Use: Events, Clock: 8000}})
	event := func(final byte, n uint16) Packet {
		return Packet{SSRC: 1, Sequence: n, Timestamp: 500, Type: 101, Payload: []byte{5, final | 10, 0x03, 0x20}}
	}
	r.alice.send(t, event(0, 1))
	r.alice.send(t, event(0x80, 2))
	for range 2 {
		if p := r.bob.packet(t); p.Type != 96 || p.Payload[0] != 5 {
			t.Errorf("type %d event %d, want 96 and 5", p.Type, p.Payload[0])
		}
	}
	begin, end := r.a.get(t), r.a.get(t)
	if begin.Kind != media.DTMFBegin || begin.Digit != '5' || end.Kind != media.DTMFEnd || end.Duration != 100*time.Millisecond {
		t.Errorf("keys told: %+v %+v", begin, end)
	}
	if begin.Value != (media.Relayed{}) || end.Value != (media.Relayed{}) {
		t.Error("keys that are relayed are not marked")
	}
	// A-law has no type on the other side: the core gets it.
	r.alice.send(t, Packet{SSRC: 1, Sequence: 3, Timestamp: 700, Type: 8, Payload: media160})
	if f := r.a.get(t); f.Format != media.ALaw {
		t.Errorf("got %v, want the A-law that can't be relayed", f.Format)
	}
}

// TestRelayStops: the generic path goes on with the same source and numbers, and
// a new relay after it.
func TestRelayStops(t *testing.T) {
	r := newRelayed(t, false, nil)
	r.alice.send(t, Packet{SSRC: 1, Sequence: 7, Timestamp: 70, Payload: media160})
	one := r.bob.packet(t)
	r.stop()
	r.stop()
	r.alice.send(t, Packet{SSRC: 1, Sequence: 8, Timestamp: 230, Payload: media160})
	f := r.a.get(t)
	if f.Kind != media.Voice || len(f.Data) != 160 {
		t.Fatalf("frame %+v", f)
	}
	if err := r.b.Write(f); err != nil {
		t.Fatal(err)
	}
	two := r.bob.packet(t)
	stop, err := Relay(r.b.Session, r.a.Session, false)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	r.alice.send(t, Packet{SSRC: 1, Sequence: 9, Timestamp: 390, Payload: media160})
	three := r.bob.packet(t)
	for i, pair := range [][2]Packet{{one, two}, {two, three}} {
		if pair[1].SSRC != pair[0].SSRC || pair[1].Sequence != pair[0].Sequence+1 || pair[1].Timestamp-pair[0].Timestamp > 1600 {
			t.Errorf("change %d: %x/%d/%d after %x/%d/%d", i, pair[1].SSRC, pair[1].Sequence, pair[1].Timestamp,
				pair[0].SSRC, pair[0].Sequence, pair[0].Timestamp)
		}
	}
	if _, err := Relay(r.a.Session, r.b.Session, false); err == nil {
		t.Error("a session was relayed twice")
	}
}

// TestRelayAllocatesNothing: neither for voice nor for keys, watched or not.
func TestRelayAllocatesNothing(t *testing.T) {
	for _, digits := range []bool{false, true} {
		for name, p := range map[string]Packet{
			"voice": {SSRC: 1, Sequence: 1, Payload: media160},
			"keys":  {SSRC: 1, Sequence: 1, Type: 101, Payload: []byte{5, 10, 0x03, 0x20}},
		} {
			r := newRelayed(t, digits, nil)
			b := p.bytes()
			from := r.alice.addr()
			at := now()
			n := testing.AllocsPerRun(1000, func() {
				p.putHeader(b)
				r.a.receive(b, from, at)
				p.Sequence, at = p.Sequence+1, at+20e6
				if p.Type == 0 {
					p.Timestamp += 160
				}
			})
			if n != 0 {
				t.Errorf("%s, keys watched %v: %v allocations for a packet, want none", name, digits, n)
			}
			if sent := r.b.Stats().SentPackets; sent < 1000 {
				t.Errorf("%d packets were relayed", sent)
			}
		}
	}
}

// Comfort noise goes through to who has agreed to it, and to nobody else.
func TestRelayOfComfortNoise(t *testing.T) {
	for name, knows := range map[string]bool{"agreed": true, "not agreed": false} {
		t.Run(name, func(t *testing.T) {
			bobs := []Payload{{Type: 0, Format: media.ULaw}}
			if knows {
				bobs = append(bobs, Payload{Type: NoiseType, Use: Noise, Clock: 8000})
			}
			r := newRelayed(t, false, bobs)
			r.alice.send(t, Packet{SSRC: 1, Type: NoiseType, Payload: []byte{64}})
			r.alice.send(t, Packet{SSRC: 1, Sequence: 1, Timestamp: 160, Payload: media160})
			got := r.bob.packet(t)
			if isNoise := got.Type == NoiseType; isNoise != knows {
				t.Errorf("the first packet is of type %d; noise was agreed upon: %v", got.Type, knows)
			}
		})
	}
}
