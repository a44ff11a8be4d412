//go:build unix

package agi

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

// The exchange gives pipes; a program must not wait for ever where its context ends.
func TestACommandOverPipesEndsWithItsContext(t *testing.T) {
	fromExchange, toProgram, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromProgram, toExchange, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, f := range []*os.File{fromExchange, toProgram, fromProgram, toExchange} {
			_ = f.Close()
		}
	}()
	if _, err := toProgram.WriteString("agi_request: test\n\n"); err != nil {
		t.Fatal(err)
	}
	s, err := NewSession(standard{timed(fromExchange, int(fromExchange.Fd())), timed(toExchange, int(toExchange.Fd()))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Do(ctx, "WAIT FOR DIGIT -1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
}
