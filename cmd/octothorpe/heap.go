package main

import (
	"runtime/debug"
	"runtime/metrics"
)

const (
	// heapFloor is how large the heap may always grow before the collector runs. The
	// runtime's own measure, twice what is live, has a small exchange collect once a
	// second under calls that make no more than ten megabytes of garbage.
	heapFloor = 28 << 20
	// gcUsual is the runtime's own measure, in percent of what is live.
	gcUsual = 100
	// gcMost bounds the percentage of an exchange that is nearly empty.
	gcMost = 400
)

// gcPercent is how much the heap may grow above what is live, in percent: up to the
// floor, and where more is live as the runtime does. It is in steps of 50, so that it seldom changes.
func gcPercent(live uint64) int {
	if live == 0 {
		return gcUsual // nothing was collected yet
	}
	return int(min(max(100*heapFloor/live, 100+gcUsual), 100+gcMost)-100) / 50 * 50
}

// heapLook sets the collector's percentage by what lived through its last run,
// whenever it is called.
func heapLook(live func() uint64, set func(percent int)) func() {
	now := gcUsual
	return func() {
		if want := gcPercent(live()); want != now {
			now = want
			set(want)
		}
	}
}

// liveHeap is what lived through the collector's last run, in bytes.
func liveHeap() uint64 {
	sample := [...]metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample[:])
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

func setGCPercent(percent int) { debug.SetGCPercent(percent) }
