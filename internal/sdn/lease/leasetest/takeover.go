package leasetest

import (
	"testing"
	"time"
)

const (
	most = 2 * time.Second // that nobody may hold a lease
	// rounds of messages, at most, make an election among three nodes: each waits for
	// its turn where the machine is busy.
	rounds = 5
	beat   = 5 * time.Millisecond
)

// Takeover is called when a lease is let go; what it returns is called when another
// holds it, and fails the test if that was later than two seconds. Time that the
// machine kept from this program, because others had the processors, does not count.
func Takeover(t *testing.T) (taken func()) {
	began := time.Now()
	end, kept := make(chan struct{}), make(chan time.Duration)
	go func() {
		var late time.Duration
		for {
			next := time.Now().Add(beat)
			select {
			case <-t.Context().Done(): // it failed before
				return
			case <-end:
				kept <- late
				return
			case <-time.After(beat):
				late += time.Since(next)
			}
		}
	}()
	return func() {
		t.Helper()
		took := time.Since(began)
		close(end)
		busy := <-kept
		if took > most+rounds*busy {
			t.Errorf("another took over after %v, %v of which were kept from us", took, busy)
			return
		}
		t.Logf("another took over after %v, %v of which were kept from us", took, busy)
	}
}
