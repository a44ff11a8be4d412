package gateway

import (
	"io"
	"sync"
	"time"
)

// A closer closes files some at a time. Closing is a system call that the runtime hears
// of: it may wait. That wakes the runtime's watcher thread, see [socket], which costs
// more than the call. The zero value is ready; it may be used concurrently.
type closer struct {
	mu    sync.Mutex // a leaf
	files []io.Closer
}

// The files that wait to be closed are so many at most, and wait so long.
const (
	closeFiles = 64
	closeTime  = time.Second
)

func (c *closer) close(f io.Closer) {
	c.mu.Lock()
	c.files = append(c.files, f)
	n := len(c.files)
	c.mu.Unlock()
	switch n {
	case 1:
		time.AfterFunc(closeTime, c.flush)
	case closeFiles:
		c.flush()
	}
}

// flush closes all.
func (c *closer) flush() {
	c.mu.Lock()
	files := c.files
	c.files = nil
	c.mu.Unlock()
	for _, f := range files {
		_ = f.Close()
	}
}
