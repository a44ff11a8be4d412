package phone

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What users.conf lends to peers stands with them, as sip show peer of the reference
// tells.
func TestOptionsLentByUsers(t *testing.T) {
	m, problems := load(t, SIP, `[alice]
type=friend
host=dynamic
fullname=Alice
cid_number=100
trunkname=Trunk
hasvoicemail=yes
[bob]
type=friend
host=dynamic
trunkname=Trunk
fullname=Bob
hasvoicemail=yes
mailbox=77@other
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, want := range []struct{ peer, name, boxes string }{{"alice", "", "alice@default"}, {"bob", "Bob", "bob@default,77@other"}} {
		e := m.Endpoint(want.peer)
		if boxes := strings.Join(e.Mailboxes, ","); e.CallerID.Name.Text != want.name || boxes != want.boxes {
			t.Errorf("%s is called %q and has %s, want %q and %s", want.peer, e.CallerID.Name.Text, boxes, want.name, want.boxes)
		}
	}
}

// The times of a request to a peer that qualify watches follow from its last round
// trip: as measured on the reference with t1min=150.
func TestPatience(t *testing.T) {
	d := New(Config{Model: &Model{Technology: SIP, Global: Global{General: &General{T1Min: 150 * time.Millisecond}}}})
	const ms = time.Millisecond
	for _, c := range []struct {
		peer         Peer
		trip         time.Duration
		first, whole time.Duration
	}{
		{Peer{T1: 500 * ms, TimerB: 32 * time.Second}, 0, time.Second, 32 * time.Second},
		{Peer{T1: 500 * ms, TimerB: 32 * time.Second}, 29 * ms, time.Second, 32 * time.Second},
		{Peer{T1: 500 * ms, TimerB: 32 * time.Second, Qualify: 2 * time.Second}, 29 * ms, 150 * ms, 64 * 150 * ms},
		{Peer{T1: 500 * ms, TimerB: 32 * time.Second, Qualify: 2 * time.Second}, 606 * ms, 606 * ms, 64 * 606 * ms},
		{Peer{T1: 500 * ms, TimerB: 9 * time.Second, Qualify: 2 * time.Second}, 606 * ms, 606 * ms, 9 * time.Second},
		{Peer{T1: 500 * ms, TimerB: 32 * time.Second, Qualify: 2 * time.Second}, 0, time.Second, 32 * time.Second},
	} {
		first, whole := d.patience(&c.peer, &Contact{RTT: c.trip})
		if first != c.first || whole != c.whole {
			t.Errorf("%+v after %s: %s and %s, want %s and %s", c.peer, c.trip, first, whole, c.first, c.whole)
		}
	}
}

// Requests of nobody known are told of when there are many from one address in a short
// time.
func TestStrangersAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Global{UnidentifiedCount: 3, UnidentifiedPeriod: 5 * time.Second, UnidentifiedPrune: 30 * time.Second}
		var s strangers
		one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
		note := func(from netip.Addr) string {
			why, alarm := s.note(g, from, time.Now())
			if alarm != (why != "") {
				t.Errorf("alarm %v, and it is said %q", alarm, why)
			}
			return why
		}
		for i, want := range []string{"", "", "No matching endpoint found after 3 tries in 500.000 ms", "No matching endpoint found after 4 tries in 750.000 ms"} {
			if got := note(one); got != want {
				t.Errorf("request %d: %q, want %q", i+1, got, want)
			}
			time.Sleep(250 * time.Millisecond)
		}
		if got := note(other); got != "" {
			t.Errorf("another address: %q", got)
		}
		var shown strings.Builder
		s.show(&shown, time.Now())
		for _, want := range []string{"\n  Request:  192.0.2.1                                                         4      1.000\n", "\nObjects found: 2\n"} {
			if !strings.Contains(shown.String(), want) {
				t.Errorf("shown are\n%s\nwithout %q", shown.String(), want)
			}
		}
		time.Sleep(10 * time.Second)
		if got := note(one); got != "" {
			t.Errorf("after the period: %q", got)
		}
		time.Sleep(30 * time.Second)
		for i, want := range []bool{false, false, true} { // they were forgotten, and count anew
			if got := note(one) != ""; got != want {
				t.Errorf("request %d of a new round is told: %v, want %v", i+1, got, want)
			}
		}
		for i := range 2 * maxUnidentified {
			note(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
		}
		if len(s.byAddr) > maxUnidentified {
			t.Errorf("%d addresses are kept, want %d at most", len(s.byAddr), maxUnidentified)
		}
	})
}
