package cli

import (
	"io"
	"sync"
)

// relayMost is how much of a command's output may wait for a console that does not read.
const relayMost = 64 << 20

// A relay hands on what a command prints. The command does not wait for the console, which
// may be stopped while locks are held, until relayMost bytes are waiting.
type relay struct {
	to io.Writer

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte
	writing bool // there is a goroutine that hands on
	err     error
}

// relayed has do print to a console that may not read: do does not wait for it, but relayed does.
func relayed(to io.Writer, do func(out io.Writer) error) error {
	out := newRelay(to)
	defer out.finish()
	return do(out)
}

func newRelay(to io.Writer) *relay {
	r := &relay{to: to}
	r.changed = sync.NewCond(&r.mu)
	return r
}

// Write implements io.Writer. The error is of what was written earlier.
func (r *relay) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.waiting) >= relayMost && r.err == nil {
		r.changed.Wait()
	}
	if r.err != nil {
		return 0, r.err
	}
	r.waiting = append(r.waiting, b...)
	if !r.writing {
		r.writing = true
		go r.handOn() // ends when nothing waits
	}
	return len(b), nil
}

func (r *relay) handOn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.waiting) > 0 && r.err == nil {
		b := r.waiting
		r.waiting = nil
		r.mu.Unlock()
		_, err := r.to.Write(b)
		r.mu.Lock()
		r.err = err
		r.changed.Broadcast()
	}
	r.writing = false
	r.changed.Broadcast()
}

// finish waits until everything is handed on.
func (r *relay) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.writing {
		r.changed.Wait()
	}
}
