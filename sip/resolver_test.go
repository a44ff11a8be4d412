package sip

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
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

// What is remembered can be counted and forgotten, name by name.
func TestForgettingAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResolver(ResolverConfig{}).(*systemResolver)
		asked := 0
		ask := func(question string) { _, _ = r.ask(t.Context(), question, func(*answer) { asked++ }) }
		ask("A one.example")
		ask("SRV two.example")
		ask("A one.example")
		if asked != 2 || r.Remembered() != 2 {
			t.Errorf("asked %d times, %d remembered, want 2 of each", asked, r.Remembered())
		}
		if n := r.Forget(func(name string) bool { return name == "one.example" }); n != 1 || r.Remembered() != 1 {
			t.Errorf("%d forgotten, %d remembered, want 1 of each", n, r.Remembered())
		}
		ask("A one.example")
		ask("SRV two.example")
		if asked != 3 {
			t.Errorf("asked %d times afterwards, want 3", asked)
		}
		time.Sleep(2 * time.Minute)
		if r.Remembered() != 0 {
			t.Errorf("%d remembered that are too old", r.Remembered())
		}
	})
}
