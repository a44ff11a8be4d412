package sip

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unsafe"
)

// ReadLimits bound what is read of one message from a stream. A zero is the
// default.
type ReadLimits struct {
	Head    int // bytes of start line and headers; MaxHead
	Body    int // bytes; MaxBody
	Headers int // MaxHeaders
}

// ReadMessage reads one message from a stream (RFC 3261 §18.3) with the default
// limits. Keep-alive CRLFs (RFC 5626 §3.5.1) before it are passed to ping, which
// may be nil. A message without Content-Length has no body. The error is a
// *ParseError or one of the reader; the use of the stream ends with it, unless it
// is a ParseError that is Framed.
func ReadMessage(r *bufio.Reader, ping func()) (*Message, error) {
	return ReadLimits{}.Read(r, ping)
}

// Read is ReadMessage with these limits.
func (l ReadLimits) Read(r *bufio.Reader, ping func()) (*Message, error) {
	if l.Head <= 0 {
		l.Head = MaxHead
	}
	if l.Body <= 0 {
		l.Body = MaxBody
	}
	if l.Headers <= 0 {
		l.Headers = MaxHeaders
	}
	head, err := readHead(r, l.Head, ping)
	if err != nil {
		return nil, err
	}
	text := unsafe.String(&head[0], len(head)) // nobody writes to it any more
	m := newMessage()
	_, length, bad := m.parseHead(text, l.Headers)
	framed := length != badLength
	if length > l.Body {
		framed = false
		if bad == nil {
			bad = &ParseError{What: fmt.Sprintf("a body of %d bytes is too large", length), Header: "Content-Length", Status: 513}
		}
	}
	if framed && length > 0 {
		if m.Body, err = readBody(r, length); err != nil {
			return nil, err
		}
	}
	if bad != nil {
		m.Body, bad.Framed = nil, framed
		return nil, bad.about(m)
	}
	return m, nil
}

// readHead reads to the empty line.
func readHead(r *bufio.Reader, most int, ping func()) ([]byte, error) {
	var head []byte
	start := 0 // of the current line
	for {
		part, err := r.ReadSlice('\n')
		if len(head)+len(part) > most {
			return nil, &ParseError{What: fmt.Sprintf("a head of more than %d bytes", most), Status: 0}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			head = append(head, part...)
			continue
		}
		if err != nil {
			if errors.Is(err, io.EOF) && len(head)+len(part) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if len(head) == 0 && len(bytes.TrimRight(part, "\r\n")) == 0 {
			if ping != nil {
				ping()
			}
			continue
		}
		if head == nil {
			head = make([]byte, 0, max(1024, len(part)))
		}
		head = append(head, part...)
		if line := head[start:]; len(line) == 1 || len(line) == 2 && line[0] == '\r' {
			return head, nil
		}
		start = len(head)
	}
}

// readBody reads piece by piece: what a peer promises to send costs no memory
// before it comes.
func readBody(r *bufio.Reader, length int) ([]byte, error) {
	const piece = 16 << 10
	b := make([]byte, 0, min(length, piece))
	for len(b) < length {
		n := min(length-len(b), piece)
		b = append(b, make([]byte, n)...)
		if _, err := io.ReadFull(r, b[len(b)-n:]); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return b, nil
}
