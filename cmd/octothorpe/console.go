package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/exchange"
)

// errOver is the end of a console that its exchange has ended.
var errOver = errors.New("the exchange has ended the console")

// A console reads lines and runs them.
type console struct {
	keys     *keyboard
	out      io.Writer
	over     <-chan struct{} // closed when the exchange is gone
	show     func(io.Writer) // has the log shown there
	run      cli.Executor
	complete cli.Completer
}

// converse reads lines until the user wants to go, or the exchange is gone: then the
// error is that of run, or errOver.
func (k *console) converse() error {
	keys := k.keys.until(k.over)
	out, lend := k.out, func(f func()) { f() }
	next := plainLines(keys, out)
	if terminal, ok := k.keys.in.(*os.File); ok {
		history, _ := os.UserHomeDir()
		if history != "" {
			history = filepath.Join(history, ".asterisk_history")
		}
		if e, ok := cli.NewEditor(terminal, keys, k.out, history, k.complete); ok {
			defer e.Close()
			next, out, lend = e.ReadLine, e, e.Lend
		}
	}
	k.show(out)
	defer k.show(k.out)
	for {
		line, err := next()
		select {
		case <-k.over:
			return errOver
		default:
		}
		if err != nil || line == "exit" || line == "quit" {
			return nil
		}
		if shell, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			lend(func() { shellOut(shell, k.keys.in, k.out) })
			continue
		}
		if err := k.run(line, out); err != nil {
			return err
		}
	}
}

// shellOut runs a line with the user's shell, or the shell alone, here where the
// console is and not where the exchange is.
func shellOut(line string, in io.Reader, out io.Writer) {
	shell := os.Getenv("SHELL")
	if shell == "" {
		shell = "/bin/sh"
	}
	c := exec.Command(shell) //nolint:gosec // the user's own shell and words
	if line = strings.TrimSpace(line); line != "" {
		c.Args = append(c.Args, "-c", line)
	}
	c.Stdout, c.Stderr = out, out // lines that come from elsewhere are not the program's
	if terminal, ok := in.(*os.File); ok && term.IsTerminal(int(terminal.Fd())) {
		c.Stdin, c.Stdout, c.Stderr = terminal, os.Stdout, os.Stderr
	}
	if err := c.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) { // what a program that ran made of it, it has told
			fmt.Fprintln(out, err)
		}
	}
}

// plainLines reads lines from what is no terminal.
func plainLines(in io.Reader, out io.Writer) func() (string, error) {
	lines := bufio.NewScanner(in)
	return func() (string, error) {
		fmt.Fprint(out, cli.Prompt())
		if !lines.Scan() {
			return "", io.EOF
		}
		return lines.Text(), nil
	}
}

// attend is -c: the terminal is the console of the exchange in this process, until
// detach gives it back.
func attend(x *exchange.Exchange, keys *keyboard, terminal *terminal, out io.Writer) (detach func()) {
	over, done := make(chan struct{}), make(chan struct{})
	k := console{keys: keys, out: out, over: over, show: terminal.set, complete: x.Console().Complete}
	k.run = func(line string, to io.Writer) error {
		_ = x.Execute(x.Context(), line, to) // what is wrong was printed
		return x.Context().Err()
	}
	go func() {
		defer close(done)
		if k.converse() == nil {
			x.Stop(exchange.Now, false)
		}
	}()
	return func() { close(over); <-done }
}

// A terminal is where the log of -c goes: to the terminal itself, or to the editor that has it.
type terminal struct {
	mu  sync.Mutex // held while a line is shown
	out io.Writer
}

func (t *terminal) set(out io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out = out
}

func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.Write(b)
}
