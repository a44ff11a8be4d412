package channel

import "sync"

// owners counts the goroutines that own channels. Unlike those of a
// sync.WaitGroup, they may begin while somebody waits that there are none.
type owners struct {
	mu   sync.Mutex // a leaf
	n    int
	gone []chan struct{} // of who waits
}

func (o *owners) begin() {
	o.mu.Lock()
	o.n++
	o.mu.Unlock()
}

func (o *owners) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n--; o.n > 0 {
		return
	}
	for _, c := range o.gone {
		close(c)
	}
	o.gone = nil
}

// none returns a channel that is closed when there are none.
func (o *owners) none() <-chan struct{} {
	c := make(chan struct{})
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n == 0 {
		close(c)
	} else {
		o.gone = append(o.gone, c)
	}
	return c
}
