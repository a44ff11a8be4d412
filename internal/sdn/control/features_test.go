package control

import (
	"strings"
	"testing"
)

// Hardware that wants it is told its tables before it has flows, and again when
// other tables are wanted; not when it has all and only connects again.
func TestHardwareIsToldItsTables(t *testing.T) {
	text := strings.Replace(simple, "dp_id: 1", "dp_id: 1\n    hardware: GenericTFM\n    packetin_pps: 50", 1)
	c, path := controller(t, text)
	s := newFakeSwitch(1, 4)
	told := func(times int) {
		t.Helper()
		_, tables := want(t, path, 1, 2, 3, 4)
		s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.described != times {
			t.Errorf("it was told its tables %d times, not %d", s.described, times)
		}
	}
	s.connect(t, c.Addr())
	told(1)
	s.disconnect()
	s.outs = nil
	s.connect(t, c.Addr())
	s.until(t, "a question of the router", func() bool { return len(s.outs) > 0 })
	told(1)
	// A rule that matches another field.
	write(t, path, strings.Replace(text, "tcp_dst: 80", "tcp_src: 80", 1))
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	told(2)
}
