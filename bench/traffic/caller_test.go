package traffic

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

var nowhere = netip.MustParseAddrPort("127.0.0.1:4000")

const patience = 10 * time.Second

// together are a caller and the callee that it calls.
func together(t *testing.T) (*Caller, *Callee) {
	t.Helper()
	loopback := netip.MustParseAddrPort("127.0.0.1:0")
	callee, err := NewCallee("callee", loopback, nowhere, nowhere)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(callee.Close)
	caller, err := NewCaller("caller", loopback, callee.local, nowhere)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(caller.Close)
	return caller, callee
}

func TestCalls(t *testing.T) {
	caller, callee := together(t)
	for range 2 {
		if err := caller.Place(Order{Number: "1", Count: 100}, patience); err != nil {
			t.Fatal(err)
		}
		if err := callee.Quiet(patience); err != nil {
			t.Fatal(err)
		}
		if got := callee.Taken(); got != 100 {
			t.Errorf("the callee took %d calls, want 100", got)
		}
	}
}

func TestHeldCalls(t *testing.T) {
	caller, callee := together(t)
	if err := caller.Place(Order{Number: "1", Count: 10, Hold: true}, patience); err != nil {
		t.Fatal(err)
	}
	if got := caller.Media(); len(got) != 10 || got[0].Port() != nowhere.Port() {
		t.Errorf("the calls' media are %v, want 10 times port %d", got, nowhere.Port())
	}
	if err := callee.Quiet(50 * time.Millisecond); err == nil {
		t.Error("the calls were to be held, and were hung up")
	}
	if err := caller.Release(0, patience); err != nil {
		t.Fatal(err)
	}
	if err := callee.Quiet(patience); err != nil {
		t.Error(err)
	}
}

// A call that rings is held without an answer, and given up.
func TestRingingCalls(t *testing.T) {
	caller, callee := together(t)
	callee.close()
	s, err := listen(callee.local, nowhere)
	if err != nil {
		t.Fatal(err)
	}
	callee.socket = s
	var mu sync.Mutex
	got := map[string]int{}
	s.serve(func(m message, from netip.AddrPort) {
		mu.Lock()
		defer mu.Unlock()
		got[m.method()]++
		switch m.method() {
		case "INVITE":
			s.send(m.appendResponse(nil, "180 Ringing", "x", "", nil), from)
		case "CANCEL":
			s.send(m.appendResponse(nil, "200 OK", "x", "", nil), from)
		}
	}, func(time.Time) {})
	if err := caller.Place(Order{Number: "1", Count: 10, Hold: true, Ring: true}, patience); err != nil {
		t.Fatal(err)
	}
	if err := caller.Release(0, patience); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got["INVITE"] != 10 || got["CANCEL"] != 10 {
		t.Errorf("the callee got %v, want 10 of each", got)
	}
}

// A refused call is a failed call, and says so.
func TestRefusedCalls(t *testing.T) {
	caller, callee := together(t)
	refuse := func(m message, from netip.AddrPort) {
		if m.method() == "INVITE" {
			callee.send(m.appendResponse(nil, "486 Busy Here", "x", "", nil), from)
		}
	}
	callee.close()
	s, err := listen(callee.local, nowhere)
	if err != nil {
		t.Fatal(err)
	}
	callee.socket = s
	s.serve(refuse, func(time.Time) {})
	err = caller.Place(Order{Number: "1", Count: 3}, patience)
	if err == nil || !strings.Contains(err.Error(), "3 calls failed") || !strings.Contains(err.Error(), "486:3") {
		t.Errorf("Place = %v, want 3 calls failed with 486", err)
	}
}

func TestCallsThatStandForAWhile(t *testing.T) {
	caller, callee := together(t)
	began := time.Now()
	if err := caller.Place(Order{Number: "1", Count: 20, For: 200 * time.Millisecond}, patience); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("calls of 200 ms took %s", took)
	}
	if err := callee.Quiet(patience); err != nil {
		t.Fatal(err)
	}
	if got := callee.Taken(); got != 20 {
		t.Errorf("the callee took %d calls, want 20", got)
	}
}
