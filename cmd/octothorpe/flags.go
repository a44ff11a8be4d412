package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/exchange"
)

// flags are what Asterisk's command line says. Letters may stand together, as
// in -vvvgc and -rx COMMAND.
type flags struct {
	config     string // -C
	socket     string // -s
	user       string // -U
	group      string // -G
	execute    string // -x, the command; implies -r
	hasExecute bool
	foreground bool // -f
	fork       bool // -F
	console    bool // -c
	core       bool // -g
	quiet      bool // -q
	noColor    bool // -n
	mute       bool // -m
	verbose    int  // -v
	debug      int  // -d
	remote     bool // -r
	reconnect  bool // -R
	version    bool // -V
	help       bool // -h
	timestamps bool // -T
	execs      bool // -X: #exec may be used
	maxCalls   int  // -M
	maxLoad    float64
	surplus    string // the first word that is no option
}

// withArgument are the letters that take an argument: the rest of the word, or the next one.
const withArgument = "CsUGxLMe"

// ignored are letters that Asterisk knows and that change nothing here: -p
// priority, -i keys, -I timing, -W and -B colours, -t recordings, -w, -l.
const ignored = "piIWBtwlS"

// parseFlags reads Asterisk's command line.
func parseFlags(args []string) (flags, error) {
	var f flags
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch word {
		case "--help":
			f.help = true
			continue
		case "--version":
			f.version = true
			continue
		}
		if len(word) < 2 || word[0] != '-' {
			if f.surplus == "" {
				f.surplus = word
			}
			continue
		}
		for j := 1; j < len(word); j++ {
			letter := word[j]
			if strings.IndexByte(withArgument, letter) < 0 {
				if err := f.simple(letter); err != nil {
					return f, err
				}
				continue
			}
			value := word[j+1:]
			if value == "" {
				i++
				if i >= len(args) {
					return f, fmt.Errorf("option requires an argument -- '%c'", letter)
				}
				value = args[i]
			}
			if err := f.valued(letter, value); err != nil {
				return f, err
			}
			break
		}
	}
	return f, nil
}

func (f *flags) simple(letter byte) error {
	switch letter {
	case 'f':
		f.foreground, f.fork = true, false
	case 'F':
		f.fork = true
	case 'c':
		f.console, f.foreground = true, true
	case 'g':
		f.core = true
	case 'q':
		f.quiet = true
	case 'n':
		f.noColor = true
	case 'm':
		f.mute = true
	case 'v':
		f.verbose++
	case 'd':
		f.debug++
	case 'r':
		f.remote = true
	case 'R':
		f.remote, f.reconnect = true, true
	case 'V':
		f.version = true
	case 'h':
		f.help = true
	case 'T':
		f.timestamps = true
	case 'X':
		f.execs = true
	default:
		if strings.IndexByte(ignored, letter) < 0 {
			return fmt.Errorf("invalid option -- '%c'", letter)
		}
	}
	return nil
}

// follow adds what asterisk.conf says. The command line comes first.
func (f *flags) follow(s exchange.SystemOptions) {
	f.user, f.group = cmp.Or(f.user, s.RunUser), cmp.Or(f.group, s.RunGroup)
	f.core, f.quiet, f.noColor = f.core || s.DumpCore, f.quiet || s.Quiet, f.noColor || s.NoColor
	if !f.foreground && !f.fork {
		f.console = s.Console
		f.foreground, f.fork = s.NoFork || s.Console, s.AlwaysFork && !s.Console
	}
}

func (f *flags) valued(letter byte, value string) error {
	switch letter {
	case 'C':
		f.config = value
	case 's':
		f.socket = value
	case 'U':
		f.user = value
	case 'G':
		f.group = value
	case 'x':
		f.execute, f.hasExecute, f.remote = value, true, true
	case 'M':
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return fmt.Errorf("-M needs a number of calls, not %q", value)
		}
		f.maxCalls = n
	case 'L':
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("-L needs a load, not %q", value)
		}
		f.maxLoad = n
	}
	return nil
}
