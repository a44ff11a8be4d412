package control

import (
	"slices"
	"time"
)

// A wheel keeps what is due in the second in which it is, so that a tick looks at
// what is due and not at all there is: there are as many slots as seconds that
// anything waits for. It does not know what was put off since; whoever takes
// something out looks whether it is due.
type wheel[K any] struct {
	slots map[int64][]K // by Unix second
	next  int64         // the first second that is still to come
}

// at puts k into the second of t, or the next one to come, and returns that.
func (w *wheel[K]) at(t time.Time, k K) int64 {
	s := max(t.Unix(), w.next)
	if w.slots == nil {
		w.slots = map[int64][]K{}
	}
	w.slots[s] = append(w.slots[s], k)
	return s
}

// turn takes out what is due until now, the oldest first, and gives it to f with
// its second. f may put things into the wheel.
func (w *wheel[K]) turn(now time.Time, f func(second int64, k K)) {
	w.next = max(w.next, now.Unix()+1)
	var due []int64
	for s := range w.slots {
		if s < w.next {
			due = append(due, s)
		}
	}
	slices.Sort(due)
	for _, s := range due {
		list := w.slots[s]
		delete(w.slots, s)
		for _, k := range list {
			f(s, k)
		}
	}
}
