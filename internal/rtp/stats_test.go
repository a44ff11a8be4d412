package rtp

import (
	"math"
	"testing"
	"time"
)

func TestStreamCountsLoss(t *testing.T) {
	tests := []struct {
		name     string
		sequence []int // of source 1; negative begins source 2
		lost     int
	}{
		{"none", []int{1, 2, 3}, 0},
		{"two", []int{1, 4}, 2},
		{"late", []int{1, 3, 2, 4}, 0},
		{"twice", []int{1, 2, 2, 2, 5}, 0}, // RFC 3550 A.3: copies hide losses; so does late arrival
		{"around the end", []int{65534, 65535, 0, 2}, 1},
		{"begun anew", []int{1, 2, 30000, 30001, 30003}, 1},
		{"one stray", []int{1, 2, 30000, 3, 4}, 0},
		{"two sources", []int{1, 4, -100, -102}, 3},
	}
	for _, test := range tests {
		var st stream
		for i, n := range test.sequence {
			p := Packet{SSRC: 1, Sequence: uint16(n), Payload: make([]byte, 10)}
			if n < 0 {
				p.SSRC, p.Sequence = 2, uint16(-n)
			}
			st.count(&p, 8000, int64(i)*20e6, true)
		}
		if got := st.lost(); got != test.lost {
			t.Errorf("%s: %d lost, want %d", test.name, got, test.lost)
		}
		if st.total != uint64(len(test.sequence)) || st.octets != 10*st.total {
			t.Errorf("%s: %d packets %d octets", test.name, st.total, st.octets)
		}
	}
}

// TestJitter: packets that come alternately 4 ms early and late have a mean
// deviation of 8 ms between arrivals.
func TestJitter(t *testing.T) {
	var st stream
	for i := range 400 {
		late := int64(4 * time.Millisecond)
		if i%2 == 0 {
			late = -late
		}
		st.count(&Packet{Sequence: uint16(i), Timestamp: uint32(i) * 160}, 8000, int64(i)*int64(20*time.Millisecond)+late, true)
	}
	if got := time.Duration(st.jitter); got < 7900*time.Microsecond || got > 8100*time.Microsecond {
		t.Errorf("jitter %v, want 8 ms", got)
	}
}

func TestSeries(t *testing.T) {
	var s Series
	for _, v := range []float64{2, 4, 4, 4, 5, 5, 7, 9} {
		s.Add(v)
	}
	if s.Min != 2 || s.Max != 9 || s.Mean() != 5 || math.Abs(s.Deviation()-2) > 1e-9 || s.Last != 9 {
		t.Errorf("%+v mean %v deviation %v", s, s.Mean(), s.Deviation())
	}
}
