package logging

import (
	"log/slog"
	"strconv"
	"strings"
)

// The levels. Debug, Warning and Error are slog's.
const (
	Trace    = slog.LevelDebug - 4
	Debug    = slog.LevelDebug
	Verbose  = slog.LevelInfo - 2
	DTMF     = slog.LevelInfo - 1
	Info     = slog.LevelInfo // shown as Verbose
	Fax      = slog.LevelInfo + 3
	Security = slog.LevelInfo + 1
	Notice   = slog.LevelInfo + 2
	Warning  = slog.LevelWarn
	Error    = slog.LevelError
)

// maxDebug is the deepest level of Debug; deeper ones count as it.
const maxDebug = 4

// DebugAt returns the level of records that `core set debug` shows from a depth
// on: 1 is Debug, 4 is the deepest that is told apart.
func DebugAt(depth int) slog.Level {
	return Debug - slog.Level(min(max(depth, 1), maxDebug)-1)
}

// Levels is a set of levels.
type Levels uint16

// The bits of Levels, in the order in which `logger show channels` lists them.
const (
	debugBit Levels = 1 << iota
	traceBit
	noticeBit
	warningBit
	errorBit
	verboseBit
	dtmfBit
	faxBit
	securityBit
	allBits = 1<<iota - 1
)

var levelOrder = []struct {
	bit  Levels
	name string
}{{debugBit, "DEBUG"}, {traceBit, "TRACE"}, {noticeBit, "NOTICE"}, {warningBit, "WARNING"}, {errorBit, "ERROR"},
	{verboseBit, "VERBOSE"}, {dtmfBit, "DTMF"}, {faxBit, "FAX"}, {securityBit, "SECURITY"}}

// LevelNames returns the names of all levels, as `logger show levels` orders them.
func LevelNames() []string {
	var names []string
	for _, o := range levelOrder {
		names = append(names, o.name)
	}
	return names
}

// AnyVerbosity is the verbosity of a channel of all levels, "*": it takes every
// Verbose record that is made, and has none made that nobody else wants.
const AnyVerbosity = -2

// ParseLevels reads a list like "notice,warning,verbose(3)". The verbosity is -1
// where none is given: it follows `core set verbose`.
func ParseLevels(text string) (levels Levels, verbosity int, unknown []string) {
	verbosity = -1
	for word := range strings.SplitSeq(text, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		if word == "" {
			continue
		}
		name, rest, _ := strings.Cut(word, "(")
		bits := levelNamed(strings.TrimSpace(name))
		if bits == 0 {
			unknown = append(unknown, word)
			continue
		}
		levels |= bits
		if bits == allBits {
			verbosity = AnyVerbosity
		}
		if bits == verboseBit && rest != "" {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, ")")))
			if err != nil || n < 0 {
				unknown = append(unknown, word)
				continue
			}
			verbosity = n
		}
	}
	return levels, verbosity, unknown
}

func levelNamed(name string) Levels {
	if name == "*" {
		return allBits
	}
	for _, o := range levelOrder {
		if strings.EqualFold(o.name, name) {
			return o.bit
		}
	}
	return 0
}

// String lists the levels as `logger show channels` does.
func (l Levels) String() string {
	var names []string
	for _, o := range levelOrder {
		if l&o.bit != 0 {
			names = append(names, o.name)
		}
	}
	return strings.Join(names, " ")
}

// bit returns the set that holds a slog level, and its name in a line.
func bit(level slog.Level) (Levels, string) {
	switch {
	case level <= Trace:
		return traceBit, "TRACE"
	case level < Verbose:
		return debugBit, "DEBUG"
	case level == DTMF:
		return dtmfBit, "DTMF"
	case level <= Info:
		return verboseBit, "VERBOSE"
	case level == Security:
		return securityBit, "SECURITY"
	case level == Fax:
		return faxBit, "FAX"
	case level < Warning:
		return noticeBit, "NOTICE"
	case level < Error:
		return warningBit, "WARNING"
	}
	return errorBit, "ERROR"
}

// depth is from which `core set debug` on a debug level is shown.
func depth(level slog.Level) int {
	if level >= Debug {
		return 1
	}
	return 1 + int(Debug-level)
}
