package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/octothorpe/octothorpe/internal/cli"
	"github.com/octothorpe/octothorpe/internal/exchange"
)

// remote is -r: a console of a running exchange.
func remote(f flags, in io.Reader, out, errOut io.Writer) int {
	socket, err := controlSocket(f)
	if err != nil {
		fmt.Fprintln(errOut, err)
		if socket == "" {
			return 1
		}
	}
	for {
		c, err := cli.Dial(socket, out)
		if err != nil {
			if f.reconnect && !f.hasExecute {
				time.Sleep(time.Second)
				continue
			}
			fmt.Fprintf(errOut, "Unable to connect to remote asterisk (does %s exist?)\n", socket)
			return 1
		}
		code := 0
		if f.hasExecute {
			code = execute(c, f.execute, out, errOut)
		} else {
			code = converse(c, f, in, out)
		}
		_ = c.Close()
		if !f.reconnect || f.hasExecute || code == leave {
			return max(code, 0)
		}
	}
}

// leave is converse's result when the user wants to go.
const leave = -1

func execute(c *cli.Client, line string, out, errOut io.Writer) int {
	_, err := c.Execute(line, out) // what the command made of it does not matter, as on the reference
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(errOut, err)
		return 1
	}
	return 0
}

// converse reads lines and runs them until the end.
func converse(c *cli.Client, f flags, in io.Reader, out io.Writer) int {
	if err := c.SetVerbose(f.verbose); err != nil {
		return 1
	}
	fmt.Fprintln(out, c.Welcome())
	run := func(line string, to io.Writer) error { _, err := c.Execute(line, to); return err }
	complete := func(line string) []string { offers, _ := c.Complete(line); return offers }
	if err := console(in, out, run, complete); err != nil {
		fmt.Fprintln(out, "Disconnected from Asterisk server")
		return 0
	}
	return leave
}

// console reads lines from a terminal, or whatever else in is, and runs them.
// The error is that of run.
func console(in io.Reader, out io.Writer, run cli.Executor, complete cli.Completer) error {
	next, lend := plainLines(in, out), func(f func()) { f() }
	if terminal, ok := in.(*os.File); ok {
		history, _ := os.UserHomeDir()
		if history != "" {
			history = filepath.Join(history, ".asterisk_history")
		}
		if e, ok := cli.NewEditor(terminal, out, history, complete); ok {
			defer e.Close()
			next, out, lend = e.ReadLine, e, e.Lend
		}
	}
	for {
		line, err := next()
		if err != nil || line == "exit" || line == "quit" {
			return nil
		}
		if shell, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			lend(func() { shellOut(shell, in, out) })
			continue
		}
		if err := run(line, out); err != nil {
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

// controlSocket finds the socket of the exchange that the flags mean. Without -C
// it is that of a start without -C; where none such runs, that of Asterisk's usual
// configuration.
func controlSocket(f flags) (string, error) {
	if f.socket != "" {
		return f.socket, nil
	}
	o := options(f, false)
	if o.Config == "" {
		state, err := stateFolder()
		if err != nil {
			return "", err
		}
		o.State = state
	}
	socket, err := exchange.Socket(o)
	if err == nil && o.Config == "" && !exists(socket) && exists(usualConfig) {
		o.Config = usualConfig
		return exchange.Socket(o)
	}
	return socket, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// background starts the program again, apart from the terminal, and returns.
func background(args []string, errOut io.Writer) int {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	c := exec.Command(self, append(slices.Clone(args[1:]), "-f")...) //nolint:gosec // ourselves; the last of -F and -f counts
	c.Args[0] = args[0]
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	return 0
}

// attend is -c: the terminal is the console of the exchange in this process.
func attend(x *exchange.Exchange, out io.Writer) {
	run := func(line string, to io.Writer) error {
		_ = x.Execute(x.Context(), line, to) // what is wrong was printed
		return x.Context().Err()
	}
	if console(os.Stdin, out, run, x.Console().Complete) == nil {
		x.Stop(exchange.Now, false)
	}
}
