package rtp

import (
	"net/netip"
	"testing"
)

func TestTrace(t *testing.T) {
	at, other := netip.MustParseAddrPort("192.0.2.1:4000"), netip.MustParseAddrPort("192.0.2.1:4002")
	elsewhere := netip.MustParseAddrPort("192.0.2.2:4000")
	for _, test := range []struct {
		name string
		set  func(*Trace)
		told []netip.AddrPort
	}{
		{"nothing", func(*Trace) {}, nil},
		{"all", (*Trace).All, []netip.AddrPort{at, other, elsewhere}},
		{"an address", func(t *Trace) { t.Of(netip.AddrPortFrom(at.Addr(), 0)) }, []netip.AddrPort{at, other}},
		{"a port", func(t *Trace) { t.Of(at) }, []netip.AddrPort{at}},
		{"off again", func(t *Trace) { t.All(); t.Off() }, nil},
	} {
		var told []netip.AddrPort
		tr := &Trace{Line: func(w Way, p Passed) {
			if w != Got || p.Type != 8 || p.Sequence != 7 || p.Timestamp != 9 || p.Size != 2 {
				t.Errorf("%s: %d %+v", test.name, w, p)
			}
			told = append(told, p.Peer)
		}}
		test.set(tr)
		for _, from := range []netip.AddrPort{at, other, elsewhere} {
			tr.got(&Packet{Type: 8, Sequence: 7, Timestamp: 9, Payload: []byte{1, 2}}, from)
		}
		if len(told) != len(test.told) {
			t.Errorf("%s: told of %v, want %v", test.name, told, test.told)
			continue
		}
		for i := range told {
			if told[i] != test.told[i] {
				t.Errorf("%s: told of %v, want %v", test.name, told, test.told)
			}
		}
	}
}

// A packet that goes is told as its header has it; without a trace nothing is.
func TestTraceOfSent(t *testing.T) {
	var got Passed
	tr := &Trace{Line: func(_ Way, p Passed) { got = p }}
	b := make([]byte, headerSize+3)
	p := Packet{Marker: true, Type: 101, Sequence: 500, Timestamp: 1 << 31, SSRC: 1}
	p.putHeader(b)
	to := netip.MustParseAddrPort("[2001:db8::1]:4000")
	tr.sent(b, to)
	if got != (Passed{}) {
		t.Errorf("told of %+v before anybody wanted to know", got)
	}
	tr.All()
	tr.sent(b, to)
	if want := (Passed{to, 101, 500, 1 << 31, 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	(*Trace)(nil).sent(b, to)
	quiet := &Trace{}
	if n := testing.AllocsPerRun(100, func() { quiet.sent(b, to) }); n != 0 {
		t.Errorf("%v allocations while nobody wants to know", n)
	}
}
