package sip

import (
	"bytes"
	"fmt"
	"strings"
	"unsafe"
)

// The limits of what is read; ReadLimits can change those of streams.
const (
	MaxDatagram = 65535
	MaxHeaders  = 256
	MaxHead     = 64 << 10 // bytes of start line and headers on a stream
	MaxBody     = 1 << 20  // bytes of a body on a stream
)

// A ParseError says why bytes are no message, where, and with what a request can
// be refused.
type ParseError struct {
	What   string
	Header string // the header's name as it was written; "" for the start line and the whole
	Offset int    // of the line within the message, in bytes
	Status int    // 400, 505, 513 …; 0 where no answer makes sense
	// Message is as much as could be read, for the answer; nil if not enough: an
	// answer needs the method and the topmost Via.
	Message *Message
	// Framed tells that the end of the message was found, so that a stream can be
	// read on.
	Framed bool
}

func (e *ParseError) Error() string {
	if e.Header != "" {
		return fmt.Sprintf("no SIP message: %s, byte %d: %s", e.Header, e.Offset, e.What)
	}
	return "no SIP message: " + e.What
}

func malformed(format string, args ...any) *ParseError {
	return &ParseError{What: fmt.Sprintf(format, args...), Status: 400}
}

// Parse reads a datagram, whose bytes are copied once and can be used again. A
// body is what Content-Length says, or the rest where there is none. Bytes
// behind the body are ignored (RFC 3261 §18.3). Lines may end with LF alone. The
// error is always a *ParseError.
//
// The start line, Via, From, To, Contact, Call-ID, CSeq and Content-Length have
// to be right; other headers are read when they are asked for.
func Parse(datagram []byte) (*Message, error) {
	if len(datagram) > MaxDatagram {
		return nil, &ParseError{What: fmt.Sprintf("%d bytes are too many", len(datagram))}
	}
	b := bytes.Clone(datagram)
	for len(b) > 0 && (b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	if len(b) == 0 {
		return nil, &ParseError{What: "empty"}
	}
	m := newMessage()
	// Headers share the buffer, which nobody writes to any more.
	end, length, bad := m.parseHead(unsafe.String(&b[0], len(b)), MaxHeaders)
	body := b[end:]
	if bad == nil && length > len(body) {
		bad = &ParseError{What: fmt.Sprintf("the body has %d bytes, not %d", len(body), length), Header: "Content-Length", Status: 400}
	}
	if bad != nil {
		return nil, bad.about(m)
	}
	if length >= 0 {
		body = body[:length]
	}
	if len(body) > 0 {
		m.Body = body[:len(body):len(body)]
	}
	return m, nil
}

// about adds what could be read of the message. Responses get no answer.
func (e *ParseError) about(m *Message) *ParseError {
	if m.Method == "" || m.Status != 0 {
		e.Status = 0
	}
	if m.Via.Host != "" && (m.Method != "" || m.Status != 0) {
		e.Message = m
	} else {
		e.Status = 0
	}
	return e
}

// noLength and badLength stand for a Content-Length that is absent, or unknown
// because of an error.
const (
	noLength  = -1
	badLength = -2
)

// parseHead reads start line and headers to the empty line, behind which is end;
// length is Content-Length, or noLength, or badLength. It goes on behind an error, to learn what the refusal needs.
func (m *Message) parseHead(text string, most int) (end, length int, bad *ParseError) {
	line, rest := cutLine(text)
	bad = m.startLine(line)
	if bad != nil && m.Method == "" {
		return 0, badLength, bad
	}
	length = noLength
	seen := 0
	for rest != "" {
		offset := len(text) - len(rest)
		line, rest = cutLine(rest)
		if line == "" {
			break
		}
		if rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			line, rest = unfold(line, rest)
		}
		if len(m.Headers) == most {
			if bad == nil {
				bad = malformed("more than %d headers", most)
			}
			return 0, badLength, bad
		}
		if e := m.header(line, &length, &seen); e != nil && bad == nil {
			bad = e
			bad.Offset = offset
		}
	}
	if bad == nil {
		bad = m.check(seen)
	}
	return len(text) - len(rest), length, bad
}

// cutLine takes a line off, without its end.
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

// unfold joins a line and those that continue it, a blank between them (RFC 3261
// §7.3.1).
func unfold(line, rest string) (string, string) {
	b := append(make([]byte, 0, len(line)+64), trimRight(line)...)
	for rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		line, rest = cutLine(rest)
		b = append(append(b, ' '), trim(line)...)
	}
	return string(b), rest
}

const version = "SIP/2.0"

