package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

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
	keys := newKeyboard(in)
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
			code = converse(c, f, keys, out)
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
func converse(c *cli.Client, f flags, keys *keyboard, out io.Writer) int {
	fmt.Fprintln(out, c.Welcome())
	k := console{keys: keys, out: out, over: c.Gone(), show: func(w io.Writer) {
		c.ShowLog(w)
		_ = c.SetVerbose(f.verbose) // who is gone is told of
	}}
	k.run = func(line string, to io.Writer) error { _, err := c.Execute(line, to); return err }
	k.complete = func(line string) []string { offers, _ := c.Complete(line); return offers }
	if k.converse() != nil {
		fmt.Fprintln(out, "\nDisconnected from Asterisk server") // below the line that was being typed
		return 0
	}
	return leave
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
