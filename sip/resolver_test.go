package sip

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// Who waits for the answer of another is told when the other's look-up panics, and
// the next one asks anew.
func TestALookUpThatPanicsLeavesNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResolver(ResolverConfig{}).(*systemResolver)
		release := make(chan struct{})
		go func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_, _ = r.ask(t.Context(), "A x", func(*answer) { <-release; panic("broken") })
		}()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var err error
		told := false
		go func() {
			_, err = r.ask(ctx, "A x", func(*answer) { t.Error("asked twice") })
			told = true
		}()
		synctest.Wait()
		close(release)
		synctest.Wait()
		if !told || !errors.Is(err, errGivenUp) {
			t.Errorf("told %v: %v", told, err)
		}
		cancel()
		synctest.Wait()
		if _, err := r.ask(t.Context(), "A x", func(*answer) {}); err != nil {
			t.Errorf("asked again: %v", err)
		}
	})
}
