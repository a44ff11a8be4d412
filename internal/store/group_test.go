package store

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// A change after a while of quiet is written soon, those that follow once a second;
// who waits for the disk waits for nothing else.
func TestChangesAreWrittenInGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(slog.New(slog.DiscardHandler))
		d.opened.Store(true)
		close(d.ready)
		go func() {
			defer close(d.done)
			d.write(nil) // takes what is pending, and has no file to put it in
		}()
		time.Sleep(time.Minute)
		written := func(what string, after time.Duration) {
			t.Helper()
			_ = d.Put("a", "x", what)
			begun := time.Now()
			for {
				synctest.Wait()
				d.mu.Lock()
				n := len(d.pending)
				d.mu.Unlock()
				if n == 0 {
					break
				}
				time.Sleep(time.Millisecond)
			}
			if took := time.Since(begun); took < after-time.Millisecond || took > after+time.Millisecond {
				t.Errorf("%s was written after %s, want %s", what, took, after)
			}
		}
		written("the first", commitDelay)
		written("the next", commitEvery)
		_ = d.Put("a", "x", "a third")
		begun := time.Now()
		if err := d.Sync(t.Context()); !errors.Is(err, ErrInMemory) {
			t.Errorf("Sync without a file: %v", err)
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("Sync waited for %s", took)
		}
		if err := d.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
