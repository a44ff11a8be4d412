package main

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/octothorpe/octothorpe/bench/traffic"
)

// soak is many calls for a long time, a tenth of them with sound. None may fail, and
// the memory may not grow once it has settled.
var soak = operation{"soak", "soak", (*worker).soak}

const (
	soakHeld   = 10 * time.Second // what a call lasts
	soakTenth  = 10               // one call in so many has sound
	soakSettle = 5 * time.Minute  // until memory is watched; half of a soak that is shorter than twice that
	soakBegin  = time.Minute      // the least of it: until as many calls end as begin, and nothing of the first ones is left
	soakGrowth = 16               // MiB that the memory may vary by
	soakLost   = 2                // % of the packets that may miss their call: it had just ended
)

// The phones of the calls with sound, so that both their ends are known.
var (
	soundCallerAt = netip.MustParseAddrPort("127.0.0.2:5071")
	soundCalleeAt = netip.MustParseAddrPort("127.0.0.5:5072")
	soundCallee   = netip.MustParseAddrPort("127.0.0.5:4000")
	soundCaller   = netip.MustParseAddrPort("127.0.0.2:4002")
)

func (w *worker) soak() error {
	caller, err := traffic.NewCaller("caller", soundCallerAt, serverAt, soundCaller)
	if err != nil {
		return err
	}
	defer caller.Close()
	callee, err := traffic.NewCallee("callee", soundCalleeAt, serverAt, soundCallee)
	if err != nil {
		return err
	}
	defer callee.Close()
	sound, err := traffic.NewSound(soundCaller, soundCallee)
	if err != nil {
		return err
	}
	defer sound.Close()

	loud := w.Rate / soakTenth
	count := func(rate int) int { return int(w.For.Seconds() * float64(rate)) }
	over, quiet := make(chan struct{}), make(chan [2]int, 1)
	go func() {
		sent, arrived := sound.Stream(over, caller.Media, callee.Media)
		quiet <- [2]int{sent, arrived}
	}()
	grown, peak := make(chan int64, 1), make(chan int64, 1)
	settled := min(soakSettle, max(soakBegin, w.For/2))
	go func() {
		time.Sleep(settled)
		seen := make(chan struct{})
		time.AfterFunc(max(w.For-settled, 0), func() { close(seen) })
		g := w.watch(seen)
		n, _ := w.process.resident()
		grown <- g
		peak <- n
	}()
	used, err := w.cost("soak", func() error {
		loudDone := make(chan error, 1)
		go func() {
			loudDone <- caller.Place(traffic.Order{Number: "sound", Count: count(loud), Rate: loud, For: soakHeld}, w.For+patience)
		}()
		err := w.place(traffic.Order{Number: "call", Count: count(w.Rate - loud), Rate: w.Rate - loud, For: soakHeld}, w.For+patience)
		if other := <-loudDone; err == nil {
			err = other
		}
		return err
	})
	close(over)
	packets := <-quiet
	if err != nil {
		return err
	}
	if taken := callee.Taken(); taken != count(loud) {
		return fmt.Errorf("%d of %d calls with sound reached the other phone", taken, count(loud))
	}
	w.results["soak"] = milliseconds(used) / float64(count(w.Rate))
	w.results["soak-calls"] = float64(count(w.Rate-loud) + count(loud))
	w.results["soak-repeats"] = float64(w.caller.Repeats() + w.callee.Repeats() + caller.Repeats() + callee.Repeats())
	w.results["soak-growth"] = float64(<-grown) / (1 << 20)
	w.results["soak-memory"] = float64(<-peak) / (1 << 20)
	w.results["soak-packets"] = float64(packets[0])
	w.results["soak-lost"] = 100 * float64(packets[0]-packets[1]) / float64(max(packets[0], 1))
	if w.For > settled && w.results["soak-growth"] > soakGrowth {
		return fmt.Errorf("the memory grew by %.1f MiB", w.results["soak-growth"])
	}
	return nil
}
