package rtp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// told writes keys as +5 for a begin and -5(100ms) for an end.
func told(frames []media.Frame) string {
	var s []string
	for _, f := range frames {
		if f.Kind == media.DTMFBegin {
			s = append(s, fmt.Sprintf("+%c", f.Digit))
		} else {
			s = append(s, fmt.Sprintf("-%c(%v)", f.Digit, f.Duration))
		}
	}
	return strings.Join(s, " ")
}

func TestEventReceive(t *testing.T) {
	type packet struct {
		at       int // ms
		code     byte
		stamp    uint32
		duration int
		flags    string // m: marker, e: end
	}
	tests := []struct {
		name    string
		clock   int
		packets []packet
		want    string
	}{
		{"a key", 8000, []packet{{0, 5, 100, 160, "m"}, {20, 5, 100, 320, ""}, {40, 5, 100, 480, "e"}, {40, 5, 100, 480, "e"}, {40, 5, 100, 480, "e"}}, "+5 -5(60ms)"},
		{"no marker, begin lost", 8000, []packet{{20, 5, 100, 320, ""}, {40, 5, 100, 480, "e"}}, "+5 -5(60ms)"},
		{"only an end", 8000, []packet{{0, 11, 100, 800, "e"}, {0, 11, 100, 800, "e"}}, "+# -#(100ms)"},
		{"the same key twice", 8000, []packet{{0, 5, 100, 800, "me"}, {200, 5, 1700, 800, "me"}}, "+5 -5(100ms) +5 -5(100ms)"},
		{"end lost, next key", 8000, []packet{{0, 5, 100, 160, "m"}, {20, 5, 100, 320, ""}, {100, 6, 1000, 160, "m"}, {120, 6, 1000, 320, "e"}}, "+5 -5(40ms) +6 -6(40ms)"},
		{"marker on every packet", 8000, []packet{{0, 1, 100, 160, "m"}, {20, 1, 100, 320, "m"}, {40, 1, 100, 480, "me"}}, "+1 -1(60ms)"},
		{"late packet after the end", 8000, []packet{{0, 1, 100, 160, "m"}, {40, 1, 100, 480, "e"}, {50, 1, 100, 320, ""}}, "+1 -1(60ms)"},
		{"late packet of the key before", 8000, []packet{{0, 1, 100, 480, "me"}, {100, 2, 1000, 160, "m"}, {110, 1, 100, 480, "e"}, {120, 2, 1000, 320, "e"}}, "+1 -1(60ms) +2 -2(40ms)"},
		{"longer than a segment", 8000, []packet{{0, 1, 100, 65000, "m"}, {20, 1, 100, 65535, ""}, {40, 1, 65635, 160, ""}, {60, 1, 65635, 320, "e"}}, "+1 -1(8.231875s)"},
		{"48 kHz", 48000, []packet{{0, 13, 100, 960, "m"}, {20, 13, 100, 4800, "e"}}, "+B -B(100ms)"},
		{"timestamps start anew", 8000, []packet{{0, 1, 4000000000, 480, "me"}, {3000, 2, 5, 480, "me"}}, "+1 -1(60ms) +2 -2(60ms)"},
	}
	for _, test := range tests {
		var e event
		var frames []media.Frame
		for _, p := range test.packets {
			final := byte(0)
			if strings.Contains(p.flags, "e") {
				final = 0x80
			}
			got, n := e.take(&Packet{Marker: strings.Contains(p.flags, "m"), Timestamp: p.stamp,
				Payload: []byte{p.code, final | 10, byte(p.duration >> 8), byte(p.duration)}}, test.clock, int64(p.at)*1e6, false)
			frames = append(frames, got[:n]...)
		}
		if got := told(frames); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestEventEndsByItself: all packets of the end were lost. rtp.conf may say how long it is waited for.
func TestEventEndsByItself(t *testing.T) {
	for _, c := range []struct{ lost, least time.Duration }{{0, 100 * time.Millisecond}, {400 * time.Millisecond, 350 * time.Millisecond}} {
		s := newSide(t, func(g *Config) { g.KeyLost = c.lost })
		phone := listen(t)
		phone.to = s.LocalAddr()
		phone.send(t, Packet{SSRC: 1, Sequence: 1, Timestamp: 1, Type: 101, Payload: []byte{7, 10, 0, 160}})
		begin := time.Now()
		if got := told([]media.Frame{s.get(t), s.get(t)}); got != "+7 -7(20ms)" {
			t.Error(got)
		}
		if took := time.Since(begin); took < c.least {
			t.Errorf("with KeyLost %v the key was taken as over after %v", c.lost, took)
		}
	}
}

// TestKeysArrive sends keys from a session to another.
func TestKeysArrive(t *testing.T) {
	a, b := newSide(t, nil), newSide(t, nil)
	join(a, b)
	if err := a.Write(voice(media.ULaw, 1)); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		a.BeginDigit('5'), a.EndDigit('5', 60*time.Millisecond), // told at once, as a console does
		a.SendDigit('#', 100*time.Millisecond), // waits its turn
		a.EndDigit('D', time.Millisecond),      // too short
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Write(voice(media.ULaw, 2)); err != nil { // not while a key is sent
		t.Fatal(err)
	}
	if f := b.get(t); f.Kind != media.Voice {
		t.Fatalf("%+v", f)
	}
	var keys []media.Frame
	for range 6 {
		keys = append(keys, b.get(t))
	}
	if got, want := told(keys), "+5 -5(60ms) +# -#(100ms) +D -D(40ms)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for a.digits.busy() {
		time.Sleep(time.Millisecond)
	}
	if err := a.Write(voice(media.ULaw, 3)); err != nil {
		t.Fatal(err)
	}
	if f := b.get(t); f.Kind != media.Voice || f.Data[0] != 3 {
		t.Errorf("after the keys: %+v", f)
	}
}

// TestKeyPackets looks at a key on the wire (RFC 4733 §2.5.1).
func TestKeyPackets(t *testing.T) {
	s := newSide(t, nil)
	wire := listen(t)
	s.SetRemote(wire.addr(), netip.AddrPort{})
	if err := s.SendDigit('9', 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	var first Packet
	for i, want := range []uint16{160, 320, 480, 640, 800, 800, 800} {
		p := wire.packet(t)
		if i == 0 {
			first = p
		}
		duration := uint16(p.Payload[2])<<8 | uint16(p.Payload[3])
		final := p.Payload[1]&0x80 != 0
		if p.Type != 101 || p.Payload[0] != 9 || duration != want || p.Marker != (i == 0) || final != (i >= 4) ||
			p.Timestamp != first.Timestamp || p.Sequence != first.Sequence+uint16(i) {
			t.Errorf("packet %d: type %d event %d duration %d marker %v end %v stamp %d sequence %d", i, p.Type, p.Payload[0],
				duration, p.Marker, final, p.Timestamp-first.Timestamp, p.Sequence-first.Sequence)
		}
	}
}

func TestKeysRefused(t *testing.T) {
	s := newSide(t, func(c *Config) { c.Payloads = narrow[:1] })
	if err := s.BeginDigit('1'); !errors.Is(err, ErrNoEvents) {
		t.Errorf("key to a side without telephone-event: %v", err)
	}
	s.SetPayloads(narrow, nil)
	if err := s.BeginDigit('x'); err == nil {
		t.Error("key x was taken")
	}
	refused := false
	for range digitsWaiting + 1 {
		refused = s.SendDigit('1', time.Second) != nil
	}
	if !refused {
		t.Error("the queue of keys has no end")
	}
}

// TestFlash is a signal, not a key.
func TestFlash(t *testing.T) {
	s := newSide(t, nil)
	phone := listen(t)
	phone.to = s.LocalAddr()
	phone.send(t, Packet{SSRC: 1, Sequence: 1, Timestamp: 1, Type: 101, Payload: []byte{16, 0x80, 1, 0}})
	if f := s.get(t); f.Kind != media.Control || f.Signal != media.Flash {
		t.Errorf("%+v", f)
	}
}
