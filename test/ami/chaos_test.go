package ami

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ami"
)

// Whatever strangers and bad clients do, a session that behaves gets every event in
// its order and an answer to every action.
func TestChaos(t *testing.T) {
	x := octothorpe(t)
	t.Run("server", func(t *testing.T) { chaos(t, x) })
	t.Run("proxy", func(t *testing.T) { chaos(t, runProxy(t, map[string]*exchange{"ours": x}).exchange) })
}

const (
	listeners = 20
	told      = 1000 // events, 250 a second
	logins    = 1000 // a second
	attacks   = 40   // a second of each sort
)

func chaos(t *testing.T, x *exchange) {
	before := connect(t, x, 1)[0]
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var bad sync.WaitGroup
	for _, attack := range []func(context.Context, *exchange){cut, halfClosed, garbage, wrongUsers, large, deaf} {
		for range 4 {
			bad.Go(func() {
				for ctx.Err() == nil {
					attack(ctx, x)
					pause(ctx, 4*time.Second/attacks)
				}
			})
		}
	}
	var in, out atomic.Int64
	began := time.Now()
	for range 8 {
		bad.Go(func() { logInAndOut(ctx, x, began, &in, &out) })
	}

	clients := connect(t, x, listeners)
	var good sync.WaitGroup
	for i, c := range clients {
		events := c.Subscribe(ami.SubscribeOptions{Events: []string{"UserEvent", "Disconnected"}, Buffer: 10 * told, Match: func(m ami.Message) bool {
			return m.Get("UserEvent") == "Count" || m.Event() == "Disconnected"
		}})
		good.Go(func() { counts(t, i, c, events) })
	}
	for n := range told {
		if _, err := before.Do(within(t), ami.Action("UserEvent", "UserEvent", "Count", "Number", strconv.Itoa(n))); err != nil {
			t.Fatalf("event %d: %v", n, err)
		}
		if wait := time.Until(began.Add(time.Duration(n) * 4 * time.Millisecond)); wait > 0 {
			time.Sleep(wait)
		}
	}
	good.Wait()
	took := time.Since(began)
	stop()
	bad.Wait()
	if lost := out.Load(); lost > 0 || in.Load() < 100 {
		t.Errorf("of those who log in and out %d could not, %d could", lost, in.Load())
	}
	t.Logf("%d listeners, %d events, %.0f logins/s beside", listeners, told, float64(in.Load())/took.Seconds())
	if err := before.Ping(within(t)); err != nil {
		t.Errorf("the session from before: %v", err)
	}
}

func connect(t *testing.T, x *exchange, n int) []*ami.Client {
	t.Helper()
	var all []*ami.Client
	for range n {
		all = append(all, x.client(t, func(c *ami.Config) { c.NoReconnect, c.Events = true, "user" }))
	}
	return all
}

// counts is a client that behaves: it reads, and asks for something now and then.
func counts(t *testing.T, i int, c *ami.Client, events *ami.Subscription) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for n := range told {
		m, err := events.Next(ctx)
		if err != nil || m.Get("Number") != strconv.Itoa(n) {
			t.Errorf("listener %d: %q, %v instead of event %d", i, m, err, n)
			return
		}
		if n%100 == i {
			if err := c.Ping(ctx); err != nil {
				t.Errorf("listener %d: ping: %v", i, err)
			}
		}
	}
}

// open makes a bare connection; nil if there is none to be had.
func open(ctx context.Context, x *exchange) net.Conn {
	conn, err := x.dial(ctx, "tcp", x.address)
	if err != nil {
		pause(ctx, 10*time.Millisecond)
		return nil
	}
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	return conn
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

const loginText = "Action: Login\r\nUsername: admin\r\nSecret: secret\r\n\r\n"

// cut ends a connection in the middle of a message.
func cut(ctx context.Context, x *exchange) {
	conn := open(ctx, x)
	if conn == nil {
		return
	}
	defer conn.Close()
	text := loginText + "Action: Getvar\r\nVariable: EPO"
	_, _ = conn.Write([]byte(text[:time.Now().UnixNano()%int64(len(text))]))
	if time.Now().UnixNano()%2 == 0 {
		_ = conn.(*net.TCPConn).SetLinger(0) // a reset
	}
	pause(ctx, 3*time.Millisecond)
}

// halfClosed logs in, says that it will say no more, and goes on reading.
func halfClosed(ctx context.Context, x *exchange) {
	conn := open(ctx, x)
	if conn == nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(loginText + "Action: Command\r\nCommand: core show applications\r\n\r\n"))
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
}

// garbage is a TLS handshake where none is expected, and bytes.
func garbage(ctx context.Context, x *exchange) {
	conn := open(ctx, x)
	if conn == nil {
		return
	}
	defer conn.Close()
	b := make([]byte, 3000)
	_, _ = rand.Read(b)
	copy(b, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
	_, _ = conn.Write(b)
	_, _ = conn.Write([]byte("\x00\n\x00\r\n\r\n: :\n\n"))
	pause(ctx, 3*time.Millisecond)
}

// wrongUsers tries secrets.
func wrongUsers(ctx context.Context, x *exchange) {
	conn := open(ctx, x)
	if conn == nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("Action: Login\r\nUsername: nobody\r\nSecret: guess\r\n\r\n"))
	_, _ = io.Copy(io.Discard, conn)
}

// large sends lines and messages without end.
func large(ctx context.Context, x *exchange) {
	conn := open(ctx, x)
	if conn == nil {
		return
	}
	defer conn.Close()
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	_, _ = conn.Write([]byte(loginText))
	for range 4 {
		_, _ = conn.Write(append([]byte("Action: Ping\r\nX: "), bytes.Repeat([]byte("x"), 300_000)...))
		_, _ = conn.Write(bytes.Repeat([]byte("A: b\r\n"), 10_000))
		_, _ = conn.Write([]byte("\r\n"))
	}
	pause(ctx, 20*time.Millisecond)
}

// deaf asks for much and reads nothing.
func deaf(ctx context.Context, x *exchange) {
	conn := open(ctx, x)
	if conn == nil {
		return
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	_, _ = conn.Write([]byte(loginText))
	for range 20 {
		if _, err := conn.Write([]byte(strings.Repeat("Action: ListCommands\r\n\r\n", 5))); err != nil {
			break
		}
	}
	pause(ctx, 300*time.Millisecond)
}

// logInAndOut does both, as often as all who do it together should.
func logInAndOut(ctx context.Context, x *exchange, began time.Time, in, out *atomic.Int64) {
	for n := 0; ctx.Err() == nil; n++ {
		if wait := time.Until(began.Add(time.Duration(n) * 8 * time.Second / logins)); wait > 0 {
			pause(ctx, wait)
		}
		conn, err := x.dial(ctx, "tcp", x.address)
		if err != nil {
			if ctx.Err() == nil {
				out.Add(1)
			}
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, err = conn.Write([]byte(strings.Replace(loginText, "\r\n\r\n", "\r\nEvents: off\r\n\r\n", 1) + "Action: Logoff\r\n\r\n"))
		text, readErr := io.ReadAll(conn)
		conn.Close()
		if err = errors.Join(err, readErr); err == nil && !bytes.Contains(text, []byte("Authentication accepted")) {
			err = fmt.Errorf("answered %q", text)
		}
		switch {
		case err == nil:
			in.Add(1)
		case ctx.Err() == nil:
			out.Add(1)
		}
	}
}
