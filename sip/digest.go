package sip

import (
	"crypto/md5" //nolint:gosec // RFC 2617 asks for it
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Challenge is what WWW-Authenticate and Proxy-Authenticate ask (RFC 7616 §3.3).
type Challenge struct {
	Realm, Nonce, Opaque, Algorithm string // Algorithm as written; empty is MD5
	QOP                             string // as written: "auth,auth-int"; empty is RFC 2069's way
	Stale                           bool
}

// Credentials are what Authorization and Proxy-Authorization answer (RFC 7616 §3.4).
type Credentials struct {
	Username, Realm, Nonce, URI, Response, Algorithm, CNonce, Opaque, QOP string
	NC                                                                    uint32 // 0 if there is none
	nc                                                                    string
}

// ParseChallenge reads a challenge. ok is false for another scheme than Digest.
func ParseChallenge(value string) (c Challenge, ok bool) {
	ok = eachDigestParam(value, func(name, v string) {
		switch name {
		case "realm":
			c.Realm = v
		case "nonce":
			c.Nonce = v
		case "opaque":
			c.Opaque = v
		case "algorithm":
			c.Algorithm = v
		case "qop":
			c.QOP = v
		case "stale":
			c.Stale = strings.EqualFold(v, "true")
		}
	})
	return c, ok
}

// ParseCredentials reads credentials. ok is false for another scheme than Digest.
func ParseCredentials(value string) (c Credentials, ok bool) {
	ok = eachDigestParam(value, func(name, v string) {
		switch name {
		case "username":
			c.Username = v
		case "realm":
			c.Realm = v
		case "nonce":
			c.Nonce = v
		case "uri":
			c.URI = v
		case "response":
			c.Response = v
		case "algorithm":
			c.Algorithm = v
		case "cnonce":
			c.CNonce = v
		case "opaque":
			c.Opaque = v
		case "qop":
			c.QOP = v
		case "nc":
			n, _ := strconv.ParseUint(v, 16, 32)
			c.NC, c.nc = uint32(n), v
		}
	})
	return c, ok
}

// maxDigestParams bounds the work on one header.
const maxDigestParams = 32

func eachDigestParam(value string, f func(name, value string)) bool {
	value = trim(value)
	if len(value) < 7 || !strings.EqualFold(value[:6], "Digest") || value[6] != ' ' && value[6] != '\t' {
		return false
	}
	rest := value[7:]
	for n := 0; rest != "" && n < maxDigestParams; n++ {
		var p string
		p, rest = cutElement(rest)
		name, v, _ := strings.Cut(p, "=")
		f(strings.ToLower(trim(name)), unquote(trim(v)))
	}
	return true
}

// Challenges returns the Digest challenges of a response, the sender's favourite
// first; name is WWW-Authenticate or Proxy-Authenticate.
func (m *Message) Challenges(name string) []Challenge {
	var list []Challenge
	for _, value := range m.All(name) {
		if c, ok := ParseChallenge(value); ok {
			list = append(list, c)
		}
	}
	return list
}

// SelectChallenge returns the first challenge that can be answered (RFC 8760 §2.3).
func SelectChallenge(list []Challenge) (Challenge, bool) {
	for _, c := range list {
		if _, ok := c.chooseQOP(); ok && KnownAlgorithm(c.Algorithm) {
			return c, true
		}
	}
	return Challenge{}, false
}

// String writes the challenge as a header's value.
func (c Challenge) String() string {
	b := appendQuoted(append(make([]byte, 0, 192), "Digest realm="...), c.Realm)
	b = appendQuoted(append(b, ",nonce="...), c.Nonce)
	if c.Opaque != "" {
		b = appendQuoted(append(b, ",opaque="...), c.Opaque)
	}
	if c.Stale {
		b = append(b, ",stale=true"...)
	}
	if c.Algorithm != "" {
		b = append(append(b, ",algorithm="...), c.Algorithm...)
	}
	if c.QOP != "" {
		b = appendQuoted(append(b, ",qop="...), c.QOP)
	}
	return string(b)
}

// chooseQOP returns "auth", or "" if nothing is offered; ok is false if only what
// is unknown here is offered.
func (c Challenge) chooseQOP() (qop string, ok bool) {
	for rest := c.QOP; rest != ""; {
		var q string
		if q, rest, _ = strings.Cut(rest, ","); strings.EqualFold(trim(q), "auth") {
			return "auth", true
		}
	}
	return "", c.QOP == ""
}

// A Secret is what a user proves to know: a password, or the digests of
// "user:realm:password" in hexadecimal by algorithm.
type Secret struct {
	Username, Password     string
	MD5, SHA256, SHA512256 string // HA1, where there is no password
}

// An algorithm is one of the digest algorithms without "-sess".
type algorithm uint8

const (
	unknownAlgorithm algorithm = iota
	algorithmMD5
	algorithmSHA256
	algorithmSHA512256
)

// algorithmOf reads an algorithm's name; sess tells whether it ends with "-sess".
func algorithmOf(name string) (a algorithm, sess bool) {
	if i := len(name) - len("-sess"); i > 0 && strings.EqualFold(name[i:], "-sess") {
		name, sess = name[:i], true
	}
	switch {
	case name == "" || strings.EqualFold(name, "MD5"):
		a = algorithmMD5
	case strings.EqualFold(name, "SHA-256"):
		a = algorithmSHA256
	case strings.EqualFold(name, "SHA-512-256"):
		a = algorithmSHA512256
	}
	return a, sess
}

// KnownAlgorithm reports whether a digest algorithm can be computed here: MD5
// (also as ""), SHA-256, SHA-512-256, and each with "-sess".
func KnownAlgorithm(name string) bool {
	a, _ := algorithmOf(name)
	return a != unknownAlgorithm
}

// sum returns the digest, in hexadecimal, of the parts with colons between them.
func (a algorithm) sum(parts ...string) string {
	b := make([]byte, 0, 256)
	for i, p := range parts {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, p...)
	}
	switch a {
	case algorithmSHA256:
		s := sha256.Sum256(b)
		return hexText(s[:])
	case algorithmSHA512256:
		s := sha512.Sum512_256(b)
		return hexText(s[:])
	}
	s := md5.Sum(b)
	return hexText(s[:])
}

