package sip

import (
	"bytes"
	"strings"
)

// A Header is one header line: its name as it was written and its value,
// unfolded and without surrounding blanks.
type Header struct{ Name, Value string }

// compact maps the short names of RFC 3261 §7.3.3 and its extensions to the long ones.
var compact = [256]string{'a': "Accept-Contact", 'b': "Referred-By", 'c': "Content-Type", 'd': "Request-Disposition",
	'e': "Content-Encoding", 'f': "From", 'i': "Call-ID", 'j': "Reject-Contact", 'k': "Supported", 'l': "Content-Length",
	'm': "Contact", 'n': "Identity-Info", 'o': "Event", 'r': "Refer-To", 's': "Subject", 't': "To", 'u': "Allow-Events",
	'v': "Via", 'x': "Session-Expires", 'y': "Identity"}

// long returns the long form of a header's name.
func long(name string) string {
	if len(name) == 1 {
		if l := compact[name[0]|0x20]; l != "" {
			return l
		}
	}
	return name
}

// compacted is a message with the short names of its headers where there are any.
func compacted(message []byte) []byte {
	out := make([]byte, 0, len(message))
	for first := true; ; first = false {
		line, rest, more := bytes.Cut(message, []byte("\r\n"))
		if !more || len(line) == 0 { // what follows is the body
			return append(out, message...)
		}
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && !first {
			if short := shortOf(string(name)); short != 0 {
				line = append([]byte{short, ':'}, value...)
			}
		}
		out = append(append(out, line...), "\r\n"...)
		message = rest
	}
}

// shortOf is the short name of a header, or 0.
func shortOf(name string) byte {
	for letter := byte('a'); letter <= 'z'; letter++ {
		if l := compact[letter]; l != "" && strings.EqualFold(l, name) {
			return letter
		}
	}
	return 0
}

// is reports whether a header has the (long) name.
func (h *Header) is(name string) bool {
	if len(h.Name) == 1 {
		return strings.EqualFold(long(h.Name), name)
	}
	return len(h.Name) == len(name) && (h.Name == name || strings.EqualFold(h.Name, name))
}

// The kinds of headers that have typed values, and Content-Length.
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

// kindNames are the long names of the kinds.
var kindNames = [...]string{kindVia: "Via", kindFrom: "From", kindTo: "To", kindContact: "Contact", kindCallID: "Call-ID",
	kindCSeq: "CSeq", kindLength: "Content-Length"}

// kind finds out quickly which typed header this is.
func (h *Header) kind() int { return kindOf(h.Name) }

func kindOf(n string) int {
	k := kindOther
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
		return kindOther
	case 2:
		k = kindTo
	case 3:
		k = kindVia
	case 4:
		if k = kindFrom; n[0]|0x20 == 'c' {
			k = kindCSeq
		}
	case 7:
		if k = kindContact; len(n) > 4 && n[4] == '-' {
			k = kindCallID
		}
	case 14:
		k = kindLength
	default:
		return kindOther
	}
	if n == kindNames[k] || strings.EqualFold(n, kindNames[k]) {
		return k
	}
	return kindOther
}

// Get returns the first value of a header, or "".
func (m *Message) Get(name string) string {
	v, _ := m.Lookup(name)
	return v
}

// Lookup returns the first value of a header and whether there is one. Short and
// long names, in any case, mean the same.
func (m *Message) Lookup(name string) (string, bool) {
	name = long(name)
	for i := range m.Headers {
		if m.Headers[i].is(name) {
			return m.Headers[i].Value, true
		}
	}
	return "", false
}

// All returns the values of all headers of a name, in order, a line each.
func (m *Message) All(name string) []string {
	name = long(name)
	var list []string
	for i := range m.Headers {
		if m.Headers[i].is(name) {
			list = append(list, m.Headers[i].Value)
		}
	}
	return list
}

// List returns the elements of a header that is a comma-separated list (Via,
// Route, Supported …), over all its lines. Empty elements are left out.
func (m *Message) List(name string) []string {
	name = long(name)
	var list []string
	for i := range m.Headers {
		if !m.Headers[i].is(name) {
			continue
		}
		for v := m.Headers[i].Value; v != ""; {
			var element string
			element, v = cutElement(v)
			if element = trim(element); element != "" {
				list = append(list, element)
			}
		}
	}
	return list
}

// Has reports whether a list header holds a token, in any case: Supported,
// Require, Allow and their like. It allocates nothing.
func (m *Message) Has(name, token string) bool {
	name = long(name)
	for i := range m.Headers {
		if !m.Headers[i].is(name) {
			continue
		}
		for v := m.Headers[i].Value; v != ""; {
			var element string
			if element, v = cutElement(v); strings.EqualFold(trim(element), token) {
				return true
			}
		}
	}
	return false
}

// cutElement splits a list at its first comma outside quotes and angle brackets.
func cutElement(v string) (element, rest string) {
	i := strings.IndexByte(v, ',')
	if i < 0 {
		return v, ""
	}
	if strings.IndexByte(v[:i], '"') < 0 && strings.IndexByte(v[:i], '<') < 0 {
		return v[:i], v[i+1:]
	}
	quoted, angle := false, false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case angle:
			angle = c != '>'
		case c == '"':
			quoted = true
		case c == '<':
			angle = true
		case c == ',':
			return v[:i], v[i+1:]
		}
	}
	return v, ""
}
