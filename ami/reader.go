package ami

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// Limits is how large a message may be that is read. A limit of 0 is the usual one.
type Limits struct {
	Message int // bytes; 8 MiB
	Fields  int // lines; 262,144
}

// ErrTooLarge is the error of a message beyond the [Limits].
var ErrTooLarge = errors.New("ami: a message is too large")

// A Reader reads messages from a connection. It is used by one goroutine.
type Reader struct {
	source io.Reader
	limits Limits
	buffer []byte
	start  int // of what was read and not returned yet
	end    int
	failed error // of the source, once
}

// NewReader returns a reader of what source sends.
func NewReader(source io.Reader, limits Limits) *Reader {
	if limits.Message <= 0 {
		limits.Message = 8 << 20
	}
	if limits.Fields <= 0 {
		limits.Fields = 1 << 18
	}
	return &Reader{source: source, limits: limits}
}

// The sizes of the buffer: to begin with, and the largest that is kept for the
// next message.
const (
	firstBuffer = 1 << 10
	keptBuffer  = 64 << 10
)

// Line reads a single line: the banner that a server sends first.
func (r *Reader) Line() (string, error) {
	for seen := 0; ; {
		if at := bytes.IndexByte(r.buffer[r.start+seen:r.end], '\n'); at >= 0 {
			line := bytes.TrimSuffix(r.buffer[r.start:r.start+seen+at], []byte("\r"))
			r.start += seen + at + 1
			return string(line), nil
		}
		if seen = r.end - r.start; seen > r.limits.Message {
			return "", ErrTooLarge
		}
		if err := r.fill(); err != nil {
			return "", err
		}
	}
}

// Read returns the next message, in two allocations. Lines end with CRLF or LF; empty
// lines before a message are passed over.
//
// After [ErrTooLarge], beside which comes the beginning of the message, the next
// one can be read. Any other error is the end: [io.EOF] between messages,
// [io.ErrUnexpectedEOF] inside one, or the connection's.
func (r *Reader) Read() (Message, error) {
	r.skipEmpty()
	line, lines := 0, 0 // the offset from start of the line looked at; those before it
	for {
		for {
			at := bytes.IndexByte(r.buffer[r.start+line:r.end], '\n')
			if at < 0 {
				break
			}
			if at == 0 || at == 1 && r.buffer[r.start+line] == '\r' {
				if lines == 0 {
					r.start += at + 1
					continue
				}
				m := parse(string(r.buffer[r.start:r.start+line]), lines)
				r.start += line + at + 1
				r.release()
				return m, nil
			}
			line += at + 1
			if lines++; lines > r.limits.Fields {
				return r.discard(line, lines)
			}
		}
		if r.end-r.start > r.limits.Message {
			return r.discard(line, lines)
		}
		if err := r.fill(); err != nil {
			if r.end > r.start && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// Buffered is how many bytes were read and belong to messages not returned yet.
func (r *Reader) Buffered() int { return r.end - r.start }

// skipEmpty passes over the empty lines before a message.
func (r *Reader) skipEmpty() {
	for r.start < r.end && (r.buffer[r.start] == '\n' || r.buffer[r.start] == '\r' && r.start+1 < r.end && r.buffer[r.start+1] == '\n') {
		r.start++
	}
}

// fill reads more, and makes room for it first.
func (r *Reader) fill() error {
	if r.failed != nil {
		return r.failed
	}
	switch {
	case r.start == r.end:
		r.start, r.end = 0, 0
	case r.end == len(r.buffer) && r.start > 0:
		r.end = copy(r.buffer, r.buffer[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buffer) {
		larger := make([]byte, max(firstBuffer, 2*len(r.buffer)))
		copy(larger, r.buffer[:r.end])
		r.buffer = larger
	}
	for range 100 {
		n, err := r.source.Read(r.buffer[r.end:])
		r.end += n
		if n > 0 {
			r.failed = err
			return nil
		}
		if err != nil {
			r.failed = err
			return err
		}
	}
	return io.ErrNoProgress
}

// release gives a large buffer back when nothing waits in it.
func (r *Reader) release() {
	if r.start == r.end && len(r.buffer) > keptBuffer {
		r.buffer, r.start, r.end = nil, 0, 0
	}
}

// headBytes is how much of a message that is too large is still told.
const headBytes = 4 << 10

// discard reads a message that is too large to its end. line is where the last
// line that was looked at begins, lines how many came before it.
func (r *Reader) discard(line, lines int) (Message, error) {
	head := r.buffer[r.start : r.start+min(line, headBytes)]
	head = head[:bytes.LastIndexByte(head, '\n')+1]
	m := parse(string(head), bytes.Count(head, []byte("\n")))
	r.start += line
	inside := false // of a line whose beginning is gone already
	for {
		rest := r.buffer[r.start:r.end]
		at := bytes.IndexByte(rest, '\n')
		switch {
		case at < 0:
			if len(rest) > 1 {
				inside = true
				r.start = r.end - 1 // a CR may be the last
			}
			if err := r.fill(); err != nil {
				return nil, err
			}
			continue
		case !inside && (at == 0 || at == 1 && rest[0] == '\r'):
			r.start += at + 1
			r.release()
			return m, ErrTooLarge
		}
		r.start += at + 1
		inside = false
	}
}

// Parse reads one message from a text: up to its first empty line, or all of it.
func Parse(text string) Message {
	lines := 0
	for rest := text; rest != ""; lines++ {
		line, after, _ := strings.Cut(rest, "\n")
		if line == "" || line == "\r" {
			text = text[:len(text)-len(rest)]
			break
		}
		rest = after
	}
	if text == "" {
		return nil
	}
	return parse(text, lines)
}

// parse splits the lines of a text, which it keeps. A line's key reaches to its first
// colon; one space behind it does not belong to the value, further ones do.
func parse(text string, lines int) Message {
	m := make(Message, 0, lines)
	for text != "" {
		var line string
		if at := strings.IndexByte(text, '\n'); at >= 0 {
			line, text = text[:at], text[at+1:]
		} else {
			line, text = text, ""
		}
		line = strings.TrimSuffix(line, "\r")
		at := strings.IndexByte(line, ':')
		if at <= 0 {
			m = append(m, Field{Value: line})
			continue
		}
		value := line[at+1:]
		if value != "" && value[0] == ' ' {
			value = value[1:]
		}
		m = append(m, Field{line[:at], value})
	}
	return m
}
