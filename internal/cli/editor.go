package cli

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/term"
)

// Executor runs a line, and Completer tells what may follow one.
type (
	Executor  func(line string, out io.Writer) error
	Completer func(line string) []string
)

// historyLines is how many lines are remembered over the end of a console.
const historyLines = 500

// An Editor reads lines from a terminal, with history and completion by Tab.
type Editor struct {
	terminal *term.Terminal
	restore  func()
	raw      func()
	history  string
	width    atomic.Int32 // of the terminal
	resized  chan os.Signal
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
	e := &Editor{terminal: t, restore: func() { _ = term.Restore(fd, state) }, raw: func() { _, _ = term.MakeRaw(fd) }, history: history, resized: make(chan os.Signal, 1)}
	t.AutoCompleteCallback = func(line string, at int, key rune) (string, int, bool) {
		if key != '\t' && !asks(line[:at], key) {
			return "", 0, false
		}
		return completed(t, line[:at], line[at:], int(e.width.Load()), complete)
	}
	e.load()
	e.follow(fd)
	return e, true
}

// asks reports whether a key is a question mark where a word may begin: it asks for what
// may stand there. Within a word it is a letter like others.
func asks(before string, key rune) bool {
	return key == '?' && (before == "" || strings.HasSuffix(before, " "))
}

// follow keeps lines as wide as the terminal is, until Close.
func (e *Editor) follow(fd int) {
	fit := func() {
		width, height, err := term.GetSize(fd)
		if err != nil || width <= 0 || height <= 0 {
			width, height = lineWidth, 24
		}
		e.width.Store(int32(width))
		_ = e.terminal.SetSize(width, height) // an error is the terminal's, which the next line tells of
	}
	fit()
	signal.Notify(e.resized, syscall.SIGWINCH)
	go func() {
		for range e.resized {
			fit()
		}
	}()
}

// completed puts the words that all offers share into the line, and shows the
// offers where they differ, in lines of a width.
func completed(out io.Writer, before, after string, width int, complete Completer) (string, int, bool) {
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
		fmt.Fprint(out, columns(offers, width))
		return before + after, len(before), true
	}
	line := before[:len(before)-len(word)] + shared
	return line + after, len(line), true
}

// lineWidth is how wide a terminal is that does not say so.
const lineWidth = 80

// columns writes offers side by side in lines of a width, each in a column as wide as the
// widest.
func columns(offers []string, lineWidth int) string {
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
		e.remember(line)
	}
	return line, err
}

// remember adds a line to the history's file at once: there may be other consoles, and this
// one may be killed. What can't be kept is forgotten with the console.
func (e *Editor) remember(line string) {
	if e.history == "" || os.MkdirAll(filepath.Dir(e.history), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(e.history, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteString(line + "\n")
}

// Write writes to the terminal without disturbing the line that is being typed.
func (e *Editor) Write(p []byte) (int, error) { return e.terminal.Write(p) }

// Lend gives the terminal to a program while f runs it.
func (e *Editor) Lend(f func()) {
	e.restore()
	defer e.raw()
	f()
}

// Close gives the terminal back.
func (e *Editor) Close() {
	signal.Stop(e.resized)
	close(e.resized)
	e.restore()
}

// load brings back the history, and shortens its file where it has become long.
func (e *Editor) load() {
	if e.history == "" {
		return
	}
	b, err := os.ReadFile(e.history)
	if err != nil {
		return // a history that can't be read is none
	}
	lines := slices.DeleteFunc(strings.Split(string(b), "\n"), func(line string) bool { return line == "" })
	if len(lines) > 2*historyLines {
		lines = lines[len(lines)-historyLines:]
		_ = os.WriteFile(e.history, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
	}
	for _, line := range lines {
		e.terminal.History.Add(line)
	}
}
