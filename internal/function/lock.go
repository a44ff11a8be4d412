package function

import (
	"context"
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
}

// lockOwner is kept on a leg that will give its locks back when it ends.
type lockOwner struct{}

// lockWait is how long LOCK waits before it gives up.
const lockWait = 3 * time.Second

func (h *House) lockFunctions() []Function {
	return []Function{
		full("LOCK", "func_lock", "Wait for a lock and take it", "lockname", h.lock(lockWait), nil),
		full("TRYLOCK", "func_lock", "Take a lock if it is free", "lockname", h.lock(0), nil),
		full("UNLOCK", "func_lock", "Give a lock back", "lockname", h.unlock, nil),
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
			free := h.locks.take(name, c)
			if free == nil {
				return "1", nil
			}
			select {
			case <-free:
			case <-timer.C:
				return "0", nil
			case <-ctx.Done():
				return "0", nil
			}
		}
	}
}

// take takes the lock, or returns what is closed when it is given back.
func (l *locks) take(name string, c *channel.Channel) <-chan struct{} {
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
		l.held[name] = &heldLock{c, 1, make(chan struct{})}
	case held.owner == c:
		held.times++
	default:
		return held.free
	}
	return nil
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

func (h *House) unlock(_ context.Context, c *channel.Channel, name string) (string, error) {
	if c == nil {
		return "0", errNoChannel
	}
	return truth(h.locks.give(name, c)), nil
}
