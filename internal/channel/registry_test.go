package channel

import (
	"errors"
	"log/slog"
	"runtime"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A channel that is made while Shutdown begins is refused, or Shutdown, which has
// looked at the channels before, would never hang it up.
func TestChannelThatShutdownDoesNotSeeIsRefused(t *testing.T) {
	r := NewRegistry(event.NewBus(), slog.New(slog.DiscardHandler), "")
	r.mu.RLock()
	made := make(chan error)
	go func() {
		_, err := r.New(Config{Name: "Test/1"})
		made <- err
	}()
	for r.mu.TryRLock() { // until New waits to take the channel in
		r.mu.RUnlock()
		runtime.Gosched()
	}
	r.Refuse(true)
	r.mu.RUnlock()
	if err := <-made; !errors.Is(err, ErrFull) {
		t.Errorf("New: %v, want %v", err, ErrFull)
	}
	if n := r.Count(); n != 0 {
		t.Errorf("%d channels", n)
	}
}

func TestOwnersBeginWhileSomebodyWaits(t *testing.T) {
	var o owners
	<-o.none()
	o.begin()
	first := o.none()
	o.begin()
	o.end()
	select {
	case <-first:
		t.Error("told while there is one")
	default:
	}
	o.end()
	<-first
	o.begin() // of whom nobody waits for
	<-first
	o.end()
	<-o.none()
}
