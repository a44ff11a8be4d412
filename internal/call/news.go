package call

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/media"
)

// news is what a leg, or with a nil attempt the caller, tells the dialer.
type news struct {
	from  *Attempt
	frame media.Frame
}

// dialerNews is how many signals of all legs may wait for the dialer. It reads
// them as they come; what does not fit is dropped, and told in the log. That a leg
// has ended is never among it.
const dialerNews = 256

// newsQueue holds what the dialer has not heard yet. It takes room as it needs it:
// most calls have two or three signals in all, and many calls are dialled at once.
type newsQueue struct {
	mu      sync.Mutex // a leaf
	waiting []news
	lost    uint64
	ready   chan struct{} // has room for one: there may be something to take
}

// put adds news, from any goroutine.
func (q *newsQueue) put(n news) {
	q.mu.Lock()
	if len(q.waiting) < dialerNews {
		q.waiting = append(q.waiting, n)
	} else {
		q.lost++
	}
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take returns the oldest news, if there are any.
func (q *newsQueue) take() (news, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		return news{}, false
	}
	n := q.waiting[0]
	q.waiting[0] = news{}
	q.waiting = q.waiting[1:]
	return n, true
}

// dropped returns for how much news there was no room, and begins to count anew.
func (q *newsQueue) dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := q.lost
	q.lost = 0
	return n
}
