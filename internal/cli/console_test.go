package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func dispatcher() *Dispatcher {
	say := func(text string) func(context.Context, *command.ConsoleRequest) error {
		return func(_ context.Context, r *command.ConsoleRequest) error {
			fmt.Fprintf(r.Out, "%s %q\n", text, r.Args)
			return nil
		}
	}
	return NewDispatcher(slog.New(slog.DiscardHandler), []command.Console{
		{Row: command.Row{Name: "core show channels"}, Run: say("channels")},
		{Row: command.Row{Name: "core show channel", Syntax: "core show channel <name>"}, Run: say("channel"),
			Complete: func([]string, string) []string { return []string{"SIP/one", "SIP/two"} }},
		{Row: command.Row{Name: "core stop {now|gracefully}"}, Run: say("stop")},
		{Row: command.Row{Name: "broken"}, Run: func(context.Context, *command.ConsoleRequest) error { return errors.New("it is broken") }},
		{Row: command.Row{Name: "usage", Synopsis: "Show it"}, Run: func(context.Context, *command.ConsoleRequest) error { return &command.UsageError{} }},
		{Row: command.Row{Name: "panics"}, Run: func(context.Context, *command.ConsoleRequest) error { panic("oh") }},
	})
}

func TestCommandsAreFoundByTheirWords(t *testing.T) {
	d := dispatcher()
	for line, want := range map[string]string{
		"core show channels":           "channels []\n",
		"core show channel SIP/1":      "channel [\"SIP/1\"]\n",
		"co sh channels":               "channels []\n",
		"core stop gracefully":         "stop []\n",
		`core show channel "a b" c\ d`: "channel [\"a b\" \"c d\"]\n",
		"nothing here":                 "No such command 'nothing here' (type 'core show help nothing here' for other possible commands)\n",
		"broken":                       "it is broken\nCommand 'broken' failed.\n",
		"usage":                        "Usage: usage\n       Show it.\n",
		"panics":                       "internal error in 'panics'\nCommand 'panics' failed.\n",
		"":                             "",
	} {
		var out bytes.Buffer
		_ = d.Execute(t.Context(), line, &out, nil)
		if out.String() != want {
			t.Errorf("%q printed %q, want %q", line, out.String(), want)
		}
	}
}

func TestCompletionOffersWordsAndArguments(t *testing.T) {
	d := dispatcher()
	for line, want := range map[string][]string{
		"co":                  {"core"},
		"core s":              {"show", "stop"},
		"core show ":          {"channel", "channels"},
		"core stop n":         {"now"},
		"core show channel S": {"SIP/one", "SIP/two"},
		"core show channel x": {},
	} {
		if got := d.Complete(line); !reflect.DeepEqual(got, want) {
			t.Errorf("Complete(%q) = %q, want %q", line, got, want)
		}
	}
}

// What a command offers may come from the dispatcher itself, which may grow
// meanwhile; one whose offers panic offers nothing.
func TestCompletionHoldsNothing(t *testing.T) {
	d := dispatcher()
	d.Add([]command.Console{
		{Row: command.Row{Name: "explain"}, Complete: func(args []string, word string) []string {
			grown := make(chan struct{})
			go func() { defer close(grown); d.Add([]command.Console{{Row: command.Row{Name: "core grows"}}}) }()
			<-grown
			return d.Complete(strings.Join(append(args, word), " "))
		}},
		{Row: command.Row{Name: "hurts"}, Complete: func(args []string, _ string) []string { return args[5:] }},
	})
	if got, want := d.Complete("explain core "), []string{"grows", "show", "stop"}; !reflect.DeepEqual(got, want) {
		t.Errorf("offers %q, want %q", got, want)
	}
	if got := d.Complete("hurts "); len(got) != 0 {
		t.Errorf("offers %q, want none", got)
	}
}

