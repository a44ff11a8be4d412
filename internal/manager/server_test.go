package manager

import (
	"bytes"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// listener adds a session that reads events of the classes and never sends.
func listener(t *testing.T, s *Server, classes command.Class) *session {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	c := newSession(s, near)
	c.limit = 64 << 20
	c.mask.Store(^uint32(0))
	c.account.Store(&Account{Name: "listener", Read: classes})
	s.mu.Lock()
	s.sessions[c] = struct{}{}
	s.gather()
	s.mu.Unlock()
	s.listen()
	return c
}

func leave(s *Server, c *session) {
	s.mu.Lock()
	delete(s.sessions, c)
	s.gather()
	s.mu.Unlock()
	s.listen()
}

// Sessions come and go while events are told: nobody waits for anybody for ever,
// and who stays gets every event once.
func TestEventsWhileSessionsComeAndGo(t *testing.T) {
	bus := event.NewBus()
	s := New(Config{Bus: bus, Logger: slog.New(slog.DiscardHandler)})
	stays := listener(t, s, command.UserClass)

	const events = 5000
	var told sync.WaitGroup
	told.Add(1)
	go func() {
		defer told.Done()
		for range events {
			bus.Publish(&event.UserEvent{Name: "Tick"})
		}
	}()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 500 {
			leave(s, listener(t, s, command.Call))
		}
		told.Wait()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("sessions and events wait for each other")
	}
	if got := bytes.Count(bytes.Join(stays.pending, nil), []byte("UserEvent: Tick\r\n")); got != events {
		t.Errorf("a session that stayed got %d events, want %d", got, events)
	}
}
