package manager

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// patient is how long anything here may take on a machine that is busy.
const patient = 30 * time.Second

// Clients that misbehave in every way we know, over TCP and TLS, do not harm one that
// behaves: it is told every event in order, and its actions are answered. When they are
// gone nothing is left of them.
func TestChaos(t *testing.T) {
	bus := event.NewBus()
	s := New(Config{Bus: bus, Logger: slog.New(slog.DiscardHandler), Booted: func() (bool, time.Duration, time.Duration) { return false, 0, 0 }})
	certificate, key := certificateFiles(t)
	g, problems := Load(parse(t, strings.Replace(trialConf, "enabled=yes", "enabled=yes\nbindaddr=127.0.0.1\nport=0\ntlsenable=yes\ntlsbindaddr=127.0.0.1:0\ntlscertfile="+
		certificate+"\ntlsprivatekey="+key+"\nauthlimit=0\nauthtimeout=2\nqueuelimit=100000,2", 1)), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := s.Configure(g); err != nil {
		t.Fatal(err)
	}
	plain, secure := s.Address().String(), s.SecureAddress().String()
	before := runtime.NumGoroutine()

	good, err := net.Dial("tcp", plain)
	if err != nil {
		t.Fatal(err)
	}
	_ = good.SetDeadline(time.Now().Add(2 * patient))
	in := bufio.NewReader(good)
	_, _ = io.WriteString(good, "Action: Login\r\nUsername: boss\r\nSecret: secret\r\nEvents: user\r\n\r\n")
	for line := ""; line != "\r\n"; line, err = in.ReadString('\n') {
		if err != nil {
			t.Fatal(err)
		}
	}

	var bad sync.WaitGroup
	var logins atomic.Int64
	stop := make(chan struct{})
	for i, misbehave := range misdeeds(plain, secure, &logins) {
		for range 3 {
			bad.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					misbehave(n + i)
				}
			})
		}
	}

	const events = 1000
	pings := 0
	told := make(chan error, 1)
	go func() { // the good client
		next := 0
		for next < events || pings > 0 {
			line, err := in.ReadString('\n')
			switch {
			case err != nil:
				told <- fmt.Errorf("after %d events: %w", next, err)
				return
			case strings.HasPrefix(line, "N: ") && line != fmt.Sprintf("N: %d\r\n", next):
				told <- fmt.Errorf("%q, want number %d", line, next)
				return
			case strings.HasPrefix(line, "N: "):
				next++
			case line == "ActionID: last\r\n":
				told <- nil
				return
			}
		}
	}()
	pings = 1
	for n := range events {
		bus.Publish(&event.UserEvent{Name: "Tick", Fields: []event.Variable{{Name: "N", Value: fmt.Sprint(n)}}})
		if n%20 == 0 {
			_, _ = io.WriteString(good, "Action: Ping\r\n\r\n")
			time.Sleep(10 * time.Millisecond) // the pace of the events, not a wait
		}
	}
	_, _ = io.WriteString(good, "Action: Ping\r\nActionID: last\r\n\r\n")
	if err := <-told; err != nil {
		t.Error(err)
	}
	close(stop)
	bad.Wait()
	if logins.Load() == 0 {
		t.Error("nobody else could log in meanwhile")
	}
	_ = good.Close()
	for end := time.Now().Add(patient); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		left := len(s.sessions) + s.waiting
		s.mu.Unlock()
		if left == 0 && runtime.NumGoroutine() <= before {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d sessions and %d goroutines are left, there were %d", left, runtime.NumGoroutine(), before)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
	t.Logf("%d logins beside it, %d clients cut off", logins.Load(), s.Slow())
}

// misdeeds are what clients do that should not; each call is one client.
func misdeeds(plain, secure string, logins *atomic.Int64) []func(n int) {
	dial := func(at string, do func(c net.Conn)) {
		c, err := net.Dial("tcp", at)
		if err != nil {
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(5 * time.Second))
		do(c)
	}
	send := func(c net.Conn, text string) { _, _ = io.WriteString(c, text) }
	const login = "Action: Login\r\nUsername: boss\r\nSecret: secret\r\n"
	return []func(n int){
		func(int) { // logs in and leaves
			dial(plain, func(c net.Conn) {
				send(c, login+"Events: off\r\n\r\nAction: Logoff\r\n\r\n")
				if b, _ := io.ReadAll(c); strings.Contains(string(b), "accepted") && strings.Contains(string(b), "Goodbye") {
					logins.Add(1)
				}
			})
		},
		func(n int) { // is cut off in the middle of a message
			dial(plain, func(c net.Conn) { send(c, (login + "\r\n")[:n%len(login)]) })
		},
		func(int) { // closes one half, and reads nothing
			dial(plain, func(c net.Conn) {
				send(c, login+"\r\nAction: ListCommands\r\n\r\n")
				_ = c.(*net.TCPConn).CloseWrite()
			})
		},
		func(int) { // resets
			dial(plain, func(c net.Conn) {
				send(c, login+"\r\n"+strings.Repeat("Action: ListCommands\r\n\r\n", 50))
				_ = c.(*net.TCPConn).SetLinger(0)
			})
		},
		func(int) { // has a wrong secret, and does not wait for the answer
			dial(plain, func(c net.Conn) { send(c, "Action: Login\r\nUsername: boss\r\nSecret: wrong\r\n\r\n") })
		},
		func(int) { // speaks TLS where none is, and none where there is
			dial(plain, func(c net.Conn) { send(c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n") })
			dial(secure, func(c net.Conn) { send(c, login+"\r\n") })
		},
		func(int) { // breaks off the handshake, or comes in by it
			dial(secure, func(c net.Conn) { send(c, "\x16\x03\x01\x00\x05\x01\x00") })
			dial(secure, func(c net.Conn) {
				encrypted := tls.Client(c, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // of this test
				send(encrypted, login+"Events: off\r\n\r\nAction: Logoff\r\n\r\n")
				if b, _ := io.ReadAll(encrypted); strings.Contains(string(b), "Goodbye") {
					logins.Add(1)
				}
			})
		},
		func(int) { // sends a megabyte of one line
			dial(plain, func(c net.Conn) { send(c, login+"\r\nAction: "+strings.Repeat("x", 1<<20)+"\r\n\r\n") })
		},
		func(int) { // asks for much and reads nothing
			dial(plain, func(c net.Conn) {
				_ = c.(*net.TCPConn).SetReadBuffer(4096)
				send(c, login+"\r\n"+strings.Repeat("Action: ListCommands\r\n\r\n", 2000))
			})
		},
	}
}
