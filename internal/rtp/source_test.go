package rtp

import (
	"net/netip"
	"testing"
	"time"
)

// TestSources feeds packets from the announced phone (p) and from others (x, y),
// in sequence unless marked, and looks at which are taken ("+") and where we send.
func TestSources(t *testing.T) {
	at := map[byte]netip.AddrPort{
		'p': netip.MustParseAddrPort("127.0.0.1:4000"),
		'x': netip.MustParseAddrPort("127.0.0.1:4002"),
		'y': netip.MustParseAddrPort("127.0.0.1:4004"),
	}
	tests := []struct {
		name      string
		strict    Strict
		symmetric bool
		from      string // capital: a jump of the sequence; !: all at once from here on; >: a while later
		want      string
		target    byte
	}{
		{"off takes all", StrictOff, false, "pxyx", "++++", 'p'},
		{"off follows", StrictOff, true, "pxxx", "++++", 'x'},
		{"on learns another for a while", StrictOn, true, "ppppxxxxxx", "++++---+++", 'x'},
		{"then it holds to one", StrictOn, true, "pp>pxxxxxx", "+++------", 'p'},
		{"to another that it has learned", StrictOn, true, "xxxx>xppppp", "---++-----", 'x'},
		{"on, after a while of silence", StrictOn, true, ">xxxxp", "---+-", 'x'},
		{"on learns another", StrictOn, true, "xxxxx", "---++", 'x'},
		{"on learns, does not follow", StrictOn, false, "xxxxx", "---++", 'p'},
		{"no sequence, no trust", StrictOn, true, "xxxXxxXxx", "---------", 'p'},
		{"an intruder does not hurry", StrictOn, true, "p!xxxxxxxxpppp", "+--------++++", 'p'},
		{"a burst is not learned", StrictOn, true, "!xxxxxxxxpppp", "--------++++", 'p'},
		{"nor among packets of the phone", StrictOn, true, "p!xxxxxx", "+------", 'p'},
		{"the phone may come in a burst", StrictOn, true, "!ppppx", "++++-", 'p'},
		{"a burst is, by its sequence alone", StrictSequence, true, "!xxxxxx", "---+++", 'x'},
		{"and held to", StrictSequence, true, "!xxxx>xyyyyy", "---++-----", 'x'},
	}
	for _, test := range tests {
		gap := int64(20 * time.Millisecond)
		s := newSide(t, func(c *Config) { c.Strict, c.Symmetric = test.strict, test.symmetric })
		s.SetRemote(at['p'], netip.AddrPort{})
		now := s.route.Load().since
		n := map[byte]uint16{}
		var all uint16
		got := ""
		for i := range len(test.from) {
			who := test.from[i]
			if who == '!' {
				gap = 0
				continue
			}
			if who == '>' {
				now += learnTime + 1
				continue
			}
			if who < 'a' {
				who += 'a' - 'A'
				n[who], all = n[who]+1000, all+1000
			}
			p := Packet{}
			all++
			if n[who] == 0 {
				n[who] = all
			}
			p.Sequence = n[who]
			n[who]++
			now += gap
			if s.accept(s.route.Load(), &p, at[who], now) {
				got += "+"
			} else {
				got += "-"
			}
		}
		if got != test.want || s.RemoteAddr() != at[test.target] {
			t.Errorf("%s: %s took %s and send to %s, want %s and %s", test.name, test.from, got, s.RemoteAddr(), test.want, at[test.target])
		}
	}
}

// Reports come from where packets do, though we send to where SDP says, and from anywhere before any came.
func TestReportsOfALearnedSource(t *testing.T) {
	s := newSide(t, func(c *Config) { c.Strict, c.Symmetric = StrictOn, true })
	said, is, other := netip.MustParseAddrPort("127.0.0.2:4000"), netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("127.0.0.3:4001")
	s.SetRemote(said, netip.AddrPort{})
	r := s.route.Load()
	if !s.controls(r, other) || s.ControlAddr().Addr() != said.Addr() {
		t.Errorf("the first report was not taken, or is followed: ours go to %s", s.ControlAddr())
	}
	for i := range 10 {
		s.accept(r, &Packet{Sequence: uint16(i)}, is, r.since+int64(i)*int64(20*time.Millisecond))
	}
	if !s.controls(r, netip.AddrPortFrom(is.Addr(), 4001)) {
		t.Error("a report from where packets come was not taken")
	}
	if s.controls(r, other) {
		t.Error("a report of another was taken")
	}
	s.SetRemote(netip.MustParseAddrPort("127.0.0.4:4000"), netip.AddrPort{})
	r = s.route.Load()
	for i := range 10 {
		s.accept(r, &Packet{Sequence: uint16(i)}, r.remote, r.since+int64(i)*int64(20*time.Millisecond))
	}
	if s.controls(r, netip.AddrPortFrom(is.Addr(), 4001)) {
		t.Error("a report of who was the other side before was taken")
	}
}
