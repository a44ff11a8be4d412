package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	longWait   = 2 * time.Second  // a failure after that is one of a database that stands still
	standstill = 10 * time.Second // for which it is not asked then
)

// errStandsStill says why a question was not asked.
var errStandsStill = errors.New("it did not answer a moment ago")

// standstills are the tables whose database took long to give no answer. For a while
// nobody waits for them again; then one asks, and the others still do not wait. Without
// that each phone that registers would wait for each of its objects.
type standstills struct {
	mu    sync.Mutex
	until map[string]time.Time // by driver and table
}

// read asks for something, unless the table stands still.
func (s *standstills) read(ctx context.Context, key string, ask func(context.Context) error) error {
	began := time.Now()
	s.mu.Lock()
	until, known := s.until[key]
	if known && began.Before(until) {
		s.mu.Unlock()
		return fmt.Errorf("a database is not asked: %w", errStandsStill)
	}
	if known {
		s.until[key] = began.Add(patience)
	}
	s.mu.Unlock()
	err := ask(ctx)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && !errors.Is(err, context.Canceled) && now.Sub(began) >= longWait {
		s.until[key] = now.Add(standstill)
	} else {
		delete(s.until, key)
	}
	return err
}

// forget has all be asked again.
func (s *standstills) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until = map[string]time.Time{}
}
