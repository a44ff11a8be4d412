package rest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// A lane is a server with nothing behind it but a bus.
type lane struct {
	bus  *event.Bus
	hub  *stasis.Hub
	http *httptest.Server
}

func newLane(t *testing.T, settings *Settings) *lane {
	t.Helper()
	bus := event.NewBus()
	hub := stasis.New(stasis.Config{Bus: bus, Logger: slog.New(slog.DiscardHandler), Entity: "here", Keeping: stasis.Keeping{Bytes: 64 << 20, Time: time.Minute}})
	s := New(Config{Hub: hub, Logger: slog.New(slog.DiscardHandler), Prefix: func() string { return "" }})
	settings.Enabled, settings.Users = true, map[string]*User{"me": {Password: "secret"}}
	s.Configure(settings)
	l := &lane{bus: bus, hub: hub, http: httptest.NewServer(s)}
	t.Cleanup(func() {
		s.Close()
		l.http.Close()
	})
	return l
}

func (l *lane) path(app string) string {
	return "/ari/events?subscribeAll=true&api_key=me:secret&app=" + app
}

// stalled opens a WebSocket and reads nothing of it but the answer.
func (l *lane) stalled(t *testing.T, app string) {
	t.Helper()
	conn, err := net.Dial("tcp", l.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", l.path(app))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(io.LimitReader(conn, 1<<12), 16), nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(answer, err)
	}
}

// dial opens a WebSocket.
func (l *lane) dial(ctx context.Context, t *testing.T, app, more string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.Dial(ctx, strings.Replace(l.http.URL, "http", "ws", 1)+l.path(app)+more, nil) //nolint:bodyclose // it is the connection
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(1 << 20)
	return conn
}

// reader opens a WebSocket and reads all that comes, in the order of its numbers, up to last.
func (l *lane) reader(t *testing.T, app string, last int) (read *atomic.Int64, done chan error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	conn := l.dial(ctx, t, app, "")
	read, done = &atomic.Int64{}, make(chan error, 1)
	go func() {
		for n := 1; n <= last; n++ {
			_, b, err := conn.Read(ctx)
			if err == nil && !bytes.Contains(b[:min(len(b), 300)], fmt.Appendf(nil, `"channel":{"id":"%d"`, n)) {
				err = fmt.Errorf("%.300s comes in the place of %d", b, n)
			}
			if err != nil {
				done <- err
				return
			}
			read.Store(int64(n))
		}
		done <- nil
	}()
	return read, done
}

// A client that does not read is cut off when more waits for it than may. The others are told
// all, in order, and wait for nothing.
func TestSlowClient(t *testing.T) {
	l := newLane(t, &Settings{WriteTimeout: time.Minute})
	const readers, last, ahead = 4, 2000, 100
	l.stalled(t, "stalled")
	var progress []*atomic.Int64
	var ends []chan error
	for n := range readers {
		read, done := l.reader(t, fmt.Sprint("app", n), last)
		progress, ends = append(progress, read), append(ends, done)
	}
	long := strings.Repeat("x", 20_000)
	for n := 1; n <= last; n++ {
		l.bus.Publish(&event.Newstate{Channel: &event.Channel{UniqueID: fmt.Sprint(n), Name: long}})
		for _, read := range progress { // nobody has to be faster than this machine
			for end := time.Now().Add(20 * time.Second); read.Load() < int64(n-ahead); {
				if time.Now().After(end) {
					t.Fatalf("a client has %d events of %d", read.Load(), n)
				}
				time.Sleep(time.Millisecond)
			}
		}
	}
	for n, done := range ends {
		if err := <-done; err != nil {
			t.Errorf("client %d: %v", n, err)
		}
	}
	for end := time.Now().Add(10 * time.Second); l.hub.Has("stalled"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the one that does not read is there still; %d events found no room", l.hub.Dropped())
		}
	}
}

