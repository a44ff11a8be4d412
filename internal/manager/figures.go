package manager

import (
	"sync"
	"sync/atomic"
	"time"
)

// figures are what one account did, over all its sessions and since the start.
type figures struct {
	done, failed, denied, limited atomic.Uint64 // actions
	events, bytes, cut            atomic.Uint64 // sent; sessions that did not read
	slowest                       [len(latencySteps) + 1]atomic.Uint64
	took                          atomic.Int64 // nanoseconds of all actions
	pace                          pace
}

// latencySteps are the bounds of the histogram of how long actions take.
var latencySteps = [...]time.Duration{10 * time.Microsecond, 100 * time.Microsecond, time.Millisecond, 10 * time.Millisecond,
	100 * time.Millisecond, time.Second, 10 * time.Second}

func (f *figures) acted(took time.Duration, failed bool) {
	if failed {
		f.failed.Add(1)
	} else {
		f.done.Add(1)
	}
	f.took.Add(int64(took))
	step := 0
	for step < len(latencySteps) && took > latencySteps[step] {
		step++
	}
	f.slowest[step].Add(1)
}

// UserFigures are the figures of an account, for the metrics.
type UserFigures struct {
	User                          string
	Sessions                      int
	Queued                        int // bytes that wait for its clients
	Done, Failed, Denied, Limited uint64
	Events, Bytes, Cut            uint64
	Latency                       map[float64]uint64 // by upper bound in seconds, cumulated
	Took                          time.Duration
}

// Figures returns those of every account that was ever logged in.
func (s *Server) Figures() []UserFigures {
	byName := map[string]*UserFigures{}
	var list []UserFigures
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range s.figures {
		u := &UserFigures{User: name, Done: f.done.Load(), Failed: f.failed.Load(), Denied: f.denied.Load(), Limited: f.limited.Load(),
			Events: f.events.Load(), Bytes: f.bytes.Load(), Cut: f.cut.Load(), Latency: map[float64]uint64{}, Took: time.Duration(f.took.Load())}
		sum := uint64(0)
		for i, step := range latencySteps {
			sum += f.slowest[i].Load()
			u.Latency[step.Seconds()] = sum
		}
		byName[name] = u
	}
	for c := range s.sessions {
		if a := c.account.Load(); a != nil {
			u := byName[a.Name]
			u.Sessions++
			u.Queued += c.out.waiting()
		}
	}
	for _, u := range byName {
		list = append(list, *u)
	}
	return list
}

// figuresOf returns the figures of an account; s.mu is held.
func (s *Server) figuresOf(account string) *figures {
	f := s.figures[account]
	if f == nil {
		f = &figures{}
		s.figures[account] = f
	}
	return f
}

// A pace holds an account to a number of actions a second, of which it may save up
// those of one second.
type pace struct {
	mu   sync.Mutex // a leaf
	left float64
	last time.Time
}

// allows takes one action; a rate of 0 is no limit.
func (p *pace) allows(rate float64, now time.Time) bool {
	if rate <= 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last.IsZero() {
		p.left = max(rate, 1)
	} else {
		p.left = min(max(rate, 1), p.left+rate*now.Sub(p.last).Seconds())
	}
	p.last = now
	if p.left < 1 {
		return false
	}
	p.left--
	return true
}
