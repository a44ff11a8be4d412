package sip

import (
	"fmt"
	"strconv"
	"strings"
)

// An Address is a name-addr or addr-spec with header parameters: From, To,
// Contact, Route and their like.
type Address struct {
	Display string // without quotes
	URI     URI
	Params  string // ";tag=…;expires=…", as written
	Star    bool   // Contact: *
}

// ParseAddress reads one address. Parameters behind a URI without angle
// brackets belong to the header (RFC 3261 §20).
func ParseAddress(s string) (Address, error) {
	var a Address
	s = strings.TrimSpace(s)
	if s == "*" {
		return Address{Star: true}, nil
	}
	open := angle(s)
	if open < 0 {
		uri := s
		if i := strings.IndexByte(s, ';'); i >= 0 {
			uri, a.Params = s[:i], s[i:]
		}
		var err error
		a.URI, err = ParseURI(strings.TrimSpace(uri))
		return a, err
	}
	end := strings.IndexByte(s[open:], '>')
	if end < 0 {
		return a, fmt.Errorf("address %.80q has no >", s)
	}
	end += open
	a.Display = unquote(strings.TrimSpace(s[:open]))
	var err error
	if a.URI, err = ParseURI(strings.TrimSpace(s[open+1 : end])); err != nil {
		return a, err
	}
	a.Params = strings.TrimSpace(s[end+1:])
	if a.Params != "" && a.Params[0] != ';' {
		return a, fmt.Errorf("address %.80q has text behind its URI", s)
	}
	return a, nil
}

// angle returns the index of the < that starts the URI, outside quotes, or -1.
func angle(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '<' && !quoted:
			return i
		}
	}
	return -1
}

// Param returns a header parameter.
func (a Address) Param(name string) (string, bool) { return Param(a.Params, name) }

// Tag returns the tag, or "".
func (a Address) Tag() string {
	if a.Params == "" {
		return ""
	}
	t, _ := Param(a.Params, "tag")
	return t
}

// WithTag returns the address with another tag.
func (a Address) WithTag(tag string) Address {
	var b strings.Builder
	params := a.Params
	for params != "" {
		params = strings.TrimLeft(params, "; \t")
		end := paramEnd(params)
		name, _, _ := strings.Cut(params[:end], "=")
		if !strings.EqualFold(strings.TrimSpace(name), "tag") && end > 0 {
			b.WriteString(";" + strings.TrimSpace(params[:end]))
		}
		params = params[end:]
	}
	if tag != "" {
		b.WriteString(";tag=" + tag)
	}
	a.Params = b.String()
	return a
}

// AppendTo appends the address as text, the URI in angle brackets.
func (a Address) AppendTo(b []byte) []byte {
	if a.Star {
		return append(b, '*')
	}
	if a.Display != "" {
		b = append(append(b, Quote(a.Display)...), ' ')
	}
	b = a.URI.AppendTo(append(b, '<'))
	return append(append(b, '>'), a.Params...)
}

// String returns the address as text.
func (a Address) String() string { return string(a.AppendTo(nil)) }

// A Via is where a request came through (RFC 3261 §20.42).
type Via struct {
	Transport string // "UDP", "TCP", "TLS", "WS", "WSS", as written
	Host      string
	Port      int // 0 where none is given
	Params    string
}

// ParseVia reads the first element of a Via header.
func ParseVia(s string) (Via, error) {
	var v Via
	s, _ = cutElement(s)
	s = strings.TrimSpace(s)
	rest := s
	for i := range 2 {
		part, after, ok := strings.Cut(rest, "/")
		part = strings.TrimSpace(part)
		if !ok || i == 0 && !strings.EqualFold(part, "SIP") || i == 1 && part != "2.0" {
			return v, fmt.Errorf("Via %.80q does not start with SIP/2.0/", s)
		}
		rest = after
	}
	rest = strings.TrimLeft(rest, " \t")
	end := strings.IndexAny(rest, " \t")
	if end <= 0 {
		return v, fmt.Errorf("Via %.80q has no sent-by", s)
	}
	v.Transport, rest = rest[:end], strings.TrimLeft(rest[end:], " \t")
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		rest, v.Params = rest[:i], rest[i:]
	}
	var err error
	v.Host, v.Port, err = splitHostPort(rest)
	if err != nil {
		return v, fmt.Errorf("Via %.80q: %w", s, err)
	}
	return v, nil
}

// Param returns a parameter.
func (v Via) Param(name string) (string, bool) { return Param(v.Params, name) }

// Branch returns the branch, or "".
func (v Via) Branch() string {
	b, _ := Param(v.Params, "branch")
	return b
}

// String returns the Via as text.
func (v Via) String() string {
	s := "SIP/2.0/" + v.Transport + " " + v.Host
	if v.Port != 0 {
		s += ":" + strconv.Itoa(v.Port)
	}
	return s + v.Params
}
