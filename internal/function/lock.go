package function

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// locks are the dialplan's own mutexes. A leg that ends gives its locks back.
type locks struct {
	mu   sync.Mutex // a leaf
	held map[string]*heldLock
}

type heldLock struct {
	owner *channel.Channel
	times int           // the owner has taken it
	free  chan struct{} // closed when it is given back
	// waiting is how many legs wait for it.
	waiting int
}

// lockOwner is kept on a leg that will give its locks back when it ends.
type lockOwner struct{}

// lockWait is how long LOCK waits before it gives up.
const lockWait = 3 * time.Second

func (h *House) lockFunctions() []Function {
	return []Function{
		risky(full("LOCK", "func_lock", "Wait for a lock and take it", "lockname", h.lock(lockWait), nil), true),
		risky(full("TRYLOCK", "func_lock", "Take a lock if it is free", "lockname", h.lock(0), nil), true),
		risky(full("UNLOCK", "func_lock", "Give a lock back", "lockname", h.unlock, nil), true),
	}
}

func (h *House) lock(limit time.Duration) func(context.Context, *channel.Channel, string) (string, error) {
	return func(ctx context.Context, c *channel.Channel, name string) (string, error) {
		if c == nil {
			return "0", errNoChannel
		}
		timer := time.NewTimer(limit)
		defer timer.Stop()
		for {
			held := h.locks.take(name, c)
			if held == nil {
				return "1", nil
			}
			h.locks.wait(held, 1)
			var late bool
			select {
			case <-held.free:
			case <-timer.C:
				late = true
			case <-ctx.Done():
				late = true
			}
			h.locks.wait(held, -1)
			if late {
				return "0", nil
			}
		}
	}
}

// take takes the lock, or returns who has it.
func (l *locks) take(name string, c *channel.Channel) *heldLock {
	if c.Value(lockOwner{}) == nil {
		c.SetValue(lockOwner{}, true)
		defer c.AtEnd(func() { l.drop(c) }) // at once, where the leg is over
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[string]*heldLock{}
	}
	held := l.held[name]
	switch {
	case held == nil:
		l.held[name] = &heldLock{owner: c, times: 1, free: make(chan struct{})}
	case held.owner == c:
		held.times++
	default:
		return held
	}
	return nil
}

func (l *locks) wait(held *heldLock, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held.waiting += n
}

// give gives back what was taken once; the lock is free when all is given back.
func (l *locks) give(name string, c *channel.Channel) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held[name]
	if held == nil || held.owner != c {
		return false
	}
	if held.times--; held.times == 0 {
		delete(l.held, name)
		close(held.free)
	}
	return true
}

// drop frees all that a leg holds.
func (l *locks) drop(c *channel.Channel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, held := range l.held {
		if held.owner == c {
			delete(l.held, name)
			close(held.free)
		}
	}
}

// show prints the locks as the console's "dialplan locks show" does.
func (l *locks) show(out io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	const format = "%-40s %-10s %s\n"
	fmt.Fprintf(out, "func_lock locks:\n"+format, "Name", "Requesters", "Owner")
	for _, name := range slices.Sorted(maps.Keys(l.held)) {
		held := l.held[name]
		fmt.Fprintf(out, format, name, strconv.Itoa(held.waiting), held.owner.Name())
	}
	fmt.Fprintf(out, "%d total locks listed.\n", len(l.held))
}

func (h *House) unlock(_ context.Context, c *channel.Channel, name string) (string, error) {
	if c == nil {
		return "0", errNoChannel
	}
	return truth(h.locks.give(name, c)), nil
}
