package sip

import (
	"fmt"
	"strconv"
	"strings"
)

// A URI is a SIP, SIPS or tel URI (RFC 3261 §19.1, RFC 3966), or with nothing
// but Scheme and Opaque one of another scheme.
type URI struct {
	Scheme   string // lower case: "sip", "sips", "tel"
	User     string // as written, escapes included; the number of a tel URI
	Password string
	Host     string // IPv6 references keep their brackets
	Port     int    // 0 where none is given
	Params   string // ";transport=tcp;lr", as written
	Headers  string // what follows "?", as written
	Opaque   string // what follows the colon of an unknown scheme
}

// ParseURI reads a URI without angle brackets.
func ParseURI(s string) (URI, error) {
	var u URI
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || scheme == "" {
		return u, fmt.Errorf("URI %.80q has no scheme", s)
	}
	switch {
	case scheme == "sip" || strings.EqualFold(scheme, "sip"):
		u.Scheme = "sip"
	case strings.EqualFold(scheme, "sips"):
		u.Scheme = "sips"
	case strings.EqualFold(scheme, "tel"):
		return parseTel(rest)
	default:
		for i := 0; i < len(scheme); i++ {
			if c := scheme[i] | 0x20; c < 'a' || c > 'z' {
				if i == 0 || strings.IndexByte("0123456789+-.", scheme[i]) < 0 {
					return u, fmt.Errorf("URI %.80q has no scheme", s)
				}
			}
		}
		return URI{Scheme: strings.ToLower(scheme), Opaque: rest}, nil
	}
	if at := userEnd(rest); at >= 0 {
		u.User = rest[:at]
		rest = rest[at+1:]
		if i := strings.IndexByte(u.User, ':'); i >= 0 {
			u.User, u.Password = u.User[:i], u.User[i+1:]
		}
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest, u.Headers = rest[:i], rest[i+1:]
	}
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		rest, u.Params = rest[:i], rest[i:]
	}
	var err error
	u.Host, u.Port, err = splitHostPort(rest)
	if err != nil {
		return u, fmt.Errorf("URI %.80q: %w", s, err)
	}
	return u, nil
}

// userEnd returns the index of the @ that ends the userinfo, or -1. A user may
// hold ; and ?, so that the @ is looked for first.
func userEnd(s string) int {
	return strings.LastIndexByte(s, '@')
}

func parseTel(rest string) (URI, error) {
	u := URI{Scheme: "tel", User: rest}
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		u.User, u.Params = rest[:i], rest[i:]
	}
	if u.User == "" {
		return u, fmt.Errorf("tel URI has no number")
	}
	return u, nil
}

// splitHostPort reads host, host:port, [v6] or [v6]:port.
func splitHostPort(s string) (host string, port int, err error) {
	s = strings.TrimSpace(s)
	text := ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, fmt.Errorf("host %.80q has no closing bracket", s)
		}
		host = s[:end+1]
		if rest := strings.TrimSpace(s[end+1:]); rest != "" {
			if rest[0] != ':' {
				return "", 0, fmt.Errorf("host %.80q is followed by text", s)
			}
			text = rest[1:]
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, text = strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1:])
		if text == "" {
			return "", 0, fmt.Errorf("host %.80q has an empty port", s)
		}
	} else {
		host = s
	}
	if host == "" {
		return "", 0, fmt.Errorf("no host")
	}
	for i := 0; i < len(host); i++ {
		c := host[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("<>\"\\^`{|},;@/", c) >= 0 {
			return "", 0, fmt.Errorf("host %.80q has a character that no host has", host)
		}
	}
	if text != "" {
		port, err = strconv.Atoi(text)
		if err != nil || port < 0 || port > 65535 || text[0] == '+' || text[0] == '-' {
			return "", 0, fmt.Errorf("%.20q is no port", text)
		}
	}
	return host, port, nil
}

// IsZero reports whether there is no URI.
func (u URI) IsZero() bool { return u.Scheme == "" }

// AppendTo appends the URI as text.
func (u URI) AppendTo(b []byte) []byte {
	b = append(append(b, u.Scheme...), ':')
	if u.Opaque != "" {
		return append(b, u.Opaque...)
	}
	if u.Scheme == "tel" {
		return append(append(b, u.User...), u.Params...)
	}
	if u.User != "" {
		b = append(b, u.User...)
		if u.Password != "" {
			b = append(append(b, ':'), u.Password...)
		}
		b = append(b, '@')
	}
	b = append(b, u.Host...)
	if u.Port != 0 {
		b = strconv.AppendInt(append(b, ':'), int64(u.Port), 10)
	}
	b = append(b, u.Params...)
	if u.Headers != "" {
		b = append(append(b, '?'), u.Headers...)
	}
	return b
}

// String returns the URI as text.
func (u URI) String() string { return string(u.AppendTo(nil)) }

// Param returns a parameter of the URI.
func (u URI) Param(name string) (string, bool) { return Param(u.Params, name) }

// Transport returns the transport that the URI asks for, in lower case, or "".
func (u URI) Transport() string {
	if u.Params == "" {
		return ""
	}
	t, _ := u.Param("transport")
	return strings.ToLower(t)
}

// UserText returns the user with its escapes resolved.
func (u URI) UserText() string { return Unescape(u.User) }

// Unescape resolves %-escapes. What is no escape is kept.
func Unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(n))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// EscapeUser escapes what may not stand in the user part (RFC 3261 §25.1).
func EscapeUser(s string) string {
	const allowed = "-_.!~*'()&=+$,;?/"
	var b []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(allowed, c) >= 0 {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "%%%02X", c)
		}
	}
	return string(b)
}

// Equal compares two URIs as RFC 3261 §19.1.4 says.
func (u URI) Equal(v URI) bool {
	if u.Scheme != v.Scheme || Unescape(u.User) != Unescape(v.User) || u.Password != v.Password ||
		!strings.EqualFold(u.Host, v.Host) || u.Port != v.Port || u.Opaque != v.Opaque {
		return false
	}
	for _, name := range []string{"user", "ttl", "method", "maddr", "transport"} {
		a, aok := u.Param(name)
		b, bok := v.Param(name)
		if aok != bok || !strings.EqualFold(a, b) {
			return false
		}
	}
	return sharedParamsAgree(u.Params, v) && sharedParamsAgree(v.Params, u) && sameHeaders(u.Headers, v.Headers)
}

func sharedParamsAgree(params string, other URI) bool {
	for params != "" {
		params = strings.TrimLeft(params, ";")
		end := paramEnd(params)
		name, value, _ := strings.Cut(params[:end], "=")
		params = params[end:]
		if v, ok := other.Param(name); ok && !strings.EqualFold(v, value) {
			return false
		}
	}
	return true
}

func sameHeaders(a, b string) bool {
	if a == b {
		return true
	}
	count := map[string]int{}
	for _, h := range strings.Split(strings.ToLower(Unescape(a)), "&") {
		count[h]++
	}
	for _, h := range strings.Split(strings.ToLower(Unescape(b)), "&") {
		count[h]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
