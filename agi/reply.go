package agi

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The codes of replies.
const (
	CodeTrying  = 100 // the command is under way; another reply follows
	CodeOK      = 200
	CodeInvalid = 510 // no such command
	CodeDead    = 511 // the call is hung up, and the command needs one
	CodeUsage   = 520 // wrong arguments
)

// A Reply is what a command is answered with: "200 result=1 (text) endpos=800".
type Reply struct {
	Code int
	// Result is what stands behind result=: mostly a number.
	Result string
	// Data is what stands in parentheses behind it. HasData tells an empty one from none.
	Data    string
	HasData bool
	// EndPos is where a sound stood, in samples; −1 where there is none.
	EndPos int64
	// Text is other text behind the result ("Gosub complete"), the rest of a line without
	// one, or the usage of 520, in lines.
	Text string
}

// errReply is the error of a line that is no reply.
var errReply = errors.New("agi: not a reply")

// ParseReply reads the first line of a reply, without its end. The lines of a 520
// that follow it are the caller's.
func ParseReply(line string) (Reply, error) {
	r := Reply{EndPos: -1}
	if len(line) < 3 {
		return r, fmt.Errorf("%w: %.80q", errReply, line)
	}
	code, err := strconv.Atoi(line[:3])
	if err != nil || code < 100 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return r, fmt.Errorf("%w: %.80q", errReply, line)
	}
	r.Code = code
	rest := strings.TrimLeft(line[3:], " -")
	result, ok := strings.CutPrefix(rest, "result=")
	if !ok {
		r.Text = rest
		return r, nil
	}
	r.Result, rest, _ = strings.Cut(result, " ")
	// The text in parentheses may hold some itself: the last one closes.
	at := strings.LastIndex(rest, "endpos=")
	if at >= 0 && (at == 0 || rest[at-1] == ' ') {
		if n, err := strconv.ParseInt(strings.TrimSpace(rest[at+len("endpos="):]), 10, 64); err == nil {
			r.EndPos, rest = n, strings.TrimRight(rest[:at], " ")
		}
	}
	switch {
	case strings.HasPrefix(rest, "(") && strings.HasSuffix(rest, ")"):
		r.Data, r.HasData = rest[1:len(rest)-1], true
	case strings.HasPrefix(rest, "(") && strings.Contains(rest, ") "):
		r.Data, r.Text, _ = strings.Cut(rest[1:], ") ")
		r.HasData = true
	default:
		r.Text = rest
	}
	return r, nil
}

// OK is the reply 200 with a number as its result.
func OK(result int) Reply { return Reply{Code: CodeOK, Result: strconv.Itoa(result), EndPos: -1} }

// With is the reply with a text in parentheses.
func (r Reply) With(data string) Reply {
	r.Data, r.HasData = data, true
	return r
}

// At is the reply with the place where a sound stood.
func (r Reply) At(endPos int64) Reply {
	r.EndPos = endPos
	return r
}

// Append adds the reply to b as an exchange sends it, with its line ends. An EndPos
// of −1 is left out; AppendEnd says it, too.
func (r Reply) Append(b []byte) []byte { return r.append(b, r.EndPos != -1) }

// AppendEnd is Append for the commands that always say where a sound stood.
func (r Reply) AppendEnd(b []byte) []byte { return r.append(b, true) }

func (r Reply) append(b []byte, end bool) []byte {
	switch r.Code {
	case CodeInvalid:
		return append(b, "510 Invalid or unknown command\n"...)
	case CodeDead:
		return append(b, "511 Command Not Permitted on a dead channel or intercept routine\n"...)
	case CodeUsage:
		b = append(b, "520-Invalid command syntax.  Proper usage follows:\n"...)
		b = append(append(b, strings.TrimRight(r.Text, "\n")...), '\n')
		return append(b, "520 End of proper usage.\n"...)
	}
	b = append(strconv.AppendInt(b, int64(r.Code), 10), " result="...)
	b = appendLine(b, r.Result)
	if r.HasData {
		b = append(appendLine(append(b, " ("...), r.Data), ')')
	}
	if r.Text != "" {
		b = appendLine(append(b, ' '), r.Text)
	}
	if end {
		b = strconv.AppendInt(append(b, " endpos="...), r.EndPos, 10)
	}
	return append(b, '\n')
}

// appendLine adds a text without line ends, which would end the reply.
func appendLine(b []byte, text string) []byte {
	at := len(b)
	b = append(b, text...)
	for i := at; i < len(b); i++ {
		if b[i] == '\n' || b[i] == '\r' {
			b[i] = ' '
		}
	}
	return b
}

// Int is the result as a number; 0 where it is none.
func (r Reply) Int() int {
	n, _ := strconv.Atoi(r.Result)
	return n
}

// Err is nil for codes 100 and 200, else what went wrong: [ErrInvalidCommand],
// [ErrDead] or a [UsageError].
func (r Reply) Err() error {
	switch r.Code {
	case CodeOK, CodeTrying:
		return nil
	case CodeInvalid:
		return ErrInvalidCommand
	case CodeDead:
		return ErrDead
	case CodeUsage:
		return &UsageError{r.Text}
	}
	return fmt.Errorf("agi: the exchange answered %d %s", r.Code, r.Text)
}

// What commands fail with.
var (
	// ErrInvalidCommand is the error of a command that the exchange does not know.
	ErrInvalidCommand = errors.New("agi: the exchange does not know the command")
	// ErrDead is the error of a command that needs a call that is not hung up.
	ErrDead = errors.New("agi: the call is hung up")
	// ErrHangup is the error of a command during which, or before which, the call
	// was hung up.
	ErrHangup = errors.New("agi: hung up")
	// ErrFailed is the error of a command that was refused without a reason: result −1
	// on a call that is up.
	ErrFailed = errors.New("agi: the command failed")
)

// A UsageError is the error of wrong arguments, with the exchange's help.
type UsageError struct{ Usage string }

func (e *UsageError) Error() string {
	first, _, _ := strings.Cut(e.Usage, "\n")
	if first == "" {
		return "agi: wrong arguments"
	}
	return "agi: wrong arguments: " + first
}
