package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A sound that never ends, which a leg hears apart from its bridge, does not hold the bridge's end.
func TestABridgeEndsWhileALegHearsAnEndlessSound(t *testing.T) {
	m := &mob{t: t, base: begin(t, "endless"), http: &http.Client{Timeout: 10 * time.Second}}
	t.Cleanup(m.http.CloseIdleConnections)
	at := strings.Replace(m.base, "http", "ws", 1) + "/events?api_key=ari:secret&app=app"
	conn, _, err := websocket.Dial(t.Context(), at, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	heard := func(kind string) {
		t.Helper()
		within, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		for {
			_, message, err := conn.Read(within)
			if err != nil {
				t.Fatalf("no %s: %v", kind, err)
			}
			if strings.Contains(string(message), `"type":"`+kind+`"`) {
				return
			}
		}
	}
	if status := m.ask("POST", "/channels?endpoint=Local/echo@default&app=app&channelId=one"); status != http.StatusOK {
		t.Fatalf("the call was answered with %d", status)
	}
	heard("StasisStart")
	for _, step := range []struct {
		method, path string
		status       int
	}{
		{"POST", "/bridges/room", http.StatusOK},
		{"POST", "/bridges/room/addChannel?channel=one", http.StatusNoContent},
		{"POST", "/channels/one/play?media=tone:dial", http.StatusCreated},
	} {
		if status := m.ask(step.method, step.path); status != step.status {
			t.Fatalf("%s %s was answered with %d, want %d", step.method, step.path, status, step.status)
		}
	}
	heard("PlaybackStarted")
	if status := m.ask("DELETE", "/bridges/room"); status != http.StatusNoContent {
		t.Errorf("the bridge's end was answered with %d", status)
	}
	heard("PlaybackFinished")
	if status := m.ask("DELETE", "/channels/one"); status != http.StatusNoContent {
		t.Errorf("the leg's end was answered with %d", status)
	}
	heard("StasisEnd")
}
