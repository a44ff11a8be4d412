package logging

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Consoles and files take the calls of chosen groups, and all that is wrong.
func TestFilterOfCalls(t *testing.T) {
	l, file := started(t, FileSettings{Verbosity: 3})
	l.SetVerbose(3)
	l.SetGroupOf(func(call string) string { return map[string]string{"C-00000001": "sales", "C-00000002": "help"}[call] })
	var shown bytes.Buffer
	l.Attach(ConsoleSettings{Levels: allBits, Verbosity: -1, Show: func(text []byte, _ int) { shown.Write(text) }})
	tell := func() string {
		shown.Reset()
		for call := range uint32(4) {
			CallVerbosef(l.Slog(), call, 1, "%d", call)
		}
		return shown.String()
	}
	all := tell()
	if !l.Filter("sales", true) || l.Filter("sales", true) {
		t.Error("it is a change once")
	}
	l.Slog().Warn("still told")
	if got, want := tell(), " 1\n"; got != want {
		t.Errorf("with a group: %q, want %q", got, want)
	}
	l.Filter("help", true)
	if got, want := tell(), " 1\n 2\n"; got != want || !slices.Equal(l.Filters(), []string{"help", "sales"}) {
		t.Errorf("with two: %q, want %q; %v", got, want, l.Filters())
	}
	if n := l.Unfilter(); n != 2 || tell() != all || l.Filter("help", false) {
		t.Errorf("%d groups were there, and now %q is shown, want %q", n, tell(), all)
	}
	if text := file(); strings.Count(text, "\n") != 4+1+1+2+4 || !strings.Contains(text, "still told") {
		t.Errorf("the file has\n%s", text)
	}
}
