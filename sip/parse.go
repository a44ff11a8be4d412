package sip

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unsafe"
)

// The limits of what is read.
const (
	MaxDatagram = 65535
	MaxHeaders  = 256
	MaxHead     = 64 << 10 // bytes of start line and headers on a stream
	MaxBody     = 1 << 20  // bytes of a body on a stream
)

// A ParseError says why bytes are no message, and with what a request can be
// refused.
type ParseError struct {
	What   string
	Status int // 400, 505 …; 0 where no answer makes sense
	// Message is as much as could be read, for the answer; nil if not enough.
	Message *Message
}

func (e *ParseError) Error() string { return "no SIP message: " + e.What }

func malformed(format string, args ...any) *ParseError {
	return &ParseError{What: fmt.Sprintf(format, args...), Status: 400}
}

// Parse reads a datagram. The bytes are copied once. A body is what
// Content-Length says, or the rest where there is none.
func Parse(datagram []byte) (*Message, error) {
	if len(datagram) > MaxDatagram {
		return nil, malformed("%d bytes", len(datagram))
	}
	buffer := bytes.Clone(datagram)
	head, body, err := splitHead(buffer)
	if err != nil {
		return nil, err
	}
	m, length, err := parseHead(head)
	if err != nil {
		return nil, err
	}
	if length >= 0 {
		if length > len(body) {
			return nil, &ParseError{What: fmt.Sprintf("body has %d bytes, Content-Length says %d", len(body), length), Status: 400, Message: m}
		}
		body = body[:length]
	}
	if len(body) > 0 {
		m.Body = body
	}
	return m, nil
}

// splitHead finds the empty line. The head is returned without it, as text that
// shares the buffer, which nobody writes to any more.
func splitHead(b []byte) (head string, body []byte, err error) {
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	if len(b) == 0 {
		return "", nil, &ParseError{What: "empty"}
	}
	at := bytes.Index(b, []byte("\r\n\r\n"))
	skip := 4
	if lf := bytes.Index(b, []byte("\n\n")); lf >= 0 && (at < 0 || lf < at) {
		at, skip = lf, 2
	}
	if at < 0 {
		at, skip = len(b), 0
		for at > 0 && (b[at-1] == '\r' || b[at-1] == '\n') {
			at--
		}
	} else {
		body = b[at+skip:]
	}
	return unsafe.String(&b[0], at), body, nil
}

// parseHead reads start line and headers; length is Content-Length, -1 if absent.
func parseHead(head string) (m *Message, length int, err error) {
	line, rest := cutLine(head)
	m = &Message{Headers: make([]Header, 0, 20)}
	if err := m.startLine(line); err != nil {
		return nil, 0, err
	}
	length = -1
	var bad *ParseError
	for rest != "" {
		line, rest = cutLine(rest)
		for rest != "" && (rest[0] == ' ' || rest[0] == '\t') { // folded (RFC 3261 §7.3.1)
			var more string
			more, rest = cutLine(rest)
			line = strings.TrimRight(line, " \t") + " " + strings.TrimLeft(more, " \t")
		}
		if line == "" {
			continue
		}
		if len(m.Headers) == MaxHeaders {
			return nil, 0, malformed("more than %d headers", MaxHeaders)
		}
		if e := m.header(line, &length); e != nil && bad == nil {
			bad = e
		}
	}
	if bad == nil {
		bad = m.check()
	}
	if bad != nil {
		if m.Via.Host != "" && m.CallID != "" {
			bad.Message = m
		}
		return nil, 0, bad
	}
	return m, length, nil
}

func cutLine(s string) (line, rest string) {
	i := strings.IndexByte(s, '\n')
	if i < 0 {
		return strings.TrimSuffix(s, "\r"), ""
	}
	line = s[:i]
	if i > 0 && s[i-1] == '\r' {
		line = s[:i-1]
	}
	return line, s[i+1:]
}

