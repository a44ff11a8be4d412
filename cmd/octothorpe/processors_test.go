package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestGovernor plays a day: quiet, a burst, a swing around the borders, quiet again.
func TestGovernor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var load float64 // in processors
		var used time.Duration
		last := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var all bool
		var changes int
		done := make(chan struct{})
		go func() {
			defer close(done)
			again(ctx, []func(){processorsLook(func() time.Duration {
				mu.Lock()
				defer mu.Unlock()
				now := time.Now()
				used += time.Duration(load * float64(now.Sub(last)))
				last = now
				return used
			}, func(now bool) { mu.Lock(); all = now; changes++; mu.Unlock() })})
		}()
		expect := func(when string, l float64, d time.Duration, wantAll bool, wantChanges int) {
			t.Helper()
			mu.Lock()
			load = l
			mu.Unlock()
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if all != wantAll || changes != wantChanges {
				t.Errorf("%s: all processors %v after %d changes, want %v after %d", when, all, changes, wantAll, wantChanges)
			}
		}
		time.Sleep(tuneEvery / 2) // looks lie in the middle of what follows
		expect("quiet", 0.1, time.Minute, false, 0)
		expect("between the borders", 0.4, time.Minute, false, 0)
		expect("a burst", 1, tuneEvery, true, 1)
		expect("between the borders again", 0.4, time.Minute, true, 1)
		for range 10 {
			expect("a pause", 0, tuneEvery*(processorsCalm-2), true, 1)
			expect("and more", 0.6, tuneEvery, true, 1)
		}
		expect("calm, not yet for long enough", 0.1, tuneEvery*(processorsCalm-1), true, 1)
		expect("calm", 0.1, 2*tuneEvery, false, 2)
		cancel()
		<-done
	})
}

// TestTune looks whether the number really changes, and is given back.
func TestTune(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("one processor")
	}
	t.Setenv("GOMAXPROCS", "")
	t.Cleanup(runtime.SetDefaultGOMAXPROCS)
	runtime.SetDefaultGOMAXPROCS()
	before := runtime.GOMAXPROCS(0)
	stop := tune()
	until := func(n int, meanwhile func()) {
		t.Helper()
		for end := time.Now().Add(time.Minute); runtime.GOMAXPROCS(0) != n; meanwhile() {
			if time.Now().After(end) {
				t.Fatalf("still %d processors, want %d", runtime.GOMAXPROCS(0), n)
			}
		}
	}
	until(1, func() { time.Sleep(time.Millisecond) })
	until(before, func() {
		for begin := time.Now(); time.Since(begin) < 10*time.Millisecond; { // work
		}
	})
	stop()
	if now := runtime.GOMAXPROCS(0); now != before {
		t.Errorf("%d processors afterwards, %d before", now, before)
	}
	t.Setenv("GOMAXPROCS", "2")
	tune()()
	if now := runtime.GOMAXPROCS(0); now != before {
		t.Errorf("%d processors although GOMAXPROCS is set, %d before", now, before)
	}
}

// TestGCPercent holds the heap's measure at sizes from an empty exchange to a full one.
func TestGCPercent(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 100}, {1 * mb, 400}, {7 * mb, 300}, {9 * mb, 200}, {14 * mb, 100}, {28 * mb, 100}, {500 * mb, 100}} {
		if got := gcPercent(c.live); got != c.want {
			t.Errorf("with %d MiB live %d %%, want %d", c.live/mb, got, c.want)
		}
	}
	var live uint64
	var set []int
	look := heapLook(func() uint64 { return live }, func(percent int) { set = append(set, percent) })
	for _, live = range []uint64{0, 7 * mb, 7*mb - mb/8, 30 * mb, 40 * mb, 9 * mb} {
		look()
	}
	if want := []int{300, 100, 200}; !slices.Equal(set, want) {
		t.Errorf("set %v, want %v", set, want)
	}
	if liveHeap(); debug.SetGCPercent(gcUsual) != gcUsual {
		t.Error("the percentage was changed by looking")
	}
	runtime.GC()
	if liveHeap() == 0 {
		t.Error("nothing lives after a collection")
	}
}