// A command that was found stays the one that was typed, though others are added
// that come before it.
func TestACommandStaysWhatWasTyped(t *testing.T) {
	d := dispatcher()
	d.Add([]command.Console{{Row: command.Row{Name: "grow", Synopsis: "Add a command"}, Run: func(context.Context, *command.ConsoleRequest) error {
		d.Add([]command.Console{{Row: command.Row{Name: "aaa"}}}) // there is room for it in the table
		return &command.UsageError{}
	}}})
	var out bytes.Buffer
	_ = d.Execute(t.Context(), "grow", &out, nil)
	if got, want := out.String(), "Usage: grow\n       Add a command.\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestRemoteConsole(t *testing.T) {
	s := NewServer(dispatcher(), slog.New(slog.DiscardHandler), "host/1/22")
	path := filepath.Join(t.TempDir(), "asterisk.ctl")
	if err := s.Listen(path, 0o600); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := NewServer(dispatcher(), slog.New(slog.DiscardHandler), "").Listen(path, 0o600); !errors.Is(err, ErrRunning) {
		t.Errorf("a second exchange got %v, want ErrRunning", err)
	}
	log := newShown()
	c, err := Dial(path, log)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Hello != "host/1/22" {
		t.Errorf("hello %q", c.Hello)
	}
	if err := c.SetVerbose(3); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if ok, err := c.Execute("core show channels", &out); !ok || err != nil || out.String() != "channels []\n" {
		t.Errorf("Execute = %v, %v, %q", ok, err, out.String())
	}
	s.Log([]byte("shown\n"))
	if ok, err := c.Execute("broken", &out); ok || err != nil {
		t.Errorf("Execute(broken) = %v, %v, want false", ok, err)
	}
	if offers, err := c.Complete("core s"); err != nil || !reflect.DeepEqual(offers, []string{"show", "stop"}) {
		t.Errorf("Complete = %q, %v", offers, err)
	}
	if got := log.until(t, "shown"); got != "shown\n" {
		t.Errorf("log %q", got)
	}
}

// Asterisk 22 writes these lines at verbosity 3 for every console that comes and goes.
func TestTheLogTellsOfConsoles(t *testing.T) {
	var log bytes.Buffer
	s := NewServer(dispatcher(), slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: logging.Verbose})), "")
	near, far := net.Pipe()
	g := &gate{next: make(chan any, 1)}
	g.shut = func() { close(g.next) }
	s.listener = g
	s.running.Add(1)
	go s.accept(g)
	g.next <- far
	if kind, _, err := readFrame(near); kind != frameHello || err != nil {
		t.Errorf("a console is greeted with %q, %v", kind, err)
	}
	_ = near.Close()
	s.Close()
	var got []string
	for _, m := range regexp.MustCompile(`msg="(.*)" (verbosity=\d)`).FindAllStringSubmatch(log.String(), -1) {
		got = append(got, m[1], m[2])
	}
	if want := []string{"Remote UNIX connection", "verbosity=3", "Remote UNIX connection disconnected", "verbosity=3"}; !slices.Equal(got, want) {
		t.Errorf("the log has %q, want %q", got, want)
	}
}

// shown is what a console was shown.
type shown struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func newShown() *shown { return &shown{more: make(chan struct{}, 1)} }

func (s *shown) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

// until returns what was shown, as soon as the last word was: lines come when there
// are any, whether or not the console asks for something.
func (s *shown) until(t *testing.T, last string) string {
	t.Helper()
	patience := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		text := s.text.String()
		s.mu.Unlock()
		if strings.Contains(text, last) {
			return text
		}
		select {
		case <-s.more:
		case <-patience:
			t.Fatalf("%q was not shown; the log is %q", last, text)
		}
	}
}

