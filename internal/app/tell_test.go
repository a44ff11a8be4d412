package app

import (
	"context"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// DumpChan has lines, which a caller's name can't add to.
func TestDumpChanIsNotForged(t *testing.T) {
	x := newExchange(t, "[test]\n")
	l := logging.New()
	defer l.Close()
	var shown string
	watcher := l.Attach(logging.ConsoleSettings{Levels: ^logging.Levels(0), Show: func(text []byte, _ int) { shown += string(text) }})
	defer watcher.Detach()
	x.Logger = l.Slog()
	c := x.idle(t, &testLeg{})
	c.SetCaller(event.Party{Name: event.Name{Text: "a\nForged=1\x1b[31m", Valid: true}})
	c.SetVariable("X", "b\nForged=2")
	if err := x.dumpChan(context.Background(), c, ""); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nCallerIDName=       a Forged=1 [31m\n", "\nX=b Forged=2\n", "\nName=               " + c.Name() + "\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no line %q in\n%q", want, shown)
		}
	}
}
