package manager

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// attended starts a session with 100 kB to send, and returns the client's end.
func attended(t *testing.T) (*Server, *session, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	s := New(Config{Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler)})
	c := newSession(s, near)
	slow := &Account{Name: "slow", WriteTimeout: 100 * time.Millisecond}
	c.account.Store(slow)
	c.out.configure(0, slow.stall())
	for range 100 {
		c.out.answer(c.ctx, []byte(strings.Repeat("x", 998)+"\r\n"))
	}
	return s, c, far
}

// The time to write is how long a client may take nothing, not how long a long
// answer may take: who is slow and reads gets all of it.
func TestSlowReaderGetsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, far := attended(t)
		ended := make(chan struct{})
		go func() { defer close(ended); c.serve() }()
		got, part := 0, make([]byte, 1000)
		for got < 100_000 {
			time.Sleep(500 * time.Millisecond)
			n, err := far.Read(part)
			if got += n; err != nil {
				t.Fatalf("after %d bytes: %v", got, err)
			}
		}
		go func() { _, _ = io.Copy(io.Discard, far) }() // the greeting is the last here
		c.close(errStopping)
		<-ended
		if n := s.Slow(); n != 0 {
			t.Errorf("%d clients count as slow", n)
		}
	})
}

// A list that is longer than the queue reaches a client that reads it.
func TestListLongerThanTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s := New(Config{Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler), Actions: []command.Action{{Row: command.Row{Name: "Long"},
			Run: func(_ context.Context, r *command.ActionRequest) error {
				r.ListStart("Long list will follow")
				for range 1000 {
					r.Event("Item", command.Field{Key: "Text", Value: strings.Repeat("x", 100)})
				}
				r.ListEnd("LongComplete", 1000)
				return nil
			}}}})
		c := newSession(s, near)
		c.out.configure(4096, 0)
		c.account.Store(&Account{Name: "reader"})
		ended := make(chan struct{})
		go func() { defer close(ended); c.serve() }()
		go func() { _, _ = far.Write([]byte("Action: Long\r\n\r\nAction: Logoff\r\n\r\n")) }()
		text, err := io.ReadAll(far)
		<-ended
		if n := strings.Count(string(text), "Event: Item\r\n"); n != 1000 || err != nil || s.Slow() != 0 {
			t.Errorf("got %d of 1000 items, %v; %d clients count as slow", n, err, s.Slow())
		}
	})
}

// Who takes nothing in that time is cut off and counted.
func TestReaderThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c, far := attended(t)
		began := time.Now()
		c.serve()
		if took := time.Since(began); took != time.Second {
			t.Errorf("it was cut off after %v, want 1s", took)
		}
		if n := s.Slow(); n != 1 {
			t.Errorf("%d clients count as slow, want 1", n)
		}
		if n, err := far.Read(make([]byte, 10)); n != 0 || err != io.EOF {
			t.Errorf("then it reads %d bytes, %v", n, err)
		}
	})
}

// However many log in at once, one gets an account that is for one alone, and the
// next when that has gone.
func TestAnAccountForOneAlone(t *testing.T) {
	for range 500 {
		synctest.Test(t, func(t *testing.T) {
			s := New(Config{Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler)})
			s.settings.Store(&Settings{Accounts: map[string]*Account{"one": {Name: "one", Secret: "x"}}})
			results := make(chan bool, 8)
			clients := make(chan net.Conn, 8)
			login := func() {
				near, far := net.Pipe()
				s.admit(near, false)
				r := bufio.NewReader(far)
				_, _ = r.ReadString('\n')
				_, _ = io.WriteString(far, "Action: Login\r\nUsername: one\r\nSecret: x\r\n\r\n")
				answer, _ := r.ReadString('\n')
				go func() { _, _ = io.Copy(io.Discard, r) }()
				clients <- far
				results <- answer == "Response: Success\r\n"
			}
			count := func(n int) (in int) {
				for range n {
					go login()
				}
				for range n {
					if <-results {
						in++
					}
				}
				return in
			}
			if in := count(8); in != 1 {
				t.Errorf("%d are logged in, want 1", in)
			}
			for range 8 {
				_ = (<-clients).Close()
			}
			synctest.Wait()
			if in := count(1); in != 1 {
				t.Error("nobody gets in when the first has gone")
			}
			_ = (<-clients).Close()
			synctest.Wait()
		})
	}
}
