package sip

import (
	"fmt"
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
// brackets belong to the header, and such a URI has no headers (RFC 3261 §20). A
// display name that should have been quoted is accepted, as is white space
// around the URI within its brackets.
func ParseAddress(s string) (Address, error) {
	var a Address
	if err := a.parse(trim(s)); err != nil {
		return Address{}, err
	}
	return a, nil
}

// parse leaves a half-read address behind when it fails.
func (a *Address) parse(s string) error {
	if s == "*" {
		a.Star = true
		return nil
	}
	open := angle(s)
	if open < 0 {
		uri := s
		if i := strings.IndexByte(s, ';'); i >= 0 {
			uri, a.Params = trimRight(s[:i]), s[i:]
		}
		if strings.IndexByte(uri, '?') >= 0 {
			return fmt.Errorf("address %.80q has URI headers but no brackets", s)
		}
		if err := a.URI.parse(uri); err != nil {
			return err
		}
		if strings.IndexByte(uri, ',') >= 0 {
			return fmt.Errorf("address %.80q has a comma but no brackets", s)
		}
		if !checkParams(a.Params) {
			return fmt.Errorf("address %.80q has malformed parameters", s)
		}
		return nil
	}
	end := strings.IndexByte(s[open:], '>')
	if end < 0 {
		return fmt.Errorf("address %.80q has no >", s)
	}
	end += open
	if open > 0 {
		a.Display = unquote(trimRight(s[:open]))
	}
	uri := s[open+1 : end]
	if uri != "" && (uri[0] <= ' ' || uri[len(uri)-1] <= ' ') {
		uri = trim(uri)
	}
	if err := a.URI.parse(uri); err != nil {
		return err
	}
	if end+1 < len(s) {
		a.Params = trim(s[end+1:])
		if !checkParams(a.Params) {
			return fmt.Errorf("address %.80q has malformed parameters", s)
		}
	}
	return nil
}

// angle returns the index of the < that starts the URI, outside quotes, or -1.
func angle(s string) int {
	i := strings.IndexByte(s, '<')
	if i < 0 || strings.IndexByte(s[:i], '"') < 0 {
		return i
	}
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

// cutAddress reads the first address of a list, and returns what follows its
// comma; more tells whether there was one.
func cutAddress(list string) (a Address, rest string, more bool, err error) {
	element, rest := cutElement(list)
	more = len(element) < len(list)
	a, err = ParseAddress(element)
	return a, rest, more, err
}

// IsZero reports whether there is no address.
func (a Address) IsZero() bool { return a.URI.Scheme == "" && !a.Star }

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

// WithTag returns the address with another tag, or without one if it is "".
func (a Address) WithTag(tag string) Address {
	if a.Params = WithoutParam(a.Params, "tag"); tag != "" {
		a.Params += ";tag=" + tag
	}
	return a
}

// WithParam returns the address with a header parameter set.
func (a Address) WithParam(name, value string) Address {
	a.Params = WithParam(a.Params, name, value)
	return a
}

// AppendTo appends the address as text, the URI in angle brackets.
func (a Address) AppendTo(b []byte) []byte {
	if a.Star {
		return append(b, '*')
	}
	if a.Display != "" {
		b = append(appendQuoted(b, a.Display), ' ')
	}
	b = a.URI.AppendTo(append(b, '<'))
	return append(append(b, '>'), a.Params...)
}

// String returns the address as text.
func (a Address) String() string { return string(a.AppendTo(make([]byte, 0, 96))) }
