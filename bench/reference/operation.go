package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
)

// operation is something to measure.
type operation struct {
	name, title string
	run         func(w *worker) error
}

// costs are measured on one server, one after the other.
var costs = []operation{
	{"start", "start, then at rest", (*worker).atRest},
	{"call", "B2BUA calls", func(w *worker) error { return w.calls("call") }},
	{"answer", "answered calls", func(w *worker) error { return w.calls("answer") }},
	{"register", "registrations", (*worker).registrations},
	{"packet", "forwarded packets", (*worker).packets},
	{"plan", "dialplan", (*worker).plan},
	{"agi", "AGI", (*worker).gateway},
	{"conference", "conferences", (*worker).conferences},
}

var (
	heldCalls = operation{"held", "held calls", (*worker).held}
	heldAGI   = operation{"agi-held", "calls held by programs", (*worker).heldByPrograms}
	load      = operation{"load", "load", (*worker).underLoad}
)

// names are what -only takes.
func names() []string {
	var all []string
	for _, o := range append(slices.Concat(costs, amiCosts, ariCosts), heldCalls, heldAGI) {
		all = append(all, o.name)
	}
	return append(all, "queue", "queue-wait")
}

const (
	patience = 40 * time.Second
	warmUp   = 200 // calls that are not counted
	callRate = 100 // a second: what both servers carry easily
)

func (w *worker) atRest() error {
	time.Sleep(3 * time.Second)
	resident, err := w.process.resident()
	w.results["idle"] = float64(resident) / (1 << 20)
	return err
}

// place places calls and looks that each reached the other phone, if it should, and that nothing is left of them.
func (w *worker) place(o traffic.Order, patience time.Duration) error {
	w.callee.Taken()
	if err := w.caller.Place(o, patience); err != nil {
		return err
	}
	if o.Hold {
		return nil
	}
	if taken := w.callee.Taken(); o.Number == "call" && taken != o.Count {
		return fmt.Errorf("%d of %d calls reached the other phone", taken, o.Count)
	}
	return w.callee.Quiet(patience)
}

// calls are to an extension of the same name.
func (w *worker) calls(number string) error {
	if err := w.place(traffic.Order{Number: number, Count: warmUp, Rate: w.CallRate}, patience); err != nil {
		return err
	}
	used, err := w.cost(number, func() error {
		return w.place(traffic.Order{Number: number, Count: w.Calls, Rate: w.CallRate}, patience)
	})
	w.results[number] = milliseconds(used) / float64(w.Calls)
	return err
}

func (w *worker) registrations() error {
	r, err := traffic.NewRegistrar("bench", phonesAt, serverAt)
	if err != nil {
		return err
	}
	defer r.Close()
	// The first rate is that of 30,000 phones that register every minute, the second
	// that of all of them at once, after a power cut.
	for _, turn := range []struct {
		name string
		rate int
	}{{"register", 500}, {"register-all", 1500}} {
		name, rate, count := turn.name, turn.rate, 8*turn.rate
		if err := r.Register(users(phones), rate, patience); err != nil {
			return err
		}
		used, err := w.cost(name, func() error { return r.Register(users(count), rate, patience) })
		if err != nil {
			return err
		}
		w.results[name] = microseconds(used) / float64(count)
	}
	return nil
}

