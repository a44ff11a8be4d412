package phone

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A clock runs short tasks at their times: expiry of contacts, qualifying,
// refreshing registrations. One goroutine serves them all, so that ten thousand
// phones cost ten thousand entries of a heap and no timers. Tasks must not wait.
type clock struct {
	mu    sync.Mutex // a leaf
	tasks taskHeap
	most  int // tasks at a time
	wake  chan struct{}
}

// A task is something to do at a time. It is the clock's from after until it
// ran or was stopped.
type task struct {
	at    time.Time
	index int // in the heap, −1 outside
	do    func()
}

func newClock() *clock { return &clock{wake: make(chan struct{}, 1)} }

// after has f called in the clock's goroutine once d has passed.
func (c *clock) after(d time.Duration, f func()) *task {
	t := &task{at: time.Now().Add(max(d, 0)), do: f}
	c.mu.Lock()
	heap.Push(&c.tasks, t)
	c.most = max(c.most, len(c.tasks))
	first := t.index == 0
	c.mu.Unlock()
	if first {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
	return t
}

// waiting returns how many tasks there are, and were at most.
func (c *clock) waiting() (most, now int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.most, len(c.tasks)
}

// stop takes a task back; it reports false if the task ran or is about to.
func (c *clock) stop(t *task) bool {
	if t == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&c.tasks, t.index)
	return true
}

// An agenda has one task for each name: the next round of an AOR, the end of a
// contact. What is planned later takes the place of what was planned before.
type agenda struct {
	mu    sync.Mutex // taken before the clock's
	tasks map[string]*task
}

// plan has f called once d has passed, and nothing else of that name. The task may
// run, and plan the next, before plan returns: so the clock is told under the lock.
func (a *agenda) plan(c *clock, name string, d time.Duration, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.tasks[name]
	a.tasks[name] = c.after(d, f)
	c.stop(old)
}

// forget has nothing called.
func (a *agenda) forget(c *clock, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c.stop(a.tasks[name])
	delete(a.tasks, name)
}

// run serves the tasks until ctx ends. It is the Driver's, which waits for it.
func (c *clock) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := c.serve()
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-timer.C:
		}
	}
}

// serve runs what is due and returns how long there is nothing to do.
func (c *clock) serve() time.Duration {
	for {
		c.mu.Lock()
		if len(c.tasks) == 0 {
			c.mu.Unlock()
			return time.Hour
		}
		if wait := time.Until(c.tasks[0].at); wait > 0 {
			c.mu.Unlock()
			return wait
		}
		t := heap.Pop(&c.tasks).(*task)
		c.mu.Unlock()
		t.do()
	}
}

type taskHeap []*task

func (h taskHeap) Len() int           { return len(h) }
func (h taskHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h taskHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *taskHeap) Push(x any) {
	t := x.(*task)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *taskHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
