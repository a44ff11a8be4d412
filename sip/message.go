package sip

import (
	"fmt"
	"strconv"
	"strings"
)

// A Message is a request (Status 0) or a response.
//
// Headers holds all headers in wire order. The typed fields are read from them
// by Parse, Add, Prepend, Set and Remove; changing a typed field changes no
// header. All that is read from a Message, nothing kept in it by reading, so any
// number of goroutines may read one that nobody changes.
type Message struct {
	Method string // of a request
	URI    URI    // of a request
	Status int    // of a response, 100 to 699
	Reason string // of a response

	Headers []Header
	Body    []byte

	Via     Via // the topmost; Vias has all
	From    Address
	To      Address
	Contact Address // the first; Contacts has all
	CallID  string
	CSeq    CSeq

	// From whom and by what it came, for messages that were received.
	Source Source
}

// CSeq is the number and method of a request.
type CSeq struct {
	Number uint32 // less than 2^31
	Method string
}

// ParseCSeq reads the value of a CSeq header. The method is returned even if the
// number is too large, so that the request can be refused.
func ParseCSeq(s string) (CSeq, error) {
	var c CSeq
	var n uint64
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if n < 1<<31 {
			n = n*10 + uint64(s[i]-'0')
		}
		i++
	}
	digits := i
	i = skipBlanks(s, i)
	if method := s[i:]; digits > 0 && i > digits && isToken(method) {
		c.Method = method
	}
	switch {
	case c.Method == "":
		return c, fmt.Errorf("CSeq %.40q is no number and method", s)
	case n >= 1<<31:
		return c, fmt.Errorf("CSeq %.40q is not below 2^31", s)
	}
	c.Number = uint32(n)
	return c, nil
}

// String returns the header's value.
func (c CSeq) String() string { return strconv.FormatUint(uint64(c.Number), 10) + " " + c.Method }

// IsRequest reports whether the message is a request.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// NewRequest makes a request with a method and a target and no headers.
func NewRequest(method string, target URI) *Message {
	m := newMessage()
	m.Method, m.URI = method, target
	return m
}

// NewResponse makes the response to a request with what RFC 3261 §8.2.6 says: Via,
// From, To, Call-ID, CSeq, and Record-Route for those that make a dialog. The tag
// is added to To where it has none and the status is not 100. An empty reason is
// the usual one. What the request lacks, the response lacks.
func NewResponse(request *Message, status int, reason, tag string) *Message {
	if reason == "" {
		reason = ReasonPhrase(status)
	}
	m := newMessage()
	m.Status, m.Reason, m.Source = status, reason, request.Source
	m.Via, m.From, m.To, m.CallID, m.CSeq = request.Via, request.From, request.To, request.CallID, request.CSeq
	var from, to, cseq, callID string
	for i := range request.Headers {
		h := &request.Headers[i]
		switch kind := h.kind(); {
		case kind == kindVia:
			m.Headers = append(m.Headers, Header{"Via", h.Value})
		case kind == kindFrom && from == "":
			from = h.Value
		case kind == kindTo && to == "":
			to = h.Value
		case kind == kindCSeq && cseq == "":
			cseq = h.Value
		case kind == kindCallID && callID == "":
			callID = h.Value
		case kind == kindOther && status > 100 && status < 300 && h.is("Record-Route"):
			m.Headers = append(m.Headers, Header{"Record-Route", h.Value})
		}
	}
	if tag != "" && status > 100 && to != "" && request.To.Tag() == "" {
		if request.To.URI.IsZero() { // it could not be read: leave it alone
			tag = ""
		} else {
			to += ";tag=" + tag
			m.To.Params += ";tag=" + tag
		}
	}
	for _, h := range [...]Header{{"Call-ID", callID}, {"From", from}, {"To", to}, {"CSeq", cseq}} {
		if h.Value != "" {
			m.Headers = append(m.Headers, h)
		}
	}
	return m
}

// SetBody sets the body and its type.
func (m *Message) SetBody(contentType string, body []byte) {
	m.Body = body
	if len(body) > 0 {
		m.Set("Content-Type", contentType)
	} else {
		m.Remove("Content-Type")
	}
}

// setBeforeBody is Set, and a header that is new stands before those of the body.
func (m *Message) setBeforeBody(name, value string) {
	_, old := m.Lookup(name)
	m.Set(name, value)
	for i := len(m.Headers) - 1; !old && i > 0 && m.Headers[i-1].is("Content-Type"); i-- {
		m.Headers[i-1], m.Headers[i] = m.Headers[i], m.Headers[i-1]
	}
}

// Clone returns a copy whose headers can be changed. The body is shared.
func (m *Message) Clone() *Message {
	c := *m
	c.Headers = append(make([]Header, 0, len(m.Headers)+4), m.Headers...)
	return &c
}

// AppendTo appends the message as bytes. Content-Length is written last, and is
// always right. A line end in a header's value is written as a blank.
func (m *Message) AppendTo(b []byte) []byte { return m.appendTo(b, nil) }

func (m *Message) appendTo(b []byte, order Order) []byte {
	if m.IsRequest() {
		b = append(append(b, m.Method...), ' ')
		b = append(m.URI.AppendTo(b), " SIP/2.0\r\n"...)
	} else {
		b = append(b, "SIP/2.0 "...)
		b = append(strconv.AppendInt(b, int64(m.Status), 10), ' ')
		b = append(append(b, oneLine(m.Reason)...), "\r\n"...)
	}
	b = order.append(b, m.Method, m.Headers, nil)
	b = append(b, "Content-Length:  "...)
	b = strconv.AppendInt(b, int64(len(m.Body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, m.Body...)
}

// appendTo appends a header line.
func (h *Header) appendTo(b []byte) []byte {
	b = append(append(b, h.Name...), ": "...)
	if hasLineEnd(h.Value) {
		return append(append(b, oneLine(h.Value)...), "\r\n"...)
	}
	return append(append(b, h.Value...), "\r\n"...)
}

// String returns the message as text.
func (m *Message) String() string { return string(m.AppendTo(nil)) }

// startText is the start line, for errors and logs.
func (m *Message) startText() string {
	if m.IsRequest() {
		return strings.TrimSpace(m.Method + " " + m.URI.String())
	}
	return strconv.Itoa(m.Status) + " " + m.Reason
}
