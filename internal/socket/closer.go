package socket

import (
	"io"
	"sync"
	"time"
)

// A Closer closes files some at a time: closing may wait, so the runtime hears of that call. The
// zero value is ready; it may be used concurrently.
type Closer struct {
	mu    sync.Mutex // a leaf
	files []io.Closer
}

// The files that wait to be closed are so many at most, and wait so long.
const (
	closeFiles = 64
	closeTime  = time.Second
)

// Close has a file closed soon.
func (c *Closer) Close(f io.Closer) {
	c.mu.Lock()
	c.files = append(c.files, f)
	n := len(c.files)
	c.mu.Unlock()
	switch n {
	case 1:
		time.AfterFunc(closeTime, c.Flush)
	case closeFiles:
		c.Flush()
	}
}

// Flush closes all.
func (c *Closer) Flush() {
	c.mu.Lock()
	files := c.files
	c.files = nil
	c.mu.Unlock()
	for _, f := range files {
		_ = f.Close()
	}
}
