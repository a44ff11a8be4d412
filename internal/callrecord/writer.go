package callrecord

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
)

// waiting is how many entries may wait for the disk. Who has one more waits until
// there is room: nothing is dropped, and memory stays bounded.
const waiting = 4096

// An entry is a Record or an Event that is to be written.
type entry struct {
	record *Record
	event  *Event
	held   bool          // the record was kept before, and is to be forgotten when it is written
	keep   *Record       // only to be kept: it waits for its batch
	synced chan struct{} // not nil: closed when all before it is written
}

// A backend writes entries, each of which it may pass over.
type backend interface {
	name() string
	write(batch []entry) error
}

// A Writer writes what is complete, on one goroutine that it owns. It never waits
// for the bus.
type Writer struct {
	log      *slog.Logger
	queue    chan entry
	begin    sync.Once
	ended    chan struct{}
	backends atomic.Pointer[[]backend]
	held     atomic.Pointer[held] // nil: records that wait for their batch are in memory alone

	mu     sync.RWMutex // held for reading while an entry is put, so that none comes behind the last
	over   bool
	ailing map[string]uint64 // entries lost since a backend failed; the goroutine's own

	written, failures atomic.Uint64
}

// NewWriter returns a writer without backends, whose goroutine begins with the first.
func NewWriter(logger *slog.Logger) *Writer {
	w := &Writer{log: logger, queue: make(chan entry, waiting), ended: make(chan struct{}), ailing: map[string]uint64{}}
	w.backends.Store(&[]backend{})
	return w
}

// set puts backends in force for what is written from now on.
func (w *Writer) set(list []backend) {
	w.backends.Store(&list)
	w.begin.Do(func() { go w.run() })
}

// put hands an entry over. It waits while too many wait for the disk.
func (w *Writer) put(e entry) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.over {
		w.queue <- e
	} else if e.synced != nil {
		close(e.synced)
	}
}

// most is how many entries are written in one go.
const most = 256

func (w *Writer) run() {
	defer close(w.ended)
	for e := range w.queue {
		batch := []entry{e}
		for len(batch) < most {
			select {
			case next, ok := <-w.queue:
				if ok {
					batch = append(batch, next)
					continue
				}
			default:
			}
			break
		}
		w.hold(batch)
		w.write(batch)
		w.release(batch)
		w.settle(batch)
	}
}

// hold keeps what waits for its batch.
func (w *Writer) hold(batch []entry) {
	h := w.held.Load()
	for _, e := range batch {
		if e.keep == nil || h == nil {
			continue
		}
		if err := h.keep(e.keep); err != nil {
			w.log.Error("a call record that waits for its batch is in memory alone", "error", err)
		}
	}
}

// release forgets what is written.
func (w *Writer) release(batch []entry) {
	n := 0
	for _, e := range batch {
		if e.held {
			n++
		}
	}
	if h := w.held.Load(); h != nil && n > 0 {
		if err := h.release(n); err != nil {
			w.log.Error("call records that were written will be written again at the next start", "error", err)
		}
	}
}

// write has all backends write. One that fails is told once, and again when it
// has come round.
func (w *Writer) write(batch []entry) {
	for _, b := range *w.backends.Load() {
		name := b.name()
		if err := b.write(batch); err != nil {
			if w.ailing[name] == 0 {
				w.log.Error("call records can't be written", "backend", name, "error", err)
			}
			w.ailing[name] += uint64(len(batch))
			w.failures.Add(uint64(len(batch)))
			continue
		}
		if lost := w.ailing[name]; lost > 0 {
			w.log.Warn("call records are written again", "backend", name, "lost", lost)
			w.ailing[name] = 0
		}
	}
}

// settle counts what is done with, and tells who waits for it.
func (w *Writer) settle(batch []entry) {
	for _, e := range batch {
		switch {
		case e.synced != nil:
			close(e.synced)
		case e.keep == nil:
			w.written.Add(1)
		}
	}
}

// Sync returns when all that was handed over before is written, or ctx ends.
func (w *Writer) Sync(ctx context.Context) error {
	done := make(chan struct{})
	go w.put(entry{synced: done})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close writes what waits and ends, or gives up when ctx ends.
func (w *Writer) Close(ctx context.Context) error {
	w.begin.Do(func() { go w.run() }) // what was never begun ends at once
	ended := make(chan struct{})
	go func() {
		w.mu.Lock()
		if !w.over {
			w.over = true
			close(w.queue)
		}
		w.mu.Unlock()
		<-w.ended
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Waiting is how many entries wait for the disk, Written how many have been
// written, Failures how often one could not be written by a backend.
func (w *Writer) Waiting() int     { return len(w.queue) }
func (w *Writer) Written() uint64  { return w.written.Load() }
func (w *Writer) Failures() uint64 { return w.failures.Load() }
