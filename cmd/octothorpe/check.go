package main

import (
	"fmt"
	"io"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/exchange"
)

// check reads a configuration and says what is wrong.
func check(args []string, out, errOut io.Writer) int {
	for _, a := range args {
		if a == "-h" || a == "--help" {
			checkUsage(out)
			return 0
		}
	}
	f, err := parseFlags(args)
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 2
	}
	o := options(f, true)
	problems, err := exchange.Check(o)
	wrong, remarks := 0, 0
	for _, p := range problems {
		fmt.Fprintln(out, p)
		if p.Severity == config.Error {
			wrong++
		} else {
			remarks++
		}
	}
	if err != nil && wrong == 0 { // there was nothing to read
		fmt.Fprintln(errOut, err)
		if f.config == "" {
			fmt.Fprintln(errOut, "Name the asterisk.conf of the configuration: octothorpe check -C DIR/asterisk.conf")
		}
		return 1
	}
	fmt.Fprintf(out, "%s: %s, %s\n", o.Config, count(wrong, "error"), count(remarks, "remark"))
	if wrong > 0 {
		return 1
	}
	return 0
}

// count says "no errors", "1 error", "2 errors".
func count(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func checkUsage(out io.Writer) {
	fmt.Fprint(out, `Usage: octothorpe check [-X] -C DIR/asterisk.conf

Reads the configuration that an exchange would start with, starts nothing, and
prints a line for each thing that is wrong, by file and line:

  FILE:LINE: error: ...      the exchange would not do what the line says
  FILE:LINE: warning: ...    unknown, or known to Asterisk and not honoured here yet
  FILE:LINE: note: ...       worth knowing; nothing is lost

What can be done about it stands in parentheses. The last line counts them.
The exit code is 1 if there are errors or there is no asterisk.conf, else 0.

  -C FILE   the asterisk.conf; without it /etc/asterisk/asterisk.conf
  -X        allow #exec in configurations
`)
}
