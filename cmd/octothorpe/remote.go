package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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
		return 1
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
	ok, err := c.Execute(line, out)
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(errOut, err)
		return 1
	}
	if err == nil && !ok {
		fmt.Fprintf(errOut, "Command '%s' failed.\n", line)
		return 1
	}
	return 0
}

// converse reads lines and runs them until the end.
func converse(c *cli.Client, f flags, in io.Reader, out io.Writer) int {
	if err := c.SetVerbose(f.verbose); err != nil {
		return 1
	}
	fmt.Fprintf(out, "Connected to Asterisk %s\n", c.Hello)
	prompt := "*CLI> "
	lines := bufio.NewScanner(in)
	for fmt.Fprint(out, prompt); lines.Scan(); fmt.Fprint(out, prompt) {
		line := lines.Text()
		switch line {
		case "exit", "quit":
			return leave
		}
		if _, err := c.Execute(line, out); err != nil {
			fmt.Fprintln(out, "Disconnected from Asterisk server")
			return 0
		}
	}
	fmt.Fprintln(out)
	return leave
}

// controlSocket finds the socket of the exchange that the flags mean.
func controlSocket(f flags) (string, error) {
	if f.socket != "" {
		return f.socket, nil
	}
	o := options(f, f.config != "" || exists(usualConfig))
	if o.Config == "" {
		state, err := stateFolder()
		if err != nil {
			return "", err
		}
		o.State = state
	}
	return exchange.Socket(o)
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
	var rest []string
	for _, a := range args[1:] {
		if a != "-F" {
			rest = append(rest, a)
		}
	}
	c := exec.Command(self, append(rest, "-f")...) //nolint:gosec // ourselves
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
	lines := bufio.NewScanner(os.Stdin)
	for fmt.Fprint(out, "*CLI> "); lines.Scan(); fmt.Fprint(out, "*CLI> ") {
		switch line := lines.Text(); line {
		case "exit", "quit":
			x.Stop(exchange.Now, false)
			return
		default:
			_ = x.Execute(x.Context(), line, out) // what is wrong was printed
		}
	}
}
