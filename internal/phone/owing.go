package phone

import (
	"context"
	"sync"
	"time"
)

// owing are the calls that have ended and whose other side can't be told so yet: its ACK
// is on the way, and no BYE may go before it (RFC 3261 §15).
type owing struct {
	mu   sync.Mutex // a leaf
	list map[*session]bool
	none chan struct{} // closed when the last is settled; nil while nobody waits
}

func (o *owing) add(s *session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.list == nil {
		o.list = map[*session]bool{}
	}
	o.list[s] = true
}

// settle takes a call out, if it is there.
func (o *owing) settle(s *session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.list, s)
	if len(o.list) == 0 && o.none != nil {
		close(o.none)
		o.none = nil
	}
}

// lastACK is how long an ACK is waited for when all ends: our 2xx goes out twice in it.
const lastACK = time.Second

// wait waits until none is left, for a moment. It is called once.
func (o *owing) wait(ctx context.Context) {
	o.mu.Lock()
	if len(o.list) == 0 {
		o.mu.Unlock()
		return
	}
	none := make(chan struct{})
	o.none = none
	o.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, lastACK)
	defer cancel()
	select {
	case <-none:
	case <-ctx.Done(): // the stack will tell of those that are lost
	}
}
