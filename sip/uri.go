package sip

import (
	"fmt"
	"net/netip"
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
	if err := u.parse(s); err != nil {
		return URI{}, err
	}
	return u, nil
}

func (u *URI) parse(s string) error {
	i, at := -1, -1 // the first colon, the first @
	for k := 0; k < len(s); k++ {
		switch c := s[k]; {
		case class[c]&uriChar == 0:
			return fmt.Errorf("URI %.80q has a character that must be escaped", s)
		case c == ':' && i < 0:
			i = k
		case c == '@' && at < 0:
			at = k
		}
	}
	if i <= 0 {
		return fmt.Errorf("URI %.80q has no scheme", s)
	}
	scheme, rest := s[:i], s[i+1:]
	switch {
	case scheme == "sip" || strings.EqualFold(scheme, "sip"):
		u.Scheme = "sip"
	case strings.EqualFold(scheme, "sips"):
		u.Scheme = "sips"
	case strings.EqualFold(scheme, "tel"):
		return u.parseTel(rest)
	default:
		return u.parseOther(scheme, rest)
	}
	if at > i {
		u.User, rest = s[i+1:at], s[at+1:]
		if u.User == "" {
			return fmt.Errorf("URI %.80q has an @ but no user", s)
		}
		if i := strings.IndexByte(u.User, ':'); i >= 0 {
			u.User, u.Password = u.User[:i], u.User[i+1:]
			if u.User == "" {
				return fmt.Errorf("URI %.80q has a password but no user", s)
			}
		}
	}
	end := 0
	for end < len(rest) && rest[end] != ';' && rest[end] != '?' {
		end++
	}
	host, tail := rest[:end], rest[end:]
	if tail != "" {
		if i := strings.IndexByte(tail, '?'); i >= 0 {
			tail, u.Headers = tail[:i], tail[i+1:]
		}
		u.Params = tail
	}
	var err error
	if u.Host, u.Port, err = splitHostPort(host); err != nil {
		return fmt.Errorf("URI %.80q: %w", s, err)
	}
	return nil
}

func (u *URI) parseTel(rest string) error {
	u.Scheme, u.User = "tel", rest
	if i := strings.IndexByte(rest, ';'); i >= 0 {
		u.User, u.Params = rest[:i], rest[i:]
	}
	digits := 0
	for i := 0; i < len(u.User); i++ {
		c := u.User[i]
		switch {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'f', c == '*', c == '#':
			digits++
		case strings.IndexByte("-.()", c) >= 0, c == '+' && i == 0:
		default:
			return fmt.Errorf("tel URI %.80q has a character that no number has", rest)
		}
	}
	if digits == 0 {
		return fmt.Errorf("tel URI %.80q has no number", rest)
	}
	return nil
}

func (u *URI) parseOther(scheme, rest string) error {
	for i := 0; i < len(scheme); i++ {
		if c := scheme[i] | 0x20; c < 'a' || c > 'z' {
			if i == 0 || strings.IndexByte("0123456789+-.", scheme[i]) < 0 {
				return fmt.Errorf("URI %.80q has no scheme", scheme+":"+rest)
			}
		}
	}
	if rest == "" {
		return fmt.Errorf("URI %.80q has nothing but a scheme", scheme+":")
	}
	u.Scheme, u.Opaque = strings.ToLower(scheme), rest
	return nil
}

// splitHostPort reads host, host:port, [v6] or [v6]:port.
func splitHostPort(s string) (host string, port int, err error) {
	text := ""
	if s != "" && s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", 0, fmt.Errorf("host %.80q has no closing bracket", s)
		}
		if host, err = reference(s[:end+1]); err != nil {
			return "", 0, err
		}
		if s = s[end+1:]; s == "" {
			return host, 0, nil
		}
		if s[0] != ':' {
			return "", 0, fmt.Errorf("host %.80q is followed by text", host)
		}
		text = s[1:]
	} else {
		i := 0
		for i < len(s) && class[s[i]]&hostChar != 0 {
			i++
		}
		if host = s[:i]; i == 0 {
			return "", 0, fmt.Errorf("no host in %.80q", s)
		}
		if i == len(s) {
			return host, 0, nil
		}
		if s[i] != ':' {
			return "", 0, fmt.Errorf("host %.80q has a character that no host has", s)
		}
		text = s[i+1:]
	}
	for i := 0; i < len(text); i++ {
		if port = port*10 + int(text[i]-'0'); text[i] < '0' || text[i] > '9' || port > 65535 {
			return "", 0, fmt.Errorf("%.20q is no port", text)
		}
	}
	if text == "" {
		return "", 0, fmt.Errorf("host %.80q has an empty port", host)
	}
	return host, port, nil
}

// reference checks an IPv6 reference. One colon too many before an IPv4 part,
// which RFC 3261's grammar asks for, is taken out (RFC 5118 §4.10).
func reference(s string) (string, error) {
	if a, err := netip.ParseAddr(s[1 : len(s)-1]); err == nil && a.Is6() {
		return s, nil
	}
	fixed := strings.Replace(s, ":::", "::", 1)
	if a, err := netip.ParseAddr(fixed[1 : len(fixed)-1]); err == nil && a.Is6() && strings.IndexByte(fixed, '.') >= 0 {
		return fixed, nil
	}
	return "", fmt.Errorf("%.60q is no IPv6 reference", s)
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
func (u URI) String() string { return string(u.AppendTo(make([]byte, 0, 64))) }

// Param returns a parameter of the URI.
func (u URI) Param(name string) (string, bool) {
	if strings.IndexByte(u.Params, '%') < 0 {
		return Param(u.Params, name)
	}
	for params := u.Params; params != ""; {
		var key, v string
		key, v, params = cutParam(params)
		if strings.EqualFold(Unescape(key), name) {
			return Unescape(v), true
		}
	}
	return "", false
}

// WithParam returns the URI with a parameter set; an empty value makes a flag
// such as lr.
func (u URI) WithParam(name, value string) URI {
	u.Params = WithParam(u.Params, name, escape(value, "-_.!~*'()[]/:&+$"))
	return u
}

// WithoutParam returns the URI without a parameter.
func (u URI) WithoutParam(name string) URI {
	u.Params = WithoutParam(u.Params, name)
	return u
}

// Header returns a header that the URI asks to put into the request, unescaped
// (RFC 3261 §19.1.1): Replaces in a Refer-To, say.
func (u URI) Header(name string) (string, bool) {
	for rest := u.Headers; rest != ""; {
		var h string
		h, rest, _ = strings.Cut(rest, "&")
		key, value, _ := strings.Cut(h, "=")
		if strings.EqualFold(Unescape(key), name) {
			return Unescape(value), true
		}
	}
	return "", false
}

// WithHeader returns the URI with one more header, escaped.
func (u URI) WithHeader(name, value string) URI {
	const allowed = "-_.!~*'()[]/?:+$"
	if u.Headers != "" {
		u.Headers += "&"
	}
	u.Headers += escape(name, allowed) + "=" + escape(value, allowed)
	return u
}

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
