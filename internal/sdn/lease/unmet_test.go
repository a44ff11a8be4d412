package lease

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// Who meets nobody says so while it waits.
func TestWhoMeetsNobodySaysSo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	said, log := io.Pipe()
	done := make(chan error, 1)
	go func() {
		m, err := Meet(ctx, Place{ID: "a", URL: "nats://127.0.0.1:1", Log: slog.New(slog.NewTextHandler(log, nil))})
		if err == nil {
			m.Close()
		}
		log.Close()
		done <- err
	}()
	line := make([]byte, 1000)
	n, _ := said.Read(line)
	if text := string(line[:n]); !strings.Contains(text, "drives nothing until it meets the others") || !strings.Contains(text, "at=nats://127.0.0.1:1") {
		t.Errorf("it says %q", text)
	}
	cancel()
	go io.Copy(io.Discard, said)
	if err := <-done; err == nil || !strings.Contains(err.Error(), "no quorum") {
		t.Errorf("got %v", err)
	}
}
