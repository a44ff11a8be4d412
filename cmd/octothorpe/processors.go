package main

import (
	"runtime"
	"syscall"
	"time"
)

const (
	// processorsBusy is the load, in processors, from which on all of them are used:
	// what a second one saves in waiting is then more than what waking it costs.
	processorsBusy = 0.5
	// processorsQuiet is the load below which one is enough. Work on several costs
	// more, so that this is less on one; it is far enough below processorsBusy for the
	// number not to swing.
	processorsQuiet = 0.3
	// processorsCalm is for how many looks it has to be as quiet as that.
	processorsCalm = 20
)

// governor decides whether Go code runs on one processor or on all.
type governor struct {
	all  bool
	calm int // looks in a row that were quiet, while all is set
}

// look takes the load of the last interval, in processors, and says whether the
// number changes.
func (g *governor) look(load float64) (changed bool) {
	switch {
	case !g.all && load >= processorsBusy:
		g.all, g.calm = true, 0
		return true
	case g.all && load < processorsQuiet:
		if g.calm++; g.calm == processorsCalm {
			g.all = false
			return true
		}
	case g.all:
		g.calm = 0
	}
	return false
}

// processorsLook compares what the process has used with what it had when it was
// called last, and calls set when the number of processors should change.
func processorsLook(used func() time.Duration, set func(all bool)) func() {
	var g governor
	when, before := time.Now(), used()
	return func() {
		now, u := time.Now(), used()
		if g.look(float64(u-before) / float64(max(now.Sub(when), 1))) {
			set(g.all)
		}
		when, before = now, u
	}
}

func setProcessors(all bool) {
	if all {
		runtime.SetDefaultGOMAXPROCS()
	} else {
		runtime.GOMAXPROCS(1)
	}
}

// processorTime is what this process has used of the processors until now.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