// However little waits, who takes nothing for longer than websocket_write_timeout is cut off.
func TestStalledClient(t *testing.T) {
	l := newLane(t, &Settings{WriteTimeout: 50 * time.Millisecond})
	l.stalled(t, "stalled")
	long := strings.Repeat("x", 100_000)
	began := time.Now()
	for n := 1; l.hub.Has("stalled"); n++ {
		if n <= 100 { // 10 MB: more than connections hold, less than may wait
			l.bus.Publish(&event.Newstate{Channel: &event.Channel{UniqueID: fmt.Sprint(n), Name: long}})
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("it is there still")
		}
		time.Sleep(time.Millisecond)
	}
	if l.hub.Dropped() != 0 {
		t.Error("it was too much that waited")
	}
}

// Answers to a client's own requests wait for it no longer than events do.
func TestClientThatOnlyAsks(t *testing.T) {
	l := newLane(t, &Settings{WriteTimeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn := l.dial(ctx, t, "app", "")
	long := strings.Repeat("x", 100_000) // which the answer has, too
	ask, err := json.Marshal(map[string]string{"type": "RESTRequest", "request_id": long, "method": "GET", "uri": "applications"})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for ; err == nil && sent < 2000; sent++ {
		err = conn.Write(ctx, websocket.MessageText, ask)
	}
	if err == nil || ctx.Err() != nil {
		t.Errorf("%d requests are answered, of which none is read: %v", sent, err)
	}
}

// What a client has missed may be more than may wait for one: it is told all of it, in order, and
// what came meanwhile.
func TestLongAbsence(t *testing.T) {
	l := newLane(t, &Settings{WriteTimeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	type told struct {
		Type, Sequence string
		Channel        struct{ ID string }
	}
	next := func(conn *websocket.Conn) (e told) {
		t.Helper()
		_, b, err := conn.Read(ctx)
		if err == nil {
			err = json.Unmarshal(b, &e)
		}
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	conn := l.dial(ctx, t, "app", "&sequence=true")
	place := next(conn).Sequence
	_ = conn.CloseNow()
	for l.hub.Has("app") && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	const missed, more = 1000, 200 // 20 MB and 4
	long := strings.Repeat("x", 20_000)
	publish := func(from, to int) {
		for n := from; n <= to; n++ {
			l.bus.Publish(&event.Newstate{Channel: &event.Channel{UniqueID: fmt.Sprint(n), Name: long}})
		}
	}
	publish(1, missed)
	conn = l.dial(ctx, t, "app", "&since="+place)
	published := make(chan struct{})
	go func() {
		defer close(published)
		publish(missed+1, missed+more)
	}()
	for n := 1; n <= missed+more; n++ {
		e := next(conn)
		if e.Channel.ID != fmt.Sprint(n) || e.Sequence == "" || e.Sequence == place {
			t.Fatalf("%+v comes in the place of %d", e, n)
		}
		place = e.Sequence
	}
	<-published
	if n := l.hub.Dropped(); n > 0 {
		t.Errorf("%d events found no room", n)
	}
}

// A WebSocket that comes while the server ends is waited for, or refused: none is left.
func TestSocketsThatComeAtTheEnd(t *testing.T) {
	s := newShop(t)
	s.listen("app=first")
	at := strings.Replace(s.url, "http", "ws", 1) + "/ari/events?api_key=me:secret&app=late"
	var all sync.WaitGroup
	coming := make(chan bool, 4)
	for range cap(coming) {
		all.Go(func() {
			for first := true; ; first = false {
				conn, answer, err := websocket.Dial(context.Background(), at, nil)
				if first {
					coming <- true
				}
				if err != nil {
					if answer == nil || answer.StatusCode != http.StatusServiceUnavailable {
						t.Errorf("not refused, but %v", err)
					}
					return
				}
				conn.CloseNow()
			}
		})
	}
	for range cap(coming) {
		<-coming
	}
	s.Server.Close()
	all.Wait()
}
