package logging

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// backlog is how many lines can wait for the writer at most, usual how many do where
// logger.conf does not say.
const backlog, usualBacklog = 8192, 1000

// batch is how many bytes of a file are written at once at most.
const batch = 64 << 10

// writer owns files and syslog. Its goroutine is started by start and ended by
// close. The queue's policy is to drop what does not fit, and to count it.
type writer struct {
	logger  *Logger
	lines   chan line
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once
	limit   atomic.Int32
	dropped atomic.Uint64

	dirty []*Channel // with something to write; of the goroutine
	told  uint64     // of dropped

	lastResort atomic.Pointer[io.Writer]
	complained time.Time // there; of the goroutine
}

// complaints is how long the last resort is left alone after a line.
const complaints = time.Minute

// complain says where no log is that none is written: a full disk has no better place.
func (w *writer) complain(err error) {
	out, now := w.lastResort.Load(), time.Now()
	if out == nil || !w.complained.IsZero() && now.Sub(w.complained) < complaints {
		return
	}
	w.complained = now
	_, _ = fmt.Fprintf(*out, "lines of the log are lost: %v\n", err)
}

// line is a line for a channel, or something to be done in its turn.
type line struct {
	to   *Channel
	text []byte
	bit  Levels
	do   func()
}

func (w *writer) start(l *Logger) {
	w.logger = l
	w.lines, w.stop, w.done = make(chan line, backlog), make(chan struct{}), make(chan struct{})
	w.limit.Store(usualBacklog)
	go w.loop()
}

// put queues a line, or drops it.
func (w *writer) put(to *Channel, text []byte, bit Levels) {
	if len(w.lines) >= int(w.limit.Load()) {
		w.dropped.Add(1)
		return
	}
	select {
	case <-w.stop:
		w.dropped.Add(1)
		return
	default:
	}
	select {
	case w.lines <- line{to: to, text: text, bit: bit}:
	default:
		w.dropped.Add(1)
	}
}

// run has f done by the goroutine behind all lines so far, and waits for it.
// After close it does nothing.
func (w *writer) run(f func()) {
	finished := make(chan struct{})
	select {
	case w.lines <- line{do: func() { f(); close(finished) }}:
	case <-w.done:
		return
	}
	select {
	case <-finished:
	case <-w.done:
	}
}

// close writes what waits and ends the goroutine.
func (w *writer) close() {
	w.once.Do(func() { close(w.stop) })
	<-w.done
}

func (w *writer) loop() {
	defer close(w.done)
	for {
		select {
		case n := <-w.lines:
			w.take(n)
			w.drain()
		case <-w.stop:
			w.drain()
			for _, c := range *w.logger.channels.Load() {
				c.end()
			}
			return
		}
	}
}

// drain takes all that waits and writes it.
func (w *writer) drain() {
	for {
		select {
		case n := <-w.lines:
			w.take(n)
		default:
			w.flush()
			return
		}
	}
}

func (w *writer) take(n line) {
	switch {
	case n.do != nil:
		w.flush()
		n.do()
	case n.to.syslog != nil:
		if n.to.syslog.write(n.bit, string(n.text)) != nil {
			w.dropped.Add(1)
		}
	case n.to.file != nil:
		if len(n.to.waiting) == 0 {
			w.dirty = append(w.dirty, n.to)
		}
		n.to.waiting = append(n.to.waiting, n.text...)
		if n.to.held++; len(n.to.waiting) >= batch {
			w.flush()
		}
	default: // the channel ended while the line was made
		w.dropped.Add(1)
	}
}

// flush writes what has been gathered, and says so if lines were lost.
func (w *writer) flush() {
	for _, c := range w.dirty {
		if c.file != nil {
			if _, err := c.file.Write(c.waiting); err != nil {
				w.dropped.Add(uint64(c.held))
				w.complain(err)
			}
		}
		c.waiting, c.held = c.waiting[:0], 0
	}
	w.dirty = w.dirty[:0]
	now := w.dropped.Load()
	if now == w.told || len(w.lines) > int(w.limit.Load())/2 {
		return
	}
	text := fmt.Sprintf("%d log lines were dropped: the disk is too slow, or full", now-w.told)
	w.told = now
	e := entry{time: time.Now(), bit: warningBit, name: "WARNING", message: text, at: place{file: "logging"}, verbosity: -1}
	for _, c := range *w.logger.channels.Load() {
		if c.file != nil && c.Levels&warningBit != 0 {
			_, _ = c.file.Write(e.render(c.form, *w.logger.date.Load(), *w.logger.host.Load()))
		}
	}
}

// openFile opens a log for appending.
func openFile(path string) (io.WriteCloser, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
}
