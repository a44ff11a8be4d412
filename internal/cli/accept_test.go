package cli

import (
	"errors"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
)

// A gate is a listener whose test says what Accept returns.
type gate struct {
	net.Listener
	next chan any // an error, or a connection
	shut func()
}

func (g *gate) Accept() (net.Conn, error) {
	switch n := (<-g.next).(type) {
	case net.Conn:
		return n, nil
	case error:
		return nil, n
	}
	return nil, net.ErrClosed
}

func (g *gate) Close() error { g.shut(); return nil }

func guarded(g *gate) *Server {
	s := NewServer(dispatcher(), slog.New(slog.DiscardHandler), "host/1/version")
	s.listener = g
	s.running.Add(1)
	go s.accept(g)
	return s
}

// An exchange that was out of descriptors for a moment is still reached by its console.
func TestAcceptGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{next: make(chan any)}
		g.shut = func() { close(g.next) }
		s := guarded(g)
		g.next <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
		near, far := net.Pipe()
		select {
		case g.next <- far:
		case <-t.Context().Done():
		}
		kind, text, err := readFrame(near)
		if kind != frameHello || string(text) != "host/1/version" || err != nil {
			t.Errorf("a console is greeted with %q %q, %v", kind, text, err)
		}
		s.Close()
	})
}

// A console that comes while the exchange ends does not hold it up.
func TestConsoleThatComesLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		g := &gate{next: make(chan any, 1)}
		g.shut = func() { g.next <- far } // had been accepted before the listener was closed
		s := guarded(g)
		synctest.Wait()
		closed := make(chan struct{})
		go func() { s.Close(); close(closed) }()
		for {
			kind, _, err := readFrame(near)
			if err != nil {
				break
			}
			if kind != frameHello {
				t.Errorf("got a frame %q", kind)
			}
		}
		<-closed
		if err := errors.Join(near.Close(), far.Close()); err != nil {
			t.Error(err)
		}
	})
}
