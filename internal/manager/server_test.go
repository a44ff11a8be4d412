package manager

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// listener adds a session that reads events of the classes and never sends. What it
// reads goes to got, which may be nil, until it is closed.
func listener(t *testing.T, s *Server, classes command.Class, got io.Writer) (c *session, ended chan struct{}) {
	t.Helper()
	near, far := net.Pipe()
	c = newSession(s, near)
	c.out.configure(64<<20, 0)
	c.account.Store(&Account{Name: "listener", Read: classes})
	c.join()
	if got == nil {
		got = io.Discard
	}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(got, far)
	}()
	return c, ended
}

// leave ends a listener when it has got all.
func leave(s *Server, c *session, ended chan struct{}) {
	s.hub.join(c, wish{})
	c.out.finish()
	_ = c.conn.Close()
	<-ended
}

// Sessions come and go while events are told: nobody waits for anybody for ever,
// and who stays gets every event once.
func TestEventsWhileSessionsComeAndGo(t *testing.T) {
	bus := event.NewBus()
	s := New(Config{Bus: bus, Logger: slog.New(slog.DiscardHandler)})
	var got bytes.Buffer
	stays, ended := listener(t, s, command.UserClass, &got)

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
			c, ended := listener(t, s, command.Call, nil)
			leave(s, c, ended)
		}
		told.Wait()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("sessions and events wait for each other")
	}
	leave(s, stays, ended)
	if n := bytes.Count(got.Bytes(), []byte("UserEvent: Tick\r\n")); n != events {
		t.Errorf("a session that stayed got %d events, want %d", n, events)
	}
}
