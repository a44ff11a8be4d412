package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
)

// history is what the phones saw of a call.
type history struct {
	called time.Time
	end    traffic.News // of the caller: Left, Ended, Refused or Lost
	ended  time.Time
	// released is when the exchange answered the caller's BYE; zero where it sent its own.
	released time.Time
	rings    []*ring
	heard    chan struct{} // closed when the exchange answers, or the call is over
	taken    chan struct{} // closed when an agent answers
}

// ring is one try to reach an agent.
type ring struct {
	agent       string
	came, taken time.Time // taken: zero if it was not
	end         traffic.News
	ended       time.Time
}

// ledger is what the phones see.
type ledger struct {
	plan *plan

	mu     sync.Mutex
	visits map[string]*visit // by the caller's number
	rings  map[string]*ring  // by Call-ID
	count  map[string]int    // calls of each agent
	errors []error
}

func newLedger(p *plan) *ledger {
	l := &ledger{plan: p, visits: map[string]*visit{}, rings: map[string]*ring{}, count: map[string]int{}}
	for _, v := range p.visits {
		l.visits[v.number] = v
	}
	return l
}

func (l *ledger) wrong(format string, args ...any) {
	l.errors = append(l.errors, fmt.Errorf(format, args...))
}

// conduct says what an agent's phone does with a call. It is called behind the news of its
// coming.
func (l *ledger) conduct(r traffic.Ring) traffic.Conduct {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.count[r.Phone]
	l.count[r.Phone]++
	answers, status, after := l.plan.conduct(r.Phone, n)
	c := traffic.Conduct{Status: status, After: after}
	if v := l.visits[r.Caller]; answers && v != nil && !v.callerEnds {
		c.Talk = v.talk
	}
	return c
}

// agent hears what becomes of an agent's call.
func (l *ledger) agent(r traffic.Ring, what traffic.News, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if what == traffic.Came {
		v := l.visits[r.Caller]
		if v == nil {
			l.wrong("%s is called by %q, who is nobody", r.Phone, r.Caller)
			return
		}
		one := &ring{agent: r.Phone, came: at}
		v.rings, l.rings[r.ID] = append(v.rings, one), one
		return
	}
	one, v := l.rings[r.ID], l.visits[r.Caller]
	switch {
	case one == nil:
	case what == traffic.Lost:
		l.wrong("the exchange did not answer the BYE of %s, who talked to %s, or did not acknowledge its answer", r.Phone, r.Caller)
	case what == traffic.Taken:
		one.taken = at
		once(v.taken)
	default:
		one.end, one.ended = what, at
	}
}

// caller hears what becomes of a caller's call.
func (l *ledger) caller(number string, what traffic.News, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.visits[number]
	switch {
	case what == traffic.Taken:
		once(v.heard)
	case what == traffic.Released:
		v.released = at
	case what == traffic.Lost:
		l.wrong("the exchange did not answer a request of %s", number)
		once(v.heard)
	default:
		v.end, v.ended = what, at
		once(v.heard)
	}
}

// once closes a channel that may be closed.
func once(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// live has a caller call, wait and hang up as it is planned. It returns when that is done.
func (v *visit) live(start time.Time, s size, phones *traffic.Crowd) {
	time.Sleep(time.Until(start.Add(v.at)))
	v.called = time.Now()
	phones.Call(v.number, v.queue)
	<-v.heard
	select {
	case <-time.After(v.patience):
	case <-v.taken:
		talk := v.talk
		if !v.callerEnds {
			talk += s.span(allowance) + 2*time.Second
		}
		time.Sleep(talk)
	}
	phones.Hangup(v.number)
}