// packets are those of calls that stand, forwarded in turns by the server and by a bare relay.
func (w *worker) packets() error {
	const calls, turns, turn = 50, 3, 5 * time.Second
	sound, err := traffic.NewSound(callerEar, calleeEar)
	if err != nil {
		return err
	}
	defer sound.Close()
	bare, err := startBare(calls, callerEar, calleeEar)
	if err != nil {
		return err
	}
	defer bare.end()
	if err := w.place(traffic.Order{Number: "call", Count: calls, Rate: callRate, Hold: true}, patience); err != nil {
		return err
	}
	callers, called := w.caller.Media(), w.callee.Media()
	sound.Pass(callers, called, time.Second) // now each side has learnt the other
	var passed, passedBare int
	var used, usedBare time.Duration
	for range turns {
		n := 0
		cost, err := w.cost("packet", func() error {
			var arrived int
			if n, arrived = sound.Pass(callers, called, turn); arrived < n*99/100 {
				return fmt.Errorf("%d of %d packets arrived", arrived, n)
			}
			return nil
		})
		if err != nil {
			return err
		}
		used, passed = used+cost, passed+n
		before, err := bare.cpu()
		if err != nil {
			return err
		}
		n, _ = sound.Pass(bare.callers, bare.called, turn)
		after, err := bare.cpu()
		if err != nil {
			return err
		}
		usedBare, passedBare = usedBare+after-before, passedBare+n
	}
	w.results["packet"] = microseconds(used) / float64(passed)
	w.results["bare"] = microseconds(usedBare) / float64(passedBare)
	w.results["times"] = w.results["packet"] / w.results["bare"]
	return w.caller.Release(callRate, patience)
}

const priorities = 7 // of a turn of the loop

// plan goes round the loop, with nobody listening and with one manager client.
func (w *worker) plan() error {
	// the first time round the heap grows to where the collector begins
	if err := w.place(traffic.Order{Number: "loop", Count: 1, TheyEnd: true}, 10*time.Minute); err != nil {
		return err
	}
	if err := w.loop("plan"); err != nil {
		return err
	}
	stop, err := listen()
	if err != nil {
		return err
	}
	err = w.loop("listened")
	if stop() == 0 && err == nil {
		return fmt.Errorf("the manager client heard nothing")
	}
	return err
}

// loop is one call that goes round the loop and is hung up by the server.
func (w *worker) loop(name string) error {
	done := make(chan struct{})
	grown := make(chan int64, 1)
	go func() { grown <- w.watch(done) }()
	used, err := w.cost(name, func() error {
		defer close(done)
		return w.place(traffic.Order{Number: "loop", Count: 1, TheyEnd: true}, 10*time.Minute)
	})
	w.results[name] = microseconds(used) / float64(w.Turns*priorities)
	w.results[name+"-growth"] = float64(<-grown) / (1 << 20)
	return err
}

// watch is by how much the memory at the most, in the second half of what is done, was above that of the first.
func (w *worker) watch(done <-chan struct{}) int64 {
	const every = 50 * time.Millisecond
	var seen []int64
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(every):
		}
		if n, err := w.process.resident(); err == nil {
			seen = append(seen, n)
		}
	}
	var peak [2]int64
	for i, n := range seen {
		peak[2*i/len(seen)] = max(peak[2*i/len(seen)], n)
	}
	return peak[1] - peak[0]
}

// held is the memory that calls take while they stand.
func (w *worker) held() error {
	time.Sleep(3 * time.Second) // what only the start needed is given back by then
	if err := w.place(traffic.Order{Number: "call", Count: 20, Rate: callRate}, patience); err != nil {
		return err
	}
	before, err := w.process.resident()
	if err != nil {
		return err
	}
	stop, err := w.server.profile("held")
	if err != nil {
		return err
	}
	if err := w.place(traffic.Order{Number: "call", Count: w.Held, Rate: callRate, Hold: true}, patience); err != nil {
		return err
	}
	after, err := w.process.resident()
	if err != nil {
		return err
	}
	w.results["held"] = float64(after-before) / float64(w.Held) / (1 << 10)
	if err := stop(); err != nil {
		return err
	}
	return w.caller.Release(callRate, patience)
}

// underLoad places many calls a second for a while.
func (w *worker) underLoad() error {
	count := int(w.For.Seconds() * float64(w.Rate))
	repeats := w.caller.Repeats() + w.callee.Repeats()
	used, err := w.cost("load", func() error {
		return w.place(traffic.Order{Number: "call", Count: count, Rate: w.Rate}, w.For+patience)
	})
	if err != nil {
		return err
	}
	resident, err := w.process.resident()
	w.results["load"] = milliseconds(used) / float64(count)
	w.results["load-repeats"] = float64(w.caller.Repeats() + w.callee.Repeats() - repeats)
	w.results["load-memory"] = float64(resident) / (1 << 20)
	return err
}
