package main

import (
	"context"
	"runtime"
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
			govern(ctx, func() time.Duration {
				mu.Lock()
				defer mu.Unlock()
				now := time.Now()
				used += time.Duration(load * float64(now.Sub(last)))
				last = now
				return used
			}, func(now bool) { mu.Lock(); all = now; changes++; mu.Unlock() })
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
		time.Sleep(processorsLook / 2) // looks lie in the middle of what follows
		expect("quiet", 0.1, time.Minute, false, 0)
		expect("between the borders", 0.4, time.Minute, false, 0)
		expect("a burst", 1, processorsLook, true, 1)
		expect("between the borders again", 0.4, time.Minute, true, 1)
		for range 10 {
			expect("a pause", 0, processorsLook*(processorsCalm-2), true, 1)
			expect("and more", 0.6, processorsLook, true, 1)
		}
		expect("calm, not yet for long enough", 0.1, processorsLook*(processorsCalm-1), true, 1)
		expect("calm", 0.1, 2*processorsLook, false, 2)
		cancel()
		<-done
	})
}

// TestFollowLoad looks whether the number really changes, and is given back.
func TestFollowLoad(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("one processor")
	}
	t.Setenv("GOMAXPROCS", "")
	t.Cleanup(runtime.SetDefaultGOMAXPROCS)
	runtime.SetDefaultGOMAXPROCS()
	before := runtime.GOMAXPROCS(0)
	stop := followLoad()
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
	followLoad()()
	if now := runtime.GOMAXPROCS(0); now != before {
		t.Errorf("%d processors although GOMAXPROCS is set, %d before", now, before)
	}
}
