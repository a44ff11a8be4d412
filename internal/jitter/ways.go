package jitter

import (
	"slices"
	"time"
)

// window is how many packets are looked back on: 6 s at 20 ms each. In so long a
// clock that is wrong by 100 parts in a million goes wrong by less than a millisecond.
const window = 300

// outliers is how many of a hundred packets may come late.
const outliers = 2

// ways are the times that the last packets took from the sender's clock to ours, of
// which only the differences mean anything.
type ways struct {
	ring   []time.Duration // as they came; the oldest at place once it is full
	sorted []time.Duration
	place  int
}

func (w *ways) reset() { w.ring, w.sorted, w.place = w.ring[:0], w.sorted[:0], 0 }

func (w *ways) add(d time.Duration) {
	if len(w.ring) < window {
		w.ring = append(w.ring, d)
	} else {
		i, _ := slices.BinarySearch(w.sorted, w.ring[w.place])
		w.sorted = slices.Delete(w.sorted, i, i+1)
		w.ring[w.place] = d
		w.place = (w.place + 1) % window
	}
	i, _ := slices.BinarySearch(w.sorted, d)
	w.sorted = slices.Insert(w.sorted, i, d)
}

// shortest is the shortest of them, 0 if there is none.
func (w *ways) shortest() time.Duration {
	if len(w.sorted) == 0 {
		return 0
	}
	return w.sorted[0]
}

// spread is how much longer than the shortest the longest took, the outliers left out.
func (w *ways) spread() time.Duration {
	n := len(w.sorted)
	if n == 0 {
		return 0
	}
	return w.sorted[n-1-n*outliers/100] - w.sorted[0]
}