func (m *Message) startLine(line string) *ParseError {
	if len(line) > 4 && strings.EqualFold(line[:4], "SIP/") {
		return m.statusLine(line)
	}
	i := strings.IndexByte(line, ' ')
	if i < 0 || !isToken(line[:i]) {
		return &ParseError{What: fmt.Sprintf("start line %.60q", line)}
	}
	method, rest := line[:i], trimRight(line[i+1:])
	end := strings.LastIndexByte(rest, ' ')
	if end < 0 || len(rest)-end < 5 || !strings.EqualFold(rest[end+1:end+5], "SIP/") {
		return &ParseError{What: fmt.Sprintf("start line %.60q", line)}
	}
	m.Method = method
	if v := rest[end+1:]; v != version && !strings.EqualFold(v, version) {
		return &ParseError{What: fmt.Sprintf("version %.20q", v), Status: 505}
	}
	target := rest[:end]
	if err := m.URI.parse(target); err != nil {
		return malformed("request target: %v", err)
	}
	if m.URI.Headers != "" {
		return malformed("request target %.60q has headers", target)
	}
	if i+1+len(rest) != len(line) {
		return malformed("request line ends with blanks")
	}
	return nil
}

func (m *Message) statusLine(line string) *ParseError {
	v, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	if !strings.EqualFold(v, version) {
		return &ParseError{What: fmt.Sprintf("version %.20q", v)}
	}
	n := 0
	for i := 0; i < len(code) && len(code) == 3; i++ {
		if code[i] < '0' || code[i] > '9' {
			n = 0
			break
		}
		n = n*10 + int(code[i]-'0')
	}
	if n < 100 || n > 699 || hasLineEnd(reason) {
		return &ParseError{What: fmt.Sprintf("status %.20q", rest)}
	}
	m.Status, m.Reason = n, reason
	return nil
}

// header reads one header line and its typed value; seen has a bit for each kind.
func (m *Message) header(line string, length, seen *int) *ParseError {
	i := 0
	for i < len(line) && class[line[i]]&tokenChar != 0 {
		i++
	}
	name := line[:i]
	if i = skipBlanks(line, i); name == "" || i == len(line) || line[i] != ':' {
		return malformed("header line %.60q has no name and colon", line)
	}
	value := trim(line[i+1:])
	if strings.IndexByte(value, '\r') >= 0 {
		return &ParseError{What: "a carriage return within the line", Header: name, Status: 400}
	}
	m.Headers = append(m.Headers, Header{name, value})
	kind := kindOf(name)
	if kind == kindOther {
		return nil
	}
	first := *seen&(1<<kind) == 0
	*seen |= 1 << kind
	if err := m.typed(kind, first, value, length); err != nil {
		return &ParseError{What: err.Error(), Header: name, Status: 400}
	}
	return nil
}

// typed reads a typed value; first tells that no other header of its kind came before.
func (m *Message) typed(kind int, first bool, value string, length *int) (err error) {
	switch kind {
	case kindVia:
		return m.vias(value, first)
	case kindContact:
		return m.contacts(value, first)
	case kindLength:
		return setLength(value, length)
	}
	if !first {
		return fmt.Errorf("there are two")
	}
	switch kind {
	case kindFrom:
		m.From, err = parsePerson(value)
	case kindTo:
		m.To, err = parsePerson(value)
	case kindCallID:
		if m.CallID = value; value == "" || strings.IndexByte(value, ' ') >= 0 {
			err = fmt.Errorf("%.60q is no Call-ID", value)
		}
	case kindCSeq:
		m.CSeq, err = ParseCSeq(value)
	}
	return err
}

func parsePerson(value string) (Address, error) {
	a, err := ParseAddress(value)
	if err == nil && a.Star {
		return Address{}, fmt.Errorf("* is no address")
	}
	return a, err
}

// vias checks a line of Via and keeps the topmost.
func (m *Message) vias(value string, first bool) error {
	for {
		v, rest, err := cutVia(value)
		if first {
			m.Via, first = v, false
		}
		if err != nil {
			return err
		}
		if rest == "" {
			return nil
		}
		value = rest
	}
}

// contacts checks a line of Contact and keeps the first.
func (m *Message) contacts(value string, first bool) error {
	if value == "" {
		return nil
	}
	for {
		a, rest, more, err := cutAddress(value)
		if err != nil {
			return err
		}
		if a.Star && (more || !first) || m.Contact.Star {
			return fmt.Errorf("* stands beside other contacts")
		}
		if m.Contact.IsZero() {
			m.Contact, first = a, false
		}
		if !more {
			return nil
		}
		value = rest
	}
}

func setLength(value string, length *int) error {
	before := *length
	*length = badLength
	n := 0
	for i := 0; i < len(value); i++ {
		if value[i] < '0' || value[i] > '9' || n > 1<<27 {
			return fmt.Errorf("%.20q is no length", value)
		}
		n = n*10 + int(value[i]-'0')
	}
	if value == "" || before != noLength && n != before {
		return fmt.Errorf("%.20q is not the only length", value)
	}
	*length = n
	return nil
}

// check tells what a message must have and this one has not (RFC 3261 §8.1.1).
func (m *Message) check(seen int) *ParseError {
	for _, kind := range [...]int{kindVia, kindFrom, kindTo, kindCallID, kindCSeq} {
		if seen&(1<<kind) == 0 {
			return malformed("no %s", kindNames[kind])
		}
	}
	if m.IsRequest() && m.CSeq.Method != m.Method {
		return &ParseError{What: fmt.Sprintf("CSeq is for %.20s, the request is %.20s", m.CSeq.Method, m.Method), Header: "CSeq", Status: 400}
	}
	return nil
}
