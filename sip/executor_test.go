package sip

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// work is a task that calls f.
func work(f func()) task {
	return task{run: runCall, call: f}
}

// However the workers and the posting interleave, a lane behind one that blocks
// is served.
func TestALaneBehindABlockedOneIsServed(t *testing.T) {
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			s := NewStack(Config{Limits: Limits{Workers: 1}})
			synctest.Wait()
			block, served := make(chan struct{}), make(chan struct{})
			s.executor.post("a", ordinary, work(func() { <-block }))
			s.executor.post("b", ordinary, work(func() { close(served) }))
			begin := time.Now()
			select {
			case <-served:
			case <-time.After(time.Minute):
				t.Errorf("the second call waited for the first")
			}
			if d := time.Since(begin); d > 2*patience {
				t.Errorf("served after %v, want about %v", d, patience)
			}
			close(block)
			_ = s.Close()
		})
		if t.Failed() {
			return
		}
	}
}

// A call that is never without work holds no more memory than its queue.
func TestALaneThatIsNeverEmptyStaysSmall(t *testing.T) {
	s := NewStack(Config{Limits: Limits{CallQueue: 8, Workers: 1}})
	defer s.Close()
	shard := func() int {
		most := 0
		for i := range s.executor.shards {
			h := &s.executor.shards[i]
			h.mu.Lock()
			for _, l := range h.lanes {
				most = max(most, cap(l.work))
			}
			h.mu.Unlock()
		}
		return most
	}
	begun, step := make(chan struct{}), make(chan struct{})
	one := work(func() { begun <- struct{}{}; <-step })
	s.executor.post("call", ordinary, one)
	done, most := 0, 0
	for range 10_000 {
		<-begun
		for s.executor.post("call", ordinary, one) {
			done++
		}
		most = max(most, shard())
		step <- struct{}{}
	}
	for range done - 9_999 {
		<-begun
		step <- struct{}{}
	}
	runtime.Gosched()
	if most > 64 {
		t.Errorf("there was room for %d tasks, want about twice the queue of 8", most)
	}
}
