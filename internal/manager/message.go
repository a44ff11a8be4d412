package manager

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// The sizes that a client's message may have. Asterisk takes lines of 1,024
// bytes and 128 headers; we are more generous and as strict about the end.
const (
	maxLine    = 8192
	maxHeaders = 256
)

// errTooLarge ends a session whose client sends more than a message may have.
var errTooLarge = errors.New("message is larger than allowed")

// message is what a client sent: keys and values in order.
type message []command.Field

func (m message) get(key string) string {
	for _, f := range m {
		if strings.EqualFold(f.Key, key) {
			return f.Value
		}
	}
	return ""
}

func (m message) all(key string) []string {
	var list []string
	for _, f := range m {
		if strings.EqualFold(f.Key, key) {
			list = append(list, f.Value)
		}
	}
	return list
}

// readMessage reads up to the empty line that ends a message. Lines that are no
// "Key: value" are passed over.
func readMessage(r *bufio.Reader) (message, error) {
	var m message
	for {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}
		if len(line) == 0 {
			if m == nil {
				continue
			}
			return m, nil
		}
		key, value, ok := bytes.Cut(line, []byte(":"))
		if m == nil {
			m = message{}
		}
		if !ok {
			continue
		}
		if len(m) >= maxHeaders {
			return nil, fmt.Errorf("%w: more than %d headers", errTooLarge, maxHeaders)
		}
		m = append(m, command.Field{Key: string(bytes.TrimSpace(key)), Value: string(bytes.TrimSpace(value))})
	}
}

// readLine returns a line without its end, which is LF or CRLF.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("%w: a line of more than %d bytes", errTooLarge, maxLine)
	}
	if err != nil {
		if errors.Is(err, io.EOF) && len(line) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// appendField appends a line. Line breaks would start another header and are made
// spaces, also in the key, which a UserEvent may take from a stranger's text.
func appendField(dst []byte, key, value string) []byte {
	dst = append(dst, oneLine(key)...)
	dst = append(dst, ": "...)
	dst = append(dst, oneLine(value)...)
	return append(dst, "\r\n"...)
}

func oneLine(text string) string {
	if !strings.ContainsAny(text, "\r\n") {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return ' '
		}
		return r
	}, text)
}
