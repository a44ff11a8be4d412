package sip

import (
	"context"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// A handler that waits holds up its own call alone, be it the reader's goroutine on
// which it runs; and Close waits for it.
func TestReaderIsReplaced(t *testing.T) {
	waiting, goOn := make(chan struct{}), make(chan struct{})
	server := NewStack(Config{Handler: func(tx *ServerTransaction, m *Message) {
		switch m.URI.User {
		case "waits":
			close(waiting)
			<-goOn
		case "goes-on":
			close(goOn)
		}
		_ = tx.Respond(tx.Response(200, ""))
	}})
	way, err := server.Listen("udp", "127.0.0.1:0", ListenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	client := NewStack(Config{})
	if _, err := client.Listen("udp", "127.0.0.1:0", ListenOptions{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ask := func(user string) <-chan error {
		done := make(chan error, 1)
		go func() {
			m := NewInvite("OPTIONS", uriTo(user, way.Local()), Address{URI: uriTo("me", way.Local())}, Address{URI: uriTo(user, way.Local())}, 1)
			_, err := client.Do(ctx, m, RequestOptions{})
			done <- err
		}()
		return done
	}
	first := ask("waits")
	<-waiting
	for _, done := range []<-chan error{ask("goes-on"), first, ask("after")} {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := server.Metrics().WorkersAdded.Load(); n == 0 {
		t.Error("no reader was replaced")
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
}

// Readers that were replaced are workers: together there are no more than
// MaxWorkers, and one for the socket.
func TestReplacedReadersAreCounted(t *testing.T) {
	const most, calls = 6, 12
	var running atomic.Int64
	goOn := make(chan struct{})
	server, way := listening(t, Config{Limits: Limits{Workers: 2, MaxWorkers: most}, Handler: func(tx *ServerTransaction, _ *Message) {
		running.Add(1)
		<-goOn
		_ = tx.Respond(tx.Response(200, ""))
	}}, "udp", "127.0.0.1:0", ListenOptions{})
	client, _ := listening(t, Config{}, "udp", "127.0.0.1:0", ListenOptions{})
	done := make(chan error, calls)
	for i := range calls {
		m := NewInvite(Options, uriTo("us", way.Local()), Address{URI: uriTo("me", way.Local())}, Address{URI: uriTo("us", way.Local())}, 1)
		if _, err := client.Request(context.Background(), m, RequestOptions{OnResponse: func(_ *ClientTransaction, _ *Message, err error) { done <- err }}); err != nil {
			t.Fatal(err)
		}
		// Each runs, or waits for a worker while there are as many as there may be.
		for {
			waiting := len(server.executor.ready)
			if int(running.Load())+waiting == i+1 && (waiting == 0 || server.Metrics().Workers.Load() >= most) {
				break
			}
			runtime.Gosched()
		}
	}
	if n := running.Load(); n > most+1 {
		t.Errorf("%d handlers run at once, want at most %d", n, most+1)
	}
	close(goOn)
	for range calls {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func uriTo(user string, at netip.AddrPort) URI {
	return URI{Scheme: "sip", User: user, Host: at.Addr().String(), Port: int(at.Port())}
}
