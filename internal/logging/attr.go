package logging

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"time"
)

// The keys of attributes that stand in a line's head.
const (
	verbosityKey = "verbosity"
	callIDKey    = "callid"
	placeKey     = "logged-at"
	linesKey     = "several-lines"
	channelKey   = "channel" // stands behind the message, too
)

// Verbosity returns the attribute that hides a Verbose record from those who
// are less verbose. Without it a record counts as 1.
func Verbosity(level int) slog.Attr { return slog.Int(verbosityKey, level) }

// CallID returns the attribute that shows a record's call as [C-00000001] in
// the line's head. id is "C-00000001".
func CallID(id string) slog.Attr { return slog.String(callIDKey, id) }

// CallNumber is CallID of a number; 0 is no call.
func CallNumber(n uint32) slog.Attr {
	if n == 0 {
		return slog.Attr{}
	}
	return CallID(CallName(n))
}

// CallName is how the log names a call: "C-00000001".
func CallName(n uint32) string { return fmt.Sprintf("C-%08x", n) }

// place is where a record comes from.
type place struct {
	file     string
	line     int
	function string
}

// At returns the attribute that gives a record another place than the code it
// was logged by: Log() in a dialplan says "Ext. 100", its priority, "@ context".
func At(file string, line int, function string) slog.Attr {
	return slog.Any(placeKey, place{file, line, function})
}

// Lines returns the attribute of a record whose message has several lines. Others
// are kept on one. The caller sees to it, with Clean, that nothing that came from
// outside begins a line.
func Lines() slog.Attr { return slog.Bool(linesKey, true) }

// Clean returns a text without ends of lines and what else steers a terminal:
// each such character is a space.
func Clean(text string) string { return clean(text, false) }

// CleanLines is Clean for a text from outside that has lines, such as a SIP
// message that a console shows.
func CleanLines(text string) string { return clean(text, true) }

// Verbosef logs a line that people see on a console with -v. Where nobody is so
// verbose it costs a few nanoseconds.
func Verbosef(l *slog.Logger, level int, format string, args ...any) {
	verbosef(l, 0, level, format, args)
}

// CallVerbosef is Verbosef for a line of the call with a number.
func CallVerbosef(l *slog.Logger, call uint32, level int, format string, args ...any) {
	verbosef(l, call, level, format, args)
}

// CallVerboseLines is CallVerbosef for a text of several lines, see Lines.
func CallVerboseLines(l *slog.Logger, call uint32, level int, text string) {
	verbosef(l, call, level, "%s", []any{text}, Lines())
}

func verbosef(l *slog.Logger, call uint32, level int, format string, args []any, attrs ...slog.Attr) {
	ctx := context.Background()
	h, own := l.Handler().(*handler)
	if own && !h.logger.ShowsVerbose(level) || !own && !l.Enabled(ctx, Verbose) {
		return
	}
	var pc [1]uintptr
	runtime.Callers(3, pc[:])
	r := slog.NewRecord(time.Now(), Verbose, fmt.Sprintf(format, args...), pc[0])
	r.AddAttrs(Verbosity(level), CallNumber(call))
	r.AddAttrs(attrs...)
	_ = l.Handler().Handle(ctx, r)
}

// Shows reports whether somebody would see a Verbose record of a verbosity, for
// those who would have to work for it.
func Shows(l *slog.Logger, level int) bool {
	if h, own := l.Handler().(*handler); own {
		return h.logger.ShowsVerbose(level)
	}
	return l.Enabled(context.Background(), Verbose)
}
