package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// hour is the time that is compressed.
const hour = time.Hour

// What people do, in the time of the centre.
const (
	shortTalk, meanTalk, longTalk = 20 * time.Second, 7 * time.Minute, 20 * time.Minute
	patience, impatience          = 15 * time.Minute, 2 * time.Minute
	queueTimeout                  = 5 * time.Minute
	slowestAnswer                 = 8 * time.Second
	// allowance is for how long a caller waits beyond what was planned until it hangs up.
	allowance = time.Minute
)

// plan is what is to happen, as far as the phones decide it. It is the same for the same
// size and seed.
type plan struct {
	size
	visits []*visit
}

// size is how much is to happen.
type size struct {
	Agents, Calls int
	Over          time.Duration // what an hour takes
	Seed          uint64
}

// span is a time of the centre as the clock has it.
func (s size) span(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(s.Over) / float64(hour))
}

// whole is span in whole seconds, at least one: the unit of queues.conf.
func (s size) whole(d time.Duration) int {
	return max(1, int((s.span(d)+time.Second/2)/time.Second))
}

func agentName(i int) string { return fmt.Sprintf("agent%04d", i) }

// A room is a queue.
type room struct {
	name, strategy string
	agents         []int
	weight         int // how many calls it gets, in relation to others
}

// rooms are the queues: one of each strategy with as many agents but not as many calls,
// so that some have agents to spare and others callers who wait. Every tenth agent is in
// two. The one that rings all at once is small.
func (s size) rooms() []room {
	var list []room
	for i, strategy := range []string{"rrmemory", "leastrecent", "fewestcalls", "random", "linear", "wrandom", "rrordered"} {
		list = append(list, room{name: strategy, strategy: strategy, weight: i + 2})
	}
	n := len(list)
	for a := range s.Agents {
		list[a%n].agents = append(list[a%n].agents, a)
		if a%10 == 0 {
			list[(a+1)%n].agents = append(list[(a+1)%n].agents, a)
		}
	}
	small := room{name: "ringall", strategy: "ringall", weight: 1}
	for a := range min(8, s.Agents) {
		small.agents = append(small.agents, a)
	}
	return append(list, small)
}

// visit is one call to the centre: what its caller means to do, and what came of it.
type visit struct {
	number, queue string
	at            time.Duration // when it calls
	patience      time.Duration // for how long it waits
	talk          time.Duration
	callerEnds    bool

	history
}

func newPlan(s size) *plan {
	p := &plan{size: s}
	chance := rand.New(rand.NewPCG(s.Seed, 1))
	rooms := s.rooms()
	sum := 0
	for _, r := range rooms {
		sum += r.weight
	}
	var times []time.Duration
	for range s.Calls {
		times = append(times, s.span(time.Duration(chance.Int64N(int64(hour)))))
	}
	slices.Sort(times)
	for i, at := range times {
		v := &visit{number: fmt.Sprintf("7%05d", i), at: at, patience: s.span(patience), callerEnds: chance.IntN(2) == 0}
		pick := chance.IntN(sum)
		for _, r := range rooms {
			if pick -= r.weight; pick < 0 {
				v.queue = r.name
				break
			}
		}
		if chance.IntN(5) == 0 {
			v.patience = s.span(time.Duration(chance.Int64N(int64(impatience))))
		}
		v.talk = s.span(min(longTalk, shortTalk+time.Duration(chance.ExpFloat64()*float64(meanTalk-shortTalk))))
		v.heard, v.taken = make(chan struct{}), make(chan struct{})
		p.visits = append(p.visits, v)
	}
	return p
}

// conduct is what an agent's phone does with its n-th call, n from 0 on.
func (p *plan) conduct(agent string, n int) (answers bool, status string, after time.Duration) {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", agent, n)
	chance := rand.New(rand.NewPCG(p.Seed, h.Sum64()))
	after = p.span(time.Duration(chance.Int64N(int64(slowestAnswer))))
	switch n := chance.IntN(100); {
	case n < 4:
		return false, "", 0
	case n < 6:
		return false, "486 Busy Here", after
	}
	return true, "200 OK", after
}
