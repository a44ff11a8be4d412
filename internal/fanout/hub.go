package fanout

import (
	"runtime"
	"sync"
	"time"
)

// Options of a hub. The zero value is the usual ones.
type Options struct {
	Tick  time.Duration // how long a message may wait for others; 5 ms if 0
	Batch int           // bytes of a stream that wait for nothing; 64 KiB if 0
	// Pause is how long after a round to more than a crowd of sinks, 64, the next one
	// comes, if that is longer than Tick: then what comes soon after another message is
	// written with more of its like, and the first of them no later than ever.
	Pause time.Duration
}

// A Hub writes what its streams and sinks have. One goroutine is its own, until it is
// closed.
type Hub struct {
	tick  time.Duration
	batch int
	pause time.Duration
	wake  chan struct{}
	stop  chan struct{}
	done  chan struct{}

	mu     sync.Mutex // taken before a sink's mu, never after
	dirty  []*Stream
	due    time.Time // when the first of them is to be written, or of the patient
	next   time.Time // not before, after a crowd
	full   bool      // one of them has a batch
	urgent []*Sink

	patient []*Sink // have something of their own that may wait for more
}

// New returns a hub that runs.
func New(o Options) *Hub {
	h := &Hub{tick: o.Tick, batch: o.Batch, pause: o.Pause, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	if h.tick <= 0 {
		h.tick = 5 * time.Millisecond
	}
	if h.batch <= 0 {
		h.batch = 64 << 10
	}
	go h.run()
	return h
}

// Close stops the hub. Sinks are to be closed before.
func (h *Hub) Close() {
	close(h.stop)
	<-h.done
}

// soon has a stream written in the next round; mu is held.
func (h *Hub) soon(s *Stream) {
	if !s.dirty {
		s.dirty = true
		h.wait()
		h.dirty = append(h.dirty, s)
	}
	if !h.full && s.end.Load()-s.flushed >= uint64(h.batch) {
		h.full = true
		h.rouse()
	}
}

// wait begins a tick, unless one has begun; mu is held.
func (h *Hub) wait() {
	if len(h.dirty) == 0 && len(h.patient) == 0 {
		h.due = time.Now().Add(h.tick)
		if h.next.After(h.due) {
			h.due = h.next
		}
		h.rouse()
	}
}

// later has a sink written in the next round.
func (h *Hub) later(k *Sink) {
	h.mu.Lock()
	h.wait()
	h.patient = append(h.patient, k)
	h.mu.Unlock()
}

// now has a sink written at once.
func (h *Hub) now(k *Sink) {
	h.mu.Lock()
	h.urgent = append(h.urgent, k)
	h.mu.Unlock()
	h.rouse()
}

func (h *Hub) rouse() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run writes in rounds until the hub is closed.
func (h *Hub) run() {
	defer close(h.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var sinks []*Sink
	for {
		select {
		case <-h.wake:
		case <-timer.C:
		case <-h.stop:
			return
		}
		var wait time.Duration
		sinks, wait = h.collect(sinks[:0])
		timer.Reset(wait)
		flush(sinks)
		clear(sinks)
	}
}

// collect takes what is to be written now, and says when to look again.
func (h *Hub) collect(sinks []*Sink) ([]*Sink, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range h.urgent {
		k.queued.Store(queuedNot)
	}
	sinks = append(sinks, h.urgent...)
	clear(h.urgent)
	h.urgent = h.urgent[:0]
	if len(h.dirty) == 0 && len(h.patient) == 0 {
		return sinks, time.Hour
	}
	if wait := time.Until(h.due); wait > 0 && !h.full {
		return sinks, wait
	}
	urgent := len(sinks)
	for i, s := range h.dirty {
		s.dirty, s.flushed = false, s.end.Load()
		sinks = append(sinks, s.members...)
		h.dirty[i] = nil
	}
	h.dirty, h.full = h.dirty[:0], false
	for _, k := range h.patient {
		k.queued.CompareAndSwap(queuedTick, queuedNot)
	}
	sinks = append(sinks, h.patient...)
	clear(h.patient)
	h.patient = h.patient[:0]
	if len(sinks)-urgent > crowd {
		h.next = time.Now().Add(h.pause)
	}
	return sinks, time.Hour
}

// crowd is how many sinks a round must have for a pause to follow it.
const crowd = 64

// fewSinks is for how many one goroutine does.
const fewSinks = 128

// flush writes to all sinks, on all processors.
func flush(sinks []*Sink) {
	parts := min(runtime.GOMAXPROCS(0), len(sinks)/fewSinks)
	if parts < 2 {
		for _, k := range sinks {
			k.flush()
		}
		return
	}
	var running sync.WaitGroup
	size := (len(sinks) + parts - 1) / parts
	for at := 0; at < len(sinks); at += size {
		part := sinks[at:min(at+size, len(sinks))]
		running.Go(func() {
			for _, k := range part {
				k.flush()
			}
		})
	}
	running.Wait()
}