// HA1 returns the digest of "user:realm:password" that can be kept in place of a
// password, in hexadecimal.
func HA1(algorithm, user, realm, password string) string {
	a, _ := algorithmOf(algorithm)
	return a.sum(user, realm, password)
}

// kept returns the digest that stands for the password in an algorithm, or "".
func (s *Secret) kept(a algorithm) string {
	switch a {
	case algorithmSHA256:
		return s.SHA256
	case algorithmSHA512256:
		return s.SHA512256
	}
	return s.MD5
}

// serves reports whether something can be proven in an algorithm. Where digests
// stand for the password there is no password, not an empty one, in those
// algorithms that they are not for.
func (s *Secret) serves(a algorithm) bool {
	return s.Password != "" || s.kept(a) != "" || s.MD5 == "" && s.SHA256 == "" && s.SHA512256 == ""
}

// ha1 returns what the secret knows for an algorithm.
func (s *Secret) ha1(a algorithm, user, realm string) string {
	if known := s.kept(a); s.Password == "" && known != "" {
		return strings.ToLower(known)
	}
	return a.sum(user, realm, s.Password)
}

// respond computes the response of credentials (RFC 7616 §3.4.1).
func (c *Credentials) respond(secret *Secret, method string) string {
	a, sess := algorithmOf(c.Algorithm)
	ha1 := secret.ha1(a, c.Username, c.Realm)
	if sess {
		ha1 = a.sum(ha1, c.Nonce, c.CNonce)
	}
	ha2 := a.sum(method, c.URI)
	if c.QOP == "" {
		return a.sum(ha1, c.Nonce, ha2)
	}
	return a.sum(ha1, c.Nonce, c.nc, c.CNonce, c.QOP, ha2)
}

