package logging

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// entry is a record, taken apart for lines.
type entry struct {
	time      time.Time
	level     slog.Level
	bit       Levels
	name      string // of the level
	verbosity int    // -1 where the level is not Verbose
	callID    string // "[C-00000001]" or ""
	channel   string // the attribute "channel", by which the call is found
	message   string // with the attributes behind it
	lines     bool   // the message has several
	at        place
}

// pid stands where Asterisk has the number of a thread.
var pid = strconv.Itoa(os.Getpid())

// placeOf finds the code that logged a record.
func placeOf(pc uintptr) place {
	if pc == 0 {
		return place{file: "?"}
	}
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	function := frame.Function[strings.LastIndexByte(frame.Function, '/')+1:]
	if _, rest, ok := strings.Cut(function, "."); ok {
		function = rest
	}
	return place{filepath.Base(frame.File), frame.Line, strings.NewReplacer("(*", "", ")", "", "[...]", "").Replace(function)}
}

// A form is how a line is written.
type form uint8

const (
	fileForm    form = iota // [date] LEVEL[pid][call] file: message
	plainForm               // [date] LEVEL[pid][call]: file:line function: message
	jsonForm                // one object a line
	syslogForm              // LEVEL[pid][call]: file:line in function: message
	consoleForm             // plainForm, and Verbose with a sign of its level instead
	forms
)

// formNamed returns the form of a formatter of logger.conf for files.
func formNamed(name string) (form, bool) {
	switch strings.ToLower(name) {
	case "", "default":
		return fileForm, true
	case "plain":
		return plainForm, true
	case "json":
		return jsonForm, true
	}
	return fileForm, false
}

// render writes an entry in a form, with the line's end.
func (e *entry) render(f form, date, host string) []byte {
	b := make([]byte, 0, len(date)+len(e.message)+96)
	switch f {
	case jsonForm:
		return e.renderJSON(date, host)
	case consoleForm:
		if e.bit == verboseBit {
			return append(append(append(b, verboseSign(e.verbosity)...), e.message...), '\n')
		}
	case syslogForm:
		return fmt.Appendf(b, "%s[%s]%s: %s:%d in %s: %s\n", e.name, pid, e.callID, e.at.file, e.at.line, e.at.function, e.message)
	}
	b = appendDate(append(b, '['), e.time, date)
	b = append(append(append(b, "] "...), e.name...), '[')
	b = append(append(append(b, pid...), ']'), e.callID...)
	if f == fileForm {
		b = append(append(b, ' '), e.at.file...)
	} else {
		b = append(append(b, ": "...), e.at.file...)
		b = strconv.AppendInt(append(b, ':'), int64(e.at.line), 10)
		b = append(append(b, ' '), e.at.function...)
	}
	return append(append(append(b, ": "...), e.message...), '\n')
}

// verboseSign is what Asterisk's console puts before a Verbose line.
func verboseSign(level int) string {
	switch level {
	case 0:
		return ""
	case 1:
		return " "
	case 2:
		return "  == "
	case 3:
		return "    -- "
	}
	return "       > "
}

func (e *entry) renderJSON(date, host string) []byte {
	type location struct {
		File     string `json:"filename"`
		Function string `json:"function"`
		Line     int    `json:"line"`
	}
	type identifiers struct {
		Thread int    `json:"lwp"`
		Call   string `json:"callid"`
	}
	type message struct {
		Location location `json:"location"`
		Level    string   `json:"level"`
		Text     string   `json:"message"`
	}
	text, err := json.Marshal(struct {
		Host    string      `json:"hostname"`
		Time    string      `json:"timestamp"`
		IDs     identifiers `json:"identifiers"`
		Message message     `json:"logmsg"`
	}{host, string(appendDate(nil, e.time, date)), identifiers{os.Getpid(), e.callID},
		message{location{e.at.file, e.at.function, e.at.line}, e.name, e.message + "\n"}})
	if err != nil {
		return nil // strings and numbers always can be written
	}
	return append(text, '\n')
}

// clean keeps a message on its line, unless the code that logs says that it has
// several, and what steers terminals out of it: nobody must be able to forge lines
// of a log by a name with a line's end.
func clean(message string, lines bool) string {
	for i := 0; i < len(message); i++ {
		if c := message[i]; c < ' ' && c != '\t' || c >= 0x7f {
			return cleaned(message, lines)
		}
	}
	return message
}

func cleaned(message string, lines bool) string {
	b := make([]byte, 0, len(message))
	for i := 0; i < len(message); {
		r, size := utf8.DecodeRuneInString(message[i:])
		if size == 1 {
			r = rune(message[i]) // also where it is no UTF-8: other character sets are logged as they are
		}
		end := r == '\n' || r == '\r' && i+1 < len(message) && message[i+1] == '\n'
		if steers(r) && r != '\t' && !(end && lines) {
			b = append(b, ' ')
		} else {
			b = append(b, message[i:i+size]...)
		}
		i += size
	}
	return string(b)
}

// steers reports whether a character does something else than stand there: the
// control characters of ASCII and of the set behind it, and Unicode's ends of lines.
func steers(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' }

func quoted(v slog.Value) string {
	text := v.String()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return steers(r) || r == ' ' || r == '"' || r == '=' }) {
		return strconv.Quote(text)
	}
	return text
}
