package control

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// The first reader of a socket gets the last 120 events that were told before it came,
// and who comes after the last has gone gets what was told meanwhile; all others
// begin with what comes.
func TestEventsAreKeptForTheFirstReader(t *testing.T) {
	e := NewEvents(slog.New(slog.DiscardHandler), NewMetrics())
	defer e.Close()
	e.Keep()
	tell := func(n int) {
		for range n {
			e.send(1, "sw1", "L2_EXPIRE", nil)
		}
	}
	tell(150)
	path := filepath.Join(t.TempDir(), "events")
	if err := e.Listen(path); err != nil {
		t.Fatal(err)
	}
	type reader struct {
		net.Conn
		lines *bufio.Reader
	}
	dial := func() reader {
		t.Helper()
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return reader{c, bufio.NewReader(c)}
	}
	expect := func(who string, r reader, first, last uint64) {
		t.Helper()
		for id := first; id <= last; id++ {
			line, err := r.lines.ReadBytes('\n')
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				ID uint64 `json:"event_id"`
			}
			if err := json.Unmarshal(line, &got); err != nil || got.ID != id {
				t.Fatalf("%s: got %s, want event %d (%v)", who, line, id, err)
			}
		}
	}
	readers := func(n int) {
		t.Helper()
		for late := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) { // between two looks
			e.mu.Lock()
			now := len(e.conns)
			e.mu.Unlock()
			if now == n {
				return
			}
			if time.Now().After(late) {
				t.Fatalf("%d readers, want %d", now, n)
			}
		}
	}
	first := dial()
	expect("the first", first, 31, 150)
	second := dial()
	readers(2)
	tell(1)
	expect("the first", first, 151, 151)
	expect("the second", second, 151, 151)
	first.Close()
	second.Close()
	tell(3) // each is noticed to have gone by what can not be told
	readers(0)
	tell(1)
	expect("who comes later", dial(), 152, 155)
}
