package sip

import (
	"fmt"
	"strconv"
	"strings"
)

// The methods of requests.
const (
	Invite    = "INVITE"
	Ack       = "ACK"
	Bye       = "BYE"
	Cancel    = "CANCEL"
	Register  = "REGISTER"
	Options   = "OPTIONS"
	Info      = "INFO"      // RFC 6086
	Prack     = "PRACK"     // RFC 3262
	Update    = "UPDATE"    // RFC 3311
	Subscribe = "SUBSCRIBE" // RFC 6665
	Notify    = "NOTIFY"    // RFC 6665
	Refer     = "REFER"     // RFC 3515
	Publish   = "PUBLISH"   // RFC 3903
	MessageM  = "MESSAGE"   // RFC 3428
)

// A Message is a request (Status 0) or a response.
//
// Headers holds all headers in wire order. The typed fields are read from them
// by Parse, Add, Set and Remove; changing a typed field changes no header.
type Message struct {
	Method string // of a request
	URI    URI    // of a request
	Status int    // of a response, 100 to 699
	Reason string // of a response

	Headers []Header
	Body    []byte

	Via     Via // the topmost
	From    Address
	To      Address
	Contact Address // the first
	CallID  string
	CSeq    CSeq

	// From whom and by what it came, for messages that were received.
	Source Source
}

// CSeq is the number and method of a request.
type CSeq struct {
	Number uint32
	Method string
}

// IsRequest reports whether the message is a request.
func (m *Message) IsRequest() bool { return m.Status == 0 }

// interpret reads the typed value of a header that has one.
func (m *Message) interpret(name, value string) {
	var err error
	switch n := long(name); {
	case strings.EqualFold(n, "Via"):
		if m.Via.Host == "" {
			m.Via, err = ParseVia(value)
		}
	case strings.EqualFold(n, "From"):
		m.From, err = ParseAddress(value)
	case strings.EqualFold(n, "To"):
		m.To, err = ParseAddress(value)
	case strings.EqualFold(n, "Contact"):
		if m.Contact.URI.IsZero() && !m.Contact.Star {
			first, _ := cutElement(value)
			m.Contact, err = ParseAddress(first)
		}
	case strings.EqualFold(n, "Call-ID"):
		m.CallID = value
	case strings.EqualFold(n, "CSeq"):
		m.CSeq, err = parseCSeq(value)
	}
	_ = err // Parse checks what it reads; what a program sets itself is its own word
}

func (m *Message) forget(name string) {
	switch {
	case strings.EqualFold(name, "Via"):
		m.Via = Via{}
	case strings.EqualFold(name, "From"):
		m.From = Address{}
	case strings.EqualFold(name, "To"):
		m.To = Address{}
	case strings.EqualFold(name, "Contact"):
		m.Contact = Address{}
	case strings.EqualFold(name, "Call-ID"):
		m.CallID = ""
	case strings.EqualFold(name, "CSeq"):
		m.CSeq = CSeq{}
	}
}

func parseCSeq(s string) (CSeq, error) {
	number, method, ok := strings.Cut(s, " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if !ok || err != nil || n >= 1<<31 {
		return CSeq{}, fmt.Errorf("CSeq %.40q is no number and method", s)
	}
	return CSeq{uint32(n), strings.TrimSpace(method)}, nil
}

// NewRequest makes a request with a method and a target and no headers.
func NewRequest(method string, target URI) *Message {
	return &Message{Method: method, URI: target, Headers: make([]Header, 0, 16)}
}

// NewResponse makes the response to a request with what RFC 3261 §8.2.6 says: Via,
// From, To, Call-ID, CSeq, and Record-Route for those that make a dialog. The tag
// is added to To where it has none and the status is not 100. An empty reason is
// the usual one.
func NewResponse(request *Message, status int, reason, tag string) *Message {
	if reason == "" {
		reason = ReasonPhrase(status)
	}
	m := &Message{Status: status, Reason: reason, Headers: make([]Header, 0, 16), Via: request.Via, From: request.From,
		To: request.To, CallID: request.CallID, CSeq: request.CSeq, Source: request.Source}
	for i := range request.Headers {
		h := &request.Headers[i]
		switch {
		case h.is("Via"):
			m.Headers = append(m.Headers, Header{"Via", h.Value})
		case h.is("Record-Route") && status > 100 && status < 300:
			m.Headers = append(m.Headers, Header{"Record-Route", h.Value})
		}
	}
	to := request.Get("To")
	if tag != "" && status > 100 && request.To.Tag() == "" {
		to += ";tag=" + tag
		m.To.Params += ";tag=" + tag
	}
	m.Headers = append(m.Headers, Header{"Call-ID", request.CallID}, Header{"From", request.Get("From")}, Header{"To", to},
		Header{"CSeq", request.Get("CSeq")})
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

// Clone returns a copy whose headers can be changed.
func (m *Message) Clone() *Message {
	c := *m
	c.Headers = append(make([]Header, 0, len(m.Headers)+4), m.Headers...)
	return &c
}

// AppendTo appends the message as bytes. Content-Length is written last, and is
// always right.
func (m *Message) AppendTo(b []byte) []byte {
	if m.IsRequest() {
		b = append(append(b, m.Method...), ' ')
		b = append(m.URI.AppendTo(b), " SIP/2.0\r\n"...)
	} else {
		b = append(b, "SIP/2.0 "...)
		b = append(strconv.AppendInt(b, int64(m.Status), 10), ' ')
		b = append(append(b, m.Reason...), "\r\n"...)
	}
	for i := range m.Headers {
		h := &m.Headers[i]
		if h.is("Content-Length") {
			continue
		}
		b = append(append(b, h.Name...), ": "...)
		b = append(append(b, h.Value...), "\r\n"...)
	}
	b = append(b, "Content-Length:  "...)
	b = strconv.AppendInt(b, int64(len(m.Body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, m.Body...)
}

// String returns the message as text.
func (m *Message) String() string { return string(m.AppendTo(nil)) }

var reasons = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 199: "Early Dialog Terminated",
	200: "OK", 202: "Accepted", 204: "No Notification", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily",
	305: "Use Proxy", 380: "Alternative Service", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
	404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
	410: "Gone", 412: "Conditional Request Failed", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
	415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension", 421: "Extension Required",
	422: "Session Interval Too Small", 423: "Interval Too Brief", 428: "Use Identity Header", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops", 484: "Address Incomplete", 485: "Ambiguous",
	486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending",
	493: "Undecipherable", 494: "Security Agreement Required", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
	503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable", 607: "Unwanted", 608: "Rejected",
}

// ReasonPhrase returns the usual words for a status.
func ReasonPhrase(status int) string {
	if r, ok := reasons[status]; ok {
		return r
	}
	switch status / 100 {
	case 1:
		return "Progress"
	case 2:
		return "OK"
	case 3:
		return "Redirected"
	case 4:
		return "Client Error"
	case 5:
		return "Server Error"
	}
	return "Failure"
}
