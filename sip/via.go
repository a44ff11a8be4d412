package sip

import (
	"fmt"
	"strconv"
	"strings"
)

// A Via is where a request came through (RFC 3261 §20.42).
type Via struct {
	Transport string // "UDP", "TCP", "TLS", "WS", "WSS", as written
	Host      string // IPv6 references keep their brackets
	Port      int    // 0 where none is given
	Params    string
}

// ParseVia reads the first element of a Via header.
func ParseVia(s string) (Via, error) {
	v, _, err := cutVia(s)
	if err != nil {
		return Via{}, err
	}
	return v, nil
}

// cutVia reads the first Via of a list and returns what follows its comma; a
// comma with nothing behind it is an error. The Via is returned even with an
// error where it tells to whom to complain.
func cutVia(list string) (v Via, rest string, err error) {
	s := list
	if strings.IndexByte(list, ',') >= 0 {
		if s, rest = cutElement(list); len(s) < len(list) && trim(rest) == "" {
			rest = ","
		}
	}
	s = trim(s)
	at, current := viaProtocol(s)
	if at < 0 {
		return v, rest, fmt.Errorf("Via %.80q does not start with SIP/2.0/", s)
	}
	start := at
	for at < len(s) && class[s[at]]&tokenChar != 0 {
		at++
	}
	if at == start || at == len(s) || s[at] != ' ' && s[at] != '\t' {
		return v, rest, fmt.Errorf("Via %.80q has no transport or no sent-by", s)
	}
	v.Transport = s[start:at]
	sentBy := s[skipBlanks(s, at):]
	if i := strings.IndexByte(sentBy, ';'); i >= 0 {
		sentBy, v.Params = sentBy[:i], sentBy[i:]
	}
	if v.Host, v.Port, err = splitSentBy(sentBy); err != nil {
		return Via{}, rest, fmt.Errorf("Via %.80q: %w", s, err)
	}
	if !checkParams(v.Params) {
		return v, rest, fmt.Errorf("Via %.80q has malformed parameters", s)
	}
	if !current {
		return v, rest, fmt.Errorf("Via %.80q is of another version", s)
	}
	return v, rest, nil
}

// viaProtocol returns the index of the transport behind "SIP/2.0/", or -1, and
// whether the version is ours.
func viaProtocol(s string) (at int, current bool) {
	if strings.HasPrefix(s, "SIP/2.0/") && len(s) > 8 && s[8] > ' ' {
		return 8, true
	}
	for i := range 2 {
		start := skipBlanks(s, at)
		for at = start; at < len(s) && class[s[at]]&tokenChar != 0; {
			at++
		}
		part := s[start:at]
		if at = skipBlanks(s, at); at == len(s) || s[at] != '/' || i == 0 && !strings.EqualFold(part, "SIP") {
			return -1, false
		}
		at, current = at+1, part == "2.0"
	}
	return skipBlanks(s, at), current
}

// splitSentBy allows blanks around the colon.
func splitSentBy(s string) (string, int, error) {
	s = trimRight(s)
	if strings.IndexByte(s, ' ') < 0 && strings.IndexByte(s, '\t') < 0 {
		return splitHostPort(s)
	}
	at := strings.LastIndexByte(s, ':')
	if at < 0 || strings.IndexByte(s[at:], ']') >= 0 {
		return splitHostPort(s)
	}
	return splitHostPort(trimRight(s[:at]) + ":" + trim(s[at+1:]))
}

// Param returns a parameter.
func (v Via) Param(name string) (string, bool) { return Param(v.Params, name) }

// Branch returns the branch, or "".
func (v Via) Branch() string {
	b, _ := Param(v.Params, "branch")
	return b
}

// WithParam returns the Via with a parameter set.
func (v Via) WithParam(name, value string) Via {
	v.Params = WithParam(v.Params, name, value)
	return v
}

// AppendTo appends the Via as text.
func (v Via) AppendTo(b []byte) []byte {
	b = append(append(b, "SIP/2.0/"...), v.Transport...)
	b = append(append(b, ' '), v.Host...)
	if v.Port != 0 {
		b = strconv.AppendInt(append(b, ':'), int64(v.Port), 10)
	}
	return append(b, v.Params...)
}

// String returns the Via as text.
func (v Via) String() string { return string(v.AppendTo(make([]byte, 0, 96))) }

// Vias returns all Vias, topmost first, over all lines.
func (m *Message) Vias() ([]Via, error) {
	var list []Via
	for i := range m.Headers {
		if m.Headers[i].kind() != kindVia {
			continue
		}
		for rest := m.Headers[i].Value; ; {
			v, more, err := cutVia(rest)
			if err != nil {
				return list, &ParseError{What: err.Error(), Header: "Via", Status: 400}
			}
			list = append(list, v)
			if rest = more; rest == "" {
				break
			}
		}
	}
	return list, nil
}
