package sip

import (
	"context"
	"net/netip"
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

func uriTo(user string, at netip.AddrPort) URI {
	return URI{Scheme: "sip", User: user, Host: at.Addr().String(), Port: int(at.Port())}
}