// Each console sees as much of the log as it wants, which is nobody else's affair.
func TestConsolesChooseTheirVerbosity(t *testing.T) {
	logs := logging.New()
	defer logs.Close()
	all, _, _ := logging.ParseLevels("notice,verbose")
	s := NewServer(dispatcher(), slog.New(slog.DiscardHandler), "")
	s.Watch(func(show func([]byte, int)) Watcher {
		return logs.Attach(logging.ConsoleSettings{Levels: all, Show: show})
	})
	path := filepath.Join(t.TempDir(), "asterisk.ctl")
	if err := s.Listen(path, 0o600); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	type console struct {
		*Client
		log *shown
	}
	dial := func(verbosity int) *console {
		c := &console{log: newShown()}
		var err error
		if c.Client, err = Dial(path, c.log); err != nil {
			t.Fatal(err)
		}
		if err := c.SetVerbose(verbosity); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Execute("core show channels", io.Discard); err != nil { // it is set when this is done
			t.Fatal(err)
		}
		return c
	}
	if logging.Shows(logs.Slog(), 0) {
		t.Error("somebody is shown the log while no console is there")
	}
	quiet, keen, silent := dial(3), dial(5), dial(-1)
	for i := range 7 {
		logging.Verbosef(logs.Slog(), i, "line %d", i)
	}
	s.Watch(func(show func([]byte, int)) Watcher { // as after a reload, with fewer levels
		notices, _, _ := logging.ParseLevels("notice")
		return logs.Attach(logging.ConsoleSettings{Levels: notices, Show: show})
	})
	logging.Verbosef(logs.Slog(), 1, "hidden")
	logs.Slog().Log(t.Context(), logging.Notice, "the end")
	for c, want := range map[*console]string{quiet: "0123", keen: "012345"} {
		got := ""
		for _, line := range strings.Split(c.log.until(t, "the end"), "\n") {
			if _, number, ok := strings.Cut(line, "line "); ok {
				got += number
			} else if strings.Contains(line, "hidden") {
				t.Error("a level that was taken away is shown")
			}
		}
		if got != want {
			t.Errorf("shown lines %s, want %s", got, want)
		}
	}
	if logs.Verbosity() != 0 || logging.Shows(logs.Slog(), 6) {
		t.Errorf("consoles changed the verbosity of all to %d", logs.Verbosity())
	}
	if text := silent.log.until(t, ""); text != "" {
		t.Errorf("a console that wants no log is shown %q", text)
	}
	for _, c := range []*console{quiet, keen, silent} {
		_ = c.Close()
	}
	for s.Count() > 0 {
		runtime.Gosched()
	}
	s.Close()
	if logging.Shows(logs.Slog(), 0) {
		t.Error("consoles that are gone are still shown the log")
	}
}

// A console that is too slow is told how much it missed.
func TestASlowConsoleIsToldWhatItMissed(t *testing.T) {
	here, there := net.Pipe()
	r := &remote{conn: here, logs: make(chan []byte, 1)}
	for _, line := range []string{"one\n", "two\n", "three\n"} {
		r.show([]byte(line), 0)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); r.showLogs(stop) }()
	for _, want := range []string{"one\n", "2 lines of the log were left out: this console is too slow\n"} {
		kind, text, err := readFrame(there)
		if err != nil || kind != frameLog || string(text) != want {
			t.Errorf("shown %q, %v; want %q", text, err, want)
		}
	}
	close(stop)
	<-done
}

// An exchange that is too busy to take a console has its socket all the same; what
// is left of one that is gone is replaced.
func TestWhoseSocketItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "asterisk.ctl")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	waiting, err := net.Dial("unix", path) // nobody takes it: there is no room for another
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(dispatcher(), slog.New(slog.DiscardHandler), "")
	if err := s.Listen(path, 0o600); !errors.Is(err, ErrRunning) {
		t.Errorf("beside a busy exchange: %v, want ErrRunning", err)
	}
	_ = waiting.Close()
	_ = syscall.Close(fd)
	if err := s.Listen(path, 0o600); err != nil {
		t.Errorf("in the place of one that is gone: %v", err)
	}
	s.Close()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is left: %v", err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	if _, err := Dial(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Dial = %v, want ErrNotRunning", err)
	}
}
