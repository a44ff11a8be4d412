package exchange

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// screenBacklog is how many texts wait for the terminal. One that stands still
// loses those that come then, and is told how many.
const screenBacklog = 1024

// screenTime is how long a terminal may take to show what waits at the end.
const screenTime = 500 * time.Millisecond

// A screen is the terminal that the exchange runs on. Whoever logs hands it a
// text and never waits: a terminal that stands still must not hold up calls. Its
// goroutine is started by newScreen and ended by close.
type screen struct {
	out   io.Writer
	texts chan []byte
	lost  atomic.Int64 // texts that found no room
	once  sync.Once
	stop  chan struct{}
	done  chan struct{}
}

// newScreen returns the screen of a terminal; without one it is nil, which shows
// nothing.
func newScreen(out io.Writer) *screen {
	if out == nil {
		return nil
	}
	s := &screen{out: out, texts: make(chan []byte, screenBacklog), stop: make(chan struct{}), done: make(chan struct{})}
	go s.run()
	return s
}

// show queues a text, which must not be changed afterwards.
func (s *screen) show(text []byte) {
	if s == nil {
		return
	}
	select {
	case s.texts <- text:
	default:
		s.lost.Add(1)
	}
}

func (s *screen) run() {
	defer close(s.done)
	for {
		select {
		case text := <-s.texts:
			s.write(text)
		case <-s.stop:
			for {
				select {
				case text := <-s.texts:
					s.write(text)
				default:
					return
				}
			}
		}
	}
}

func (s *screen) write(text []byte) {
	_, _ = s.out.Write(text) // there is nowhere else to say that it can't be shown
	if len(s.texts) > 0 {
		return
	}
	if n := s.lost.Swap(0); n > 0 {
		fmt.Fprintf(s.out, "%d lines of the log were left out: this terminal is too slow\n", n)
	}
}

// close shows what waits. A terminal that stands still is left to itself.
func (s *screen) close() {
	if s == nil {
		return
	}
	s.once.Do(func() { close(s.stop) })
	timer := time.NewTimer(screenTime)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
	}
}
