package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"
)

// Executor runs a line, and Completer tells what may follow one.
type (
	Executor  func(line string, out io.Writer) error
	Completer func(line string) []string
)

// historyLines is how many lines a console remembers over its end.
const historyLines = 500

// An Editor reads lines from a terminal, with history and completion by Tab.
type Editor struct {
	terminal *term.Terminal
	restore  func()
	raw      func()
	history  string
	lines    []string
}

// NewEditor makes an editor of a terminal whose keys come from keys, or returns
// false if it is none. history is the file that keeps the lines; empty keeps none.
func NewEditor(terminal *os.File, keys io.Reader, out io.Writer, history string, complete Completer) (*Editor, bool) {
	fd := int(terminal.Fd())
	if !term.IsTerminal(fd) {
		return nil, false
	}
	state, err := term.MakeRaw(fd)
	if err != nil {
		return nil, false
	}
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{keys, out}, Prompt())
	e := &Editor{terminal: t, restore: func() { _ = term.Restore(fd, state) }, raw: func() { _, _ = term.MakeRaw(fd) }, history: history}
	t.AutoCompleteCallback = func(line string, at int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		return completed(t, line[:at], line[at:], complete)
	}
	e.load()
	return e, true
}

// completed puts the words that all offers share into the line, and shows the
// offers where they differ.
func completed(out io.Writer, before, after string, complete Completer) (string, int, bool) {
	offers := complete(before)
	if len(offers) == 0 {
		return before + after, len(before), true
	}
	word := before[strings.LastIndexByte(before, ' ')+1:]
	shared := offers[0]
	for _, o := range offers[1:] {
		for !strings.HasPrefix(strings.ToLower(o), strings.ToLower(shared)) {
			shared = shared[:len(shared)-1]
		}
	}
	switch {
	case len(offers) == 1:
		shared += " "
	case len(shared) <= len(word):
		fmt.Fprint(out, columns(offers))
		return before + after, len(before), true
	}
	line := before[:len(before)-len(word)] + shared
	return line + after, len(line), true
}

// lineWidth is how wide a list of offers is at most.
const lineWidth = 80

// columns writes offers side by side, each in a column as wide as the widest.
func columns(offers []string) string {
	width := 0
	for _, o := range offers {
		width = max(width, len(o)+2)
	}
	var b strings.Builder
	for i, o := range offers {
		b.WriteString(o)
		if (i+1)%max(1, lineWidth/width) == 0 || i == len(offers)-1 {
			b.WriteByte('\n')
		} else {
			b.WriteString(strings.Repeat(" ", width-len(o)))
		}
	}
	return b.String()
}

// ReadLine returns the next line. io.EOF is the end: Ctrl-D on an empty line, or Ctrl-C.
func (e *Editor) ReadLine() (string, error) {
	e.terminal.SetPrompt(Prompt()) // it may have the time in it
	line, err := e.terminal.ReadLine()
	if err == nil && strings.TrimSpace(line) != "" {
		e.lines = append(e.lines, line)
	}
	return line, err
}

// Write writes to the terminal without disturbing the line that is being typed.
func (e *Editor) Write(p []byte) (int, error) { return e.terminal.Write(p) }

// Lend gives the terminal to a program while f runs it.
func (e *Editor) Lend(f func()) {
	e.restore()
	defer e.raw()
	f()
}

// Close gives the terminal back and keeps the history.
func (e *Editor) Close() error {
	e.restore()
	if e.history == "" || len(e.lines) == 0 {
		return nil
	}
	lines := e.lines[max(0, len(e.lines)-historyLines):]
	if err := os.MkdirAll(filepath.Dir(e.history), 0o700); err != nil {
		return fmt.Errorf("keep history: %w", err)
	}
	if err := os.WriteFile(e.history, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep history: %w", err)
	}
	return nil
}

// load brings back the history.
func (e *Editor) load() {
	if e.history == "" {
		return
	}
	b, err := os.ReadFile(e.history)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return // a history that can't be read is none
	}
	for _, line := range strings.Split(string(b), "\n") {
		if line != "" {
			e.lines = append(e.lines, line)
			e.terminal.History.Add(line)
		}
	}
}
