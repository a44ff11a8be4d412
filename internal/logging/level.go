package logging

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// The levels. Debug, Warning and Error are slog's.
const (
	Trace    = slog.LevelDebug - 4
	Debug    = slog.LevelDebug
	Verbose  = slog.LevelInfo - 2
	DTMF     = slog.LevelInfo - 1
	Info     = slog.LevelInfo // shown as Verbose
	Security = slog.LevelInfo + 1
	Notice   = slog.LevelInfo + 2
	Warning  = slog.LevelWarn
	Error    = slog.LevelError
)

// verbosityKey is the attribute that tells how verbose a console must be to
// show a Verbose record; without it 1 is enough.
const verbosityKey = "verbosity"

// Verbosity returns the attribute that hides a Verbose record from consoles
// that are less verbose.
func Verbosity(level int) slog.Attr { return slog.Int(verbosityKey, level) }

// Verbosef logs a line that people see on a console with -v.
func Verbosef(l *slog.Logger, level int, format string, args ...any) {
	if ctx := context.Background(); l.Enabled(ctx, Verbose) {
		l.LogAttrs(ctx, Verbose, fmt.Sprintf(format, args...), Verbosity(level))
	}
}

// Levels is a set of levels.
type Levels uint16

// The bits of Levels, in the order in which `logger show channels` lists them.
const (
	traceBit Levels = 1 << iota
	debugBit
	noticeBit
	warningBit
	errorBit
	verboseBit
	dtmfBit
	faxBit
	securityBit
)

var levelNames = map[string]Levels{"trace": traceBit, "debug": debugBit, "notice": noticeBit, "warning": warningBit,
	"error": errorBit, "verbose": verboseBit, "dtmf": dtmfBit, "fax": faxBit, "security": securityBit, "*": 0x1ff}

var levelOrder = []struct {
	bit  Levels
	name string
}{{traceBit, "TRACE"}, {debugBit, "DEBUG"}, {noticeBit, "NOTICE"}, {warningBit, "WARNING"}, {errorBit, "ERROR"},
	{verboseBit, "VERBOSE"}, {dtmfBit, "DTMF"}, {faxBit, "FAX"}, {securityBit, "SECURITY"}}

// ParseLevels reads a list like "notice,warning,verbose(3)". The verbosity is -1
// where none is given.
func ParseLevels(text string) (levels Levels, verbosity int, unknown []string) {
	verbosity = -1
	for _, word := range strings.Split(text, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		if word == "" {
			continue
		}
		name, rest, _ := strings.Cut(word, "(")
		bit, ok := levelNames[strings.TrimSpace(name)]
		if !ok {
			unknown = append(unknown, word)
			continue
		}
		levels |= bit
		if bit == verboseBit && rest != "" {
			if _, err := fmt.Sscanf(rest, "%d", &verbosity); err != nil {
				unknown = append(unknown, word)
			}
		}
	}
	return levels, verbosity, unknown
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
	case level < Debug:
		return traceBit, "TRACE"
	case level < Verbose:
		return debugBit, "DEBUG"
	case level == DTMF:
		return dtmfBit, "DTMF"
	case level <= Info:
		return verboseBit, "VERBOSE"
	case level == Security:
		return securityBit, "SECURITY"
	case level < Warning:
		return noticeBit, "NOTICE"
	case level < Error:
		return warningBit, "WARNING"
	}
	return errorBit, "ERROR"
}
