package sip

import "strings"

// A Header is one header line: its name as it was written and its value,
// unfolded and without surrounding blanks.
type Header struct{ Name, Value string }

// compact maps the short names of RFC 3261 §7.3.3 and its extensions to the long ones.
var compact = [256]string{'a': "Accept-Contact", 'b': "Referred-By", 'c': "Content-Type", 'd': "Request-Disposition",
	'e': "Content-Encoding", 'f': "From", 'i': "Call-ID", 'j': "Reject-Contact", 'k': "Supported", 'l': "Content-Length",
	'm': "Contact", 'o': "Event", 'r': "Refer-To", 's': "Subject", 't': "To", 'u': "Allow-Events", 'v': "Via",
	'x': "Session-Expires", 'y': "Identity"}

// long returns the long form of a header's name.
func long(name string) string {
	if len(name) == 1 {
		if l := compact[name[0]|0x20]; l != "" {
			return l
		}
	}
	return name
}

// is reports whether a header has the (long) name.
func (h *Header) is(name string) bool {
	if len(h.Name) == 1 {
		return strings.EqualFold(long(h.Name), name)
	}
	return len(h.Name) == len(name) && strings.EqualFold(h.Name, name)
}

// Get returns the first value of a header, or "".
func (m *Message) Get(name string) string {
	v, _ := m.Lookup(name)
	return v
}

// Lookup returns the first value of a header and whether there is one.
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
// Route, Supported …), over all its lines.
func (m *Message) List(name string) []string {
	var list []string
	for _, v := range m.All(name) {
		for v != "" {
			var element string
			element, v = cutElement(v)
			if element = strings.TrimSpace(element); element != "" {
				list = append(list, element)
			}
		}
	}
	return list
}

// Has reports whether a list header holds a token, in any case.
func (m *Message) Has(name, token string) bool {
	for _, t := range m.List(name) {
		if strings.EqualFold(t, token) {
			return true
		}
	}
	return false
}

// cutElement splits a list at its first comma outside quotes and angle brackets.
func cutElement(v string) (element, rest string) {
	quoted, angle := false, 0
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '<':
			angle++
		case c == '>' && angle > 0:
			angle--
		case c == ',' && angle == 0:
			return v[:i], v[i+1:]
		}
	}
	return v, ""
}

// Add appends a header.
func (m *Message) Add(name, value string) {
	m.Headers = append(m.Headers, Header{name, value})
	m.interpret(name, value)
}

// Prepend puts a header before all others of its name, or first of all.
func (m *Message) Prepend(name, value string) {
	at := 0
	for i := range m.Headers {
		if m.Headers[i].is(long(name)) {
			at = i
			break
		}
	}
	m.Headers = append(m.Headers, Header{})
	copy(m.Headers[at+1:], m.Headers[at:])
	m.Headers[at] = Header{name, value}
	if strings.EqualFold(long(name), "Via") {
		m.Via, _ = ParseVia(value)
	}
}

// Set replaces the first header of a name by one value and removes the others,
// or appends it.
func (m *Message) Set(name, value string) {
	full := long(name)
	set := false
	kept := m.Headers[:0:len(m.Headers)]
	for _, h := range m.Headers {
		if h.is(full) {
			if set {
				continue
			}
			set = true
			h.Value = value
		}
		kept = append(kept, h)
	}
	m.Headers = kept
	if !set {
		m.Headers = append(m.Headers, Header{name, value})
	}
	m.forget(full)
	m.interpret(name, value)
}

// Remove removes all headers of a name.
func (m *Message) Remove(name string) {
	full := long(name)
	kept := m.Headers[:0:len(m.Headers)]
	for _, h := range m.Headers {
		if !h.is(full) {
			kept = append(kept, h)
		}
	}
	m.Headers = kept
	m.forget(full)
}

// RemoveFirst removes the first header of a name: a proxy's own Via or Route.
func (m *Message) RemoveFirst(name string) {
	full := long(name)
	for i := range m.Headers {
		if m.Headers[i].is(full) {
			m.Headers = append(m.Headers[:i], m.Headers[i+1:]...)
			m.forget(full)
			if v, ok := m.Lookup(full); ok {
				m.interpret(full, v)
			}
			return
		}
	}
}

// Param finds a parameter in ";name=value;flag" texts, as URIs, Via and
// addresses have them. Quotes around the value are removed.
func Param(params, name string) (value string, ok bool) {
	for params != "" {
		params = strings.TrimLeft(params, "; \t")
		end := paramEnd(params)
		p := params[:end]
		params = params[end:]
		key, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return unquote(strings.TrimSpace(v)), true
		}
	}
	return "", false
}

// paramEnd returns the index of the semicolon that ends the first parameter.
func paramEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			return i
		}
	}
	return len(s)
}

// unquote takes a quoted-string apart (RFC 3261 §25.1); other text is returned as it is.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", " ", "\n", " ")

// Quote makes a quoted-string.
func Quote(s string) string {
	if strings.ContainsAny(s, "\\\"\r\n") {
		s = quoted.Replace(s)
	}
	return `"` + s + `"`
}