func (m *Message) startLine(line string) error {
	if len(line) > 8 && strings.EqualFold(line[:8], "SIP/2.0 ") {
		code, reason, _ := strings.Cut(line[8:], " ")
		n, err := strconv.Atoi(code)
		if err != nil || len(code) != 3 || n < 100 || n > 699 {
			return &ParseError{What: fmt.Sprintf("status %.20q", code)}
		}
		m.Status, m.Reason = n, reason
		return nil
	}
	method, rest, ok := strings.Cut(line, " ")
	end := strings.LastIndexByte(rest, ' ')
	if !ok || end < 0 || !isToken(method) {
		return &ParseError{What: fmt.Sprintf("start line %.60q", line)}
	}
	version, target := rest[end+1:], rest[:end]
	if !strings.EqualFold(version, "SIP/2.0") {
		m.Method = method
		if strings.HasPrefix(version, "SIP/") {
			return &ParseError{What: "version " + version, Status: 505}
		}
		return &ParseError{What: fmt.Sprintf("start line %.60q", line)}
	}
	m.Method = method
	if strings.ContainsAny(target, " \t<>") {
		return &ParseError{What: fmt.Sprintf("request target %.60q", target), Status: 400}
	}
	var err error
	if m.URI, err = ParseURI(target); err != nil {
		return malformed("%v", err)
	}
	return nil
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			continue
		}
		if strings.IndexByte("-.!%*_+`'~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// header reads one header line and its typed value.
func (m *Message) header(line string, length *int) *ParseError {
	i := strings.IndexByte(line, ':')
	if i <= 0 {
		return malformed("header line %.60q has no colon", line)
	}
	name := strings.TrimRight(line[:i], " \t")
	value := strings.Trim(line[i+1:], " \t")
	m.Headers = append(m.Headers, Header{name, value})
	h := &m.Headers[len(m.Headers)-1]
	var err error
	switch h.kind() {
	case kindVia:
		if m.Via.Host == "" {
			m.Via, err = ParseVia(value)
		}
	case kindFrom:
		if m.From.URI.IsZero() {
			m.From, err = ParseAddress(value)
		} else {
			err = errors.New("two From headers")
		}
	case kindTo:
		if m.To.URI.IsZero() {
			m.To, err = ParseAddress(value)
		} else {
			err = errors.New("two To headers")
		}
	case kindContact:
		if m.Contact.URI.IsZero() && !m.Contact.Star && value != "" {
			first, _ := cutElement(value)
			m.Contact, err = ParseAddress(first)
		}
	case kindCallID:
		if m.CallID != "" && m.CallID != value {
			err = errors.New("two Call-ID headers")
		}
		m.CallID = value
	case kindCSeq:
		if m.CSeq.Method != "" {
			err = errors.New("two CSeq headers")
		} else {
			m.CSeq, err = parseCSeq(value)
		}
	case kindLength:
		n, e := strconv.Atoi(value)
		if e != nil || n < 0 || *length >= 0 && n != *length {
			return malformed("Content-Length %.20q", value)
		}
		*length = n
	}
	if err != nil {
		return malformed("%v", err)
	}
	return nil
}

// The kinds of headers that have typed values.
const (
	kindOther = iota
	kindVia
	kindFrom
	kindTo
	kindContact
	kindCallID
	kindCSeq
	kindLength
)

// kind finds out quickly which typed header this is.
func (h *Header) kind() int {
	n := h.Name
	switch len(n) {
	case 1:
		switch n[0] | 0x20 {
		case 'v':
			return kindVia
		case 'f':
			return kindFrom
		case 't':
			return kindTo
		case 'm':
			return kindContact
		case 'i':
			return kindCallID
		case 'l':
			return kindLength
		}
	case 2:
		if strings.EqualFold(n, "To") {
			return kindTo
		}
	case 3:
		if strings.EqualFold(n, "Via") {
			return kindVia
		}
	case 4:
		if strings.EqualFold(n, "From") {
			return kindFrom
		}
		if strings.EqualFold(n, "CSeq") {
			return kindCSeq
		}
	case 7:
		switch {
		case strings.EqualFold(n, "Call-ID"):
			return kindCallID
		case strings.EqualFold(n, "Contact"):
			return kindContact
		}
	case 14:
		if strings.EqualFold(n, "Content-Length") {
			return kindLength
		}
	}
	return kindOther
}

// check tells what a message must have and this one has not (RFC 3261 §8.1.1).
func (m *Message) check() *ParseError {
	switch {
	case m.Via.Host == "":
		return malformed("no Via")
	case m.From.URI.IsZero():
		return malformed("no From")
	case m.To.URI.IsZero():
		return malformed("no To")
	case m.CallID == "":
		return malformed("no Call-ID")
	case m.CSeq.Method == "":
		return malformed("no CSeq")
	case m.IsRequest() && m.CSeq.Method != m.Method:
		return malformed("CSeq is for %.20s, the request is %.20s", m.CSeq.Method, m.Method)
	}
	return nil
}

// ReadMessage reads one message from a stream (RFC 3261 §18.3). Keep-alive
// CRLFs (RFC 5626 §3.5.1) before it are passed to ping, which may be nil. An
// error ends the use of the stream.
func ReadMessage(r *bufio.Reader, ping func()) (*Message, error) {
	var head []byte
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, malformed("a header line of more than %d bytes", r.Size())
		}
		if err != nil {
			if errors.Is(err, io.EOF) && len(head)+len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		empty := len(bytes.TrimRight(line, "\r\n")) == 0
		if empty && len(head) == 0 {
			if ping != nil {
				ping()
			}
			continue
		}
		if empty {
			break
		}
		if len(head)+len(line) > MaxHead {
			return nil, malformed("a head of more than %d bytes", MaxHead)
		}
		head = append(head, line...)
	}
	m, length, err := parseHead(strings.TrimRight(string(head), "\r\n"))
	if err != nil {
		return nil, err
	}
	if length > MaxBody {
		return nil, &ParseError{What: fmt.Sprintf("a body of %d bytes", length), Status: 513, Message: m}
	}
	if length > 0 {
		m.Body = make([]byte, length)
		if _, err := io.ReadFull(r, m.Body); err != nil {
			return nil, err
		}
	}
	return m, nil
}
