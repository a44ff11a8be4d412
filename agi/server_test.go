package agi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a listener whose connections are pipes.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}
func (m *memory) Close() error   { m.once.Do(func() { close(m.closed) }); return nil }
func (m *memory) Addr() net.Addr { return &net.TCPAddr{} }

// dial returns the exchange's side of a new connection.
func (m *memory) dial(t *testing.T, env *Environment) (*Script, net.Conn) {
	t.Helper()
	here, there := net.Pipe()
	m.conns <- there
	s := NewScript(here, here)
	if env != nil {
		if err := s.Start(env); err != nil {
			t.Fatal(err)
		}
	}
	return s, here
}

func serve(t *testing.T, g *Server) (m *memory, stop func() error) {
	t.Helper()
	if g.Logger == nil {
		g.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(t.Context())
	m = newMemory()
	ended := make(chan error, 1)
	go func() { ended <- g.Serve(ctx, m) }()
	return m, func() error { cancel(); return <-ended }
}

func call(network, script string) *Environment {
	var e Environment
	e.Add("agi_network", network)
	e.Add("agi_network_script", script)
	e.Add("agi_request", "agi://127.0.0.1/"+script+"?a=1")
	e.Add("agi_channel", "Local/x@y-00000000;1")
	e.Add("agi_arg_1", "one")
	e.Add("agi_arg_2", "line\nend")
	return &e
}

// expect reads a command and answers it.
func expect(t *testing.T, s *Script, want string, replies ...Reply) {
	t.Helper()
	got, err := s.Command()
	if err != nil || got != want {
		t.Fatalf("the program asked %q, %v, want %q", got, err, want)
	}
	for _, r := range replies {
		if err := s.Reply(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failed := make(chan error, 1)
		m, stop := serve(t, &Server{Handler: HandlerFunc(func(ctx context.Context, s *Session) error {
			if got := s.Env.Arguments(); !slices.Equal(got, []string{"one", "line end"}) {
				t.Errorf("arguments %q", got)
			}
			if s.Env.Get("channel") != "Local/x@y-00000000;1" || s.Request().Query().Get("a") != "1" {
				t.Errorf("environment %q", s.Env.All())
			}
			digits, timedOut, err := s.GetData(ctx, "vm password", time.Second, 4)
			if digits != "12" || !timedOut || err != nil {
				t.Errorf("GetData = %q, %v, %v", digits, timedOut, err)
			}
			key, end, err := s.StreamFile(ctx, "beep", "#", 0)
			if key != "#" || end != 160 || err != nil {
				t.Errorf("StreamFile = %q, %d, %v", key, end, err)
			}
			if err := s.Gosub(ctx, "sub", "s", "1", ""); err != nil {
				t.Errorf("Gosub: %v", err)
			}
			_, err = s.Command(ctx, "GET VARIABLE")
			var usage *UsageError
			if !errors.As(err, &usage) || usage.Usage != "one\ntwo" {
				t.Errorf("usage: %v", err)
			}
			if _, err := s.SayDigits(ctx, "1", ""); !errors.Is(err, ErrHangup) {
				t.Errorf("said on a call that is hung up: %v", err)
			}
			if err := s.Answer(ctx); !errors.Is(err, ErrDead) || !s.HungUp() {
				t.Errorf("answered a call that is hung up: %v", err)
			}
			failed <- s.NoOp(ctx)
			return nil
		})})
		x, _ := m.dial(t, call("yes", "menu"))
		expect(t, x, `GET DATA "vm password" 1000 4`, Reply{Code: 200, Result: "12", Data: "timeout", HasData: true, EndPos: -1})
		expect(t, x, `STREAM FILE beep # 0`, OK('#').At(160))
		expect(t, x, `GOSUB sub s 1`, Reply{Code: CodeTrying, Result: "0", Text: "Trying..."}, Reply{Code: 200, Result: "0", Text: "Gosub complete", EndPos: -1})
		expect(t, x, `GET VARIABLE`, Reply{Code: CodeUsage, Text: "one\ntwo"})
		if line, _ := x.Command(); line != `SAY DIGITS 1 ""` {
			t.Errorf("asked %q", line)
		}
		_ = x.Hangup()
		_ = x.Reply(OK(-1))
		expect(t, x, `ANSWER`, Reply{Code: CodeDead})
		expect(t, x, `NOOP`, OK(0))
		if err := <-failed; err != nil {
			t.Errorf("NOOP on a call that is hung up: %v", err)
		}
		if _, err := x.Command(); !errors.Is(err, io.EOF) {
			t.Errorf("after the handler: %v", err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// A handler that panics, a stranger, and one call too many end alone.
func TestServerContains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		release := make(chan struct{})
		var mux Mux
		mux.Handle("/panic", HandlerFunc(func(context.Context, *Session) error { panic("oh") }))
		mux.Handle("wait/", HandlerFunc(func(context.Context, *Session) error { <-release; return nil }))
		m, stop := serve(t, &Server{Handler: &mux, MaxSessions: 2, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		ended := func(what string, x *Script) {
			t.Helper()
			if _, err := x.Command(); !errors.Is(err, io.EOF) {
				t.Errorf("%s: %v", what, err)
			}
			synctest.Wait()
		}
		x, _ := m.dial(t, call("yes", "panic"))
		ended("a panic", x)
		x, _ = m.dial(t, call("yes", "nothing"))
		ended("a path that nobody has", x)
		x, conn := m.dial(t, nil)
		_, _ = conn.Write([]byte("GET / HTTP/1.1\n\n"))
		ended("a stranger", x)
		x, _ = m.dial(t, nil) // sends nothing
		time.Sleep(time.Minute)
		ended("a silent one", x)
		one, _ := m.dial(t, call("yes", "wait/here"))
		two, _ := m.dial(t, call("yes", "wait/there"))
		synctest.Wait()
		x, _ = m.dial(t, nil)
		ended("one too many", x)
		close(release)
		ended("a call", one)
		ended("a call", two)
		if err := stop(); err != nil {
			t.Error(err)
		}
		for _, want := range []string{"panic=oh", "no handler", "is no line of an environment", "too many calls"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, log.String())
			}
		}
	})
}

// Calls go on in the time of grace; then their context ends; then their connection.
func TestServerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Server{Grace: time.Minute, Handler: HandlerFunc(func(ctx context.Context, s *Session) error {
			if s.Env.Get("network_script") == "polite" {
				_, err := s.WaitForDigit(ctx, -1)
				return err
			}
			_, err := s.WaitForDigit(context.Background(), -1)
			return err
		})}
		m, stop := serve(t, g)
		polite, _ := m.dial(t, call("yes", "polite"))
		stubborn, _ := m.dial(t, call("yes", "stubborn"))
		for _, x := range []*Script{polite, stubborn} {
			if line, err := x.Command(); line != "WAIT FOR DIGIT -1" {
				t.Errorf("asked %q, %v", line, err)
			}
		}
		begin := time.Now()
		politeEnd := make(chan time.Duration, 1)
		go func() { _, _ = polite.Command(); politeEnd <- time.Since(begin) }()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if took := <-politeEnd; took != time.Minute {
			t.Errorf("a call ended after %v, want a minute", took)
		}
		if took := time.Since(begin); took != 2*time.Minute {
			t.Errorf("the server ended after %v, want two minutes", took)
		}
	})
}

func TestContextEndsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		go func() { _ = NewScript(there, there).Start(call("yes", "x")); _, _ = io.Copy(io.Discard, there) }()
		s, err := NewSession(here)
		if err != nil {
			t.Fatal(err)
		}
		why := errors.New("tired")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, why)
		defer cancel()
		if _, err := s.Do(ctx, "NOOP"); !errors.Is(err, why) {
			t.Errorf("%v, want the cause of the context", err)
		}
		if _, err := s.Do(t.Context(), "NOOP"); !errors.Is(err, why) {
			t.Errorf("a session whose reply is owed was asked again: %v", err)
		}
		_ = s.Close()
		_ = there.Close()
	})
}

func TestPipe(t *testing.T) {
	var env Environment
	env.Add("agi_callerid", "555")
	var asked []string
	s := Pipe(env, func(command string) Reply {
		asked = append(asked, command)
		return OK(1).With("Ann")
	})
	name, ok, err := s.DatabaseGet(t.Context(), "names", s.Env.Get("callerid"))
	if name != "Ann" || !ok || err != nil || !slices.Equal(asked, []string{"DATABASE GET names 555"}) {
		t.Errorf("%q, %v, %v after %q", name, ok, err, asked)
	}
	if _, err := s.Do(t.Context(), "NOOP\nHANGUP"); err == nil {
		t.Error("two commands in one line were sent")
	}
}

// Lines without an end, and binary, take bounded memory and are errors.
func TestHostileExchange(t *testing.T) {
	for _, text := range []string{strings.Repeat("x", maxLine+1), "agi_a: 1\n" + strings.Repeat("y", 10*maxLine), strings.Repeat("agi_a: 1\n", maxVariables+1) + "\n", "agi_a", "\x00\xff\n\n"} {
		if e, err := ReadEnvironment(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%.20q… was read as %d variables", text, len(e.All()))
		}
	}
}
