package sip

import "strings"

// Param finds a parameter in ";name=value;flag" texts, as URIs, Via and
// addresses have them, in any case. Quotes around the value are removed.
func Param(params, name string) (value string, ok bool) {
	for params != "" {
		var key, v string
		key, v, params = cutParam(params)
		if len(key) == len(name) && strings.EqualFold(key, name) {
			return unquote(v), true
		}
	}
	return "", false
}

// WithParam returns ";name=value;flag" texts with one parameter set, where it
// stands or at the end; "name" alone if the value is empty. The value is quoted
// where it has to be.
func WithParam(params, name, value string) string {
	if value != "" && !isValue(value) {
		value = Quote(value)
	}
	if value != "" {
		value = "=" + value
	}
	b := make([]byte, 0, len(params)+len(name)+len(value)+1)
	done := false
	for params != "" {
		key, v, rest := cutParam(params)
		params = rest
		switch {
		case key == "":
		case !strings.EqualFold(key, name):
			b = append(append(b, ';'), key...)
			if v != "" {
				b = append(append(b, '='), v...)
			}
		case !done:
			done = true
			b = append(append(append(b, ';'), name...), value...)
		}
	}
	if !done {
		b = append(append(append(b, ';'), name...), value...)
	}
	return string(b)
}

// WithoutParam returns ";name=value;flag" texts without one parameter.
func WithoutParam(params, name string) string {
	if _, ok := Param(params, name); !ok {
		return params
	}
	b := make([]byte, 0, len(params))
	for params != "" {
		key, v, rest := cutParam(params)
		params = rest
		if key == "" || strings.EqualFold(key, name) {
			continue
		}
		b = append(append(b, ';'), key...)
		if v != "" {
			b = append(append(b, '='), v...)
		}
	}
	return string(b)
}

// cutParam takes the first parameter off; the value is as written, quotes
// included.
func cutParam(params string) (name, value, rest string) {
	i := 0
	for i < len(params) && (params[i] == ';' || params[i] == ' ' || params[i] == '\t') {
		i++
	}
	params = params[i:]
	end := paramEnd(params)
	p := params[:end]
	for i := 0; i < len(p); i++ {
		if p[i] == '=' {
			return trim(p[:i]), trim(p[i+1:]), params[end:]
		}
	}
	return trim(p), "", params[end:]
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

// checkParams reports whether header parameters are ";name" or ";name=value"
// each, the value free of blanks, commas and control characters unless quoted.
func checkParams(s string) bool {
	for i := 0; i < len(s); {
		if i = skipBlanks(s, i); i == len(s) {
			return true
		}
		if s[i] != ';' {
			return false
		}
		i = skipBlanks(s, i+1)
		start := i
		for i < len(s) && class[s[i]]&tokenChar != 0 {
			i++
		}
		if i == start {
			return false
		}
		if i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i = skipBlanks(s, i)
		}
		if i == len(s) || s[i] != '=' {
			continue
		}
		if i = skipBlanks(s, i+1); i < len(s) && s[i] == '"' {
			n := quotedEnd(s[i:])
			if n < 0 {
				return false
			}
			i += n
			continue
		}
		for i < len(s) && class[s[i]]&valueChar != 0 {
			i++
		}
	}
	return true
}

func skipBlanks(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// The classes of bytes.
const (
	tokenChar = 1 << iota // token, RFC 3261 §25.1
	hostChar              // of names and IPv4 addresses; _ occurs in the wild
	valueChar             // of an unquoted parameter's value, leniently
	userChar              // may stand unescaped in the user part
	uriChar               // of a URI at all, leniently: others must be escaped
)

// class tells what a byte may be.
var class = func() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if alnum || strings.IndexByte("-.!%*_+`'~", c) >= 0 {
			t[i] |= tokenChar
		}
		if alnum || c == '-' || c == '.' || c == '_' {
			t[i] |= hostChar
		}
		if c > ' ' && c != 0x7f && strings.IndexByte(`",;<>`, c) < 0 {
			t[i] |= valueChar
		}
		if c > ' ' && c != 0x7f && c != '<' && c != '>' && c != '"' {
			t[i] |= uriChar
		}
		if alnum || strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0 {
			t[i] |= userChar
		}
	}
	return t
}()

// trim removes blanks at both ends.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return trimRight(s)
}

func trimRight(s string) string {
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if class[s[i]]&tokenChar == 0 {
			return false
		}
	}
	return s != ""
}

func isValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if class[s[i]]&valueChar == 0 {
			return false
		}
	}
	return true
}

// quotedEnd returns the length of the quoted-string that s starts with, or -1.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
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

// Quote makes a quoted-string. Line ends become blanks.
func Quote(s string) string { return string(appendQuoted(make([]byte, 0, len(s)+2), s)) }

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\r', '\n':
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
