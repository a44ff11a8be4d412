package manager

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// The sizes that a client's message may have, as in Asterisk.
const (
	maxLine    = 1024 // bytes, the line's end counted
	maxHeaders = 128  // lines

	readAtOnce = 2048 // bytes, of a connection
)

// A refused message is answered, and the session goes on: what Asterisk tells a
// client that sends more than a message may have.
const (
	errLongLine  = command.Refusal("Failed to parse message: line too long")
	errManyLines = command.Refusal("Too many lines in message or allocation failure")
)

// message is what a client sent.
type message struct {
	fields
	text string // its lines as they came, each with a line feed
}

// fields are keys and values in order.
type fields []command.Field

func (m fields) get(key string) string {
	for _, f := range m {
		if strings.EqualFold(f.Key, key) {
			return f.Value
		}
	}
	return ""
}

// action is the name of the action: of several the first that is not empty, where of other
// keys the first counts.
func (m fields) action() string {
	for _, f := range m {
		if f.Value != "" && strings.EqualFold(f.Key, "Action") {
			return f.Value
		}
	}
	return ""
}

func (m fields) all(key string) []string {
	var list []string
	for _, f := range m {
		if strings.EqualFold(f.Key, key) {
			list = append(list, f.Value)
		}
	}
	return list
}

// A messageReader reads the messages of one client. What it returned last is valid
// until it reads again.
type messageReader struct {
	text []byte // the lines so far, each with its line feed
	list fields
}

// read reads up to the empty line that ends a message. A key reaches up
// to the colon, so that "Action " is no Action; a value begins at its first
// character. The error is a Refusal, beside what could be read, of a message that
// is too large: it was read to its end all the same.
func (p *messageReader) read(r *bufio.Reader) (message, error) {
	var refused error
	p.text = p.text[:0]
	for lines := 0; ; lines++ {
		line, err := readLine(r)
		switch {
		case errors.Is(err, errLongLine):
			refused = err
			continue
		case err != nil:
			return message{}, err
		case len(line) == 0:
			return p.parse(), refused
		case lines >= maxHeaders:
			if refused == nil {
				refused = errManyLines
			}
			continue
		}
		p.text = append(append(p.text, line...), '\n')
	}
}

// parse splits the lines. They share one string.
func (p *messageReader) parse() message {
	whole := string(p.text)
	if cap(p.text) > mostKept {
		p.text = nil
	}
	clear(p.list)
	p.list = p.list[:0]
	for text := whole; len(text) > 0; {
		line, rest, _ := strings.Cut(text, "\n")
		text = rest
		if key, value, ok := strings.Cut(line, ":"); ok {
			p.list = append(p.list, command.Field{Key: key, Value: strings.TrimLeft(value, " \t")})
		}
	}
	return message{p.list, whole}
}

// readLine returns a line without its end, which is LF or CRLF; more CRs belong to the line. One that is too
// long is read to its end.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) || len(line) > maxLine {
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = r.ReadSlice('\n')
		}
		if err == nil {
			err = errLongLine
		}
		return nil, err
	}
	if err != nil {
		if errors.Is(err, io.EOF) && len(line) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	// The reference keeps lines as C does: a zero byte ends one.
	line, _, _ = bytes.Cut(line, []byte{0})
	return line, nil
}

// appendField appends a line; one without a key is its value alone. Line breaks would
// start another header and are made spaces, also in the key, which a UserEvent may
// take from a stranger's text.
func appendField(dst []byte, key, value string) []byte {
	if key != "" {
		dst = append(dst, oneLine(key)...)
		dst = append(dst, ": "...)
	}
	dst = append(dst, oneLine(value)...)
	return append(dst, "\r\n"...)
}

// appendEcho appends a line with a text of the client itself, which gets its own CRs back.
func appendEcho(dst []byte, head, text string) []byte {
	return append(append(append(dst, head...), strings.ReplaceAll(text, "\n", " ")...), "\r\n"...)
}

func oneLine(text string) string {
	if strings.IndexByte(text, '\n') < 0 && strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return ' '
		}
		return r
	}, text)
}

// Escaped is a text as C would write it in quotes, which the reference does with the
// texts of presence.
func Escaped(text string) string { return escapes.Replace(text) }

var escapes = strings.NewReplacer("\a", `\a`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`,
	`\`, `\\`, `'`, `\'`, `"`, `\"`, `?`, `\?`)
