package phone

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A round that begins at once plans the next before who asked for it has come back:
// that next one must not be taken for the one that it follows.
func TestARoundThatBeginsAtOnceKeepsTheNext(t *testing.T) {
	c := newClock()
	ctx, cancel := context.WithCancel(t.Context())
	var worker, rounds, askers sync.WaitGroup
	worker.Go(func() { c.run(ctx) })
	defer worker.Wait()
	defer cancel()
	q := agenda{tasks: map[string]*task{}}
	const sources, many = 16, 3000
	rounds.Add(sources * many)
	for source := range sources {
		askers.Go(func() {
			for i := range many {
				aor := strconv.Itoa(source*many + i)
				q.plan(c, aor, 0, func() {
					q.plan(c, aor, time.Hour, func() {})
					rounds.Done()
				})
			}
		})
	}
	askers.Wait()
	rounds.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := len(c.tasks); got != sources*many {
		t.Errorf("%d of %d have a next round", got, sources*many)
	}
}