// Check reports whether the credentials prove the secret, in constant time. It
// does not look at realm, URI and nonce: see Nonces. A secret with neither password
// nor any digest has the empty password; one with digests, but none for the
// algorithm, proves nothing in it.
func (c *Credentials) Check(secret Secret, method string) bool {
	if a, _ := algorithmOf(c.Algorithm); a == unknownAlgorithm || !secret.serves(a) {
		return false
	}
	if c.QOP != "" && (!strings.EqualFold(c.QOP, "auth") || c.nc == "" || c.CNonce == "") {
		return false
	}
	want := c.respond(&secret, method)
	same := subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.Response)))
	return same&subtle.ConstantTimeCompare([]byte(secret.Username), []byte(c.Username)) == 1
}

// Authorize answers a challenge for a request: it returns the value of
// Authorization or Proxy-Authorization. count is how often the challenge's nonce
// was used, from 1.
func Authorize(c Challenge, secret Secret, method, uri string, count uint32) (string, error) {
	return authorize(c, secret, method, uri, count, NewTag())
}

func authorize(c Challenge, secret Secret, method, uri string, count uint32, cnonce string) (string, error) {
	switch a, _ := algorithmOf(c.Algorithm); {
	case a == unknownAlgorithm:
		return "", fmt.Errorf("digest algorithm %q is not known", c.Algorithm)
	case !secret.serves(a):
		return "", fmt.Errorf("no digest of the password is known for algorithm %q", c.Algorithm)
	}
	qop, ok := c.chooseQOP()
	if !ok {
		return "", fmt.Errorf("digest qop %q is not known", c.QOP)
	}
	a := Credentials{Username: secret.Username, Realm: c.Realm, Nonce: c.Nonce, URI: uri, Algorithm: c.Algorithm, QOP: qop}
	if _, sess := algorithmOf(c.Algorithm); sess || qop != "" {
		a.CNonce, a.NC, a.nc = cnonce, count, fmt.Sprintf("%08x", count)
	}
	b := appendQuoted(append(make([]byte, 0, 384), "Digest username="...), a.Username)
	b = appendQuoted(append(b, ", realm="...), a.Realm)
	b = appendQuoted(append(b, ", nonce="...), a.Nonce)
	b = appendQuoted(append(b, ", uri="...), a.URI)
	b = appendQuoted(append(b, ", response="...), a.respond(&secret, method))
	if c.Algorithm != "" {
		b = append(append(b, ", algorithm="...), c.Algorithm...)
	}
	if a.CNonce != "" {
		b = appendQuoted(append(b, ", cnonce="...), a.CNonce)
	}
	if c.Opaque != "" {
		b = appendQuoted(append(b, ", opaque="...), c.Opaque)
	}
	if qop != "" {
		b = append(append(b, ", qop=auth, nc="...), a.nc...)
	}
	return string(b), nil
}

// WithCredentials returns a copy of the request that answers the challenge of its
// refusal, a 401 or 407: with credentials and the next CSeq, to be sent once more.
// Within a dialog, pass the copy through Dialog.Renumber. The error says that the
// refusal has no challenge that can be answered.
func (m *Message) WithCredentials(refusal *Message, secret Secret) (*Message, error) {
	ask, answer := "WWW-Authenticate", "Authorization"
	if refusal.Status == 407 {
		ask, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	c, ok := SelectChallenge(refusal.Challenges(ask))
	if !ok {
		return nil, fmt.Errorf("%s: %d has no challenge that can be answered", m.startText(), refusal.Status)
	}
	value, err := Authorize(c, secret, m.Method, m.URI.String(), 1)
	if err != nil {
		return nil, err
	}
	again := m.Clone()
	again.Set(answer, value)
	again.SetCSeq(m.CSeq.Number+1, m.Method)
	return again, nil
}

// hexText writes at most 32 bytes in hexadecimal digits, with one allocation.
func hexText(b []byte) string {
	var digits [64]byte
	return string(digits[:hex.Encode(digits[:], b)])
}
