package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/term"
)

// edited returns an editor of a history, without a terminal of its own.
func edited(history string) *Editor {
	e := &Editor{terminal: term.NewTerminal(&bytes.Buffer{}, ""), history: history}
	e.load()
	return e
}

// What is typed on one console is remembered at once and by all, and no more than a
// console can want.
func TestHistoryIsOfAllConsoles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "home", "history")
	one, other := edited(path), edited(path)
	one.remember("first")
	other.remember("second")
	one.remember("third")
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "first\nsecond\nthird\n" {
		t.Errorf("kept %q, %v", text, err)
	}
	if h := edited(path).terminal.History; h.Len() != 3 || h.At(0) != "third" {
		t.Errorf("%d lines are remembered, the last %q", h.Len(), h.At(0))
	}
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("who may read it: %v, %v", i.Mode(), err)
	}
	for n := range 2 * historyLines {
		one.remember(fmt.Sprint(n))
	}
	edited(path)
	if text, _ = os.ReadFile(path); strings.Count(string(text), "\n") != historyLines || !strings.HasSuffix(string(text), "\n999\n") {
		t.Errorf("%d lines are kept", strings.Count(string(text), "\n"))
	}
	edited("").remember("nowhere")
}

// Offers are as wide as the terminal; a question mark asks for them where a word begins.
func TestOffersOfATerminal(t *testing.T) {
	offers := []string{"calls", "channels", "codecs"}
	for width, want := range map[int]string{80: "calls     channels  codecs\n", 20: "calls     channels\ncodecs\n", 5: "calls\nchannels\ncodecs\n"} {
		if got := columns(offers, width); got != want {
			t.Errorf("in %d columns: %q, want %q", width, got, want)
		}
	}
	for before, want := range map[string]bool{"": true, "core ": true, "core sh": false, "dialplan eval function IF($[1]": false} {
		if asks(before, '?') != want || asks(before, 'x') {
			t.Errorf("a question mark behind %q asks: %t", before, !want)
		}
	}
	var shown bytes.Buffer
	line, at, ok := completed(&shown, "core show c", " x", 20, func(string) []string { return offers })
	if line != "core show c x" || at != len("core show c") || !ok || shown.String() != columns(offers, 20) {
		t.Errorf("%q, at %d, %t; shown %q", line, at, ok, shown.String())
	}
}
