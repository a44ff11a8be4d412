package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/command"
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
	var log bytes.Buffer
	c, err := Dial(path, &log)
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
	s.Log([]byte("shown\n"), 3)
	s.Log([]byte("hidden\n"), 4)
	if ok, err := c.Execute("broken", &out); ok || err != nil {
		t.Errorf("Execute(broken) = %v, %v, want false", ok, err)
	}
	if offers, err := c.Complete("core s"); err != nil || !reflect.DeepEqual(offers, []string{"show", "stop"}) {
		t.Errorf("Complete = %q, %v", offers, err)
	}
	// A line of the log comes on a goroutine of its own: ask until it is there.
	for range 1000 {
		if strings.Contains(log.String(), "shown") {
			break
		}
		if _, err := c.Execute("core show channels", &out); err != nil {
			t.Fatal(err)
		}
	}
	if log.String() != "shown\n" {
		t.Errorf("log %q, want the line of verbosity 3 alone", log.String())
	}
}

func TestNobodyAnswers(t *testing.T) {
	if _, err := Dial(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, ErrNotRunning) {
		t.Errorf("Dial = %v, want ErrNotRunning", err)
	}
}
