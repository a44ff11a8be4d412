package sip

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RFC 2617 asks for it
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Challenge is what WWW-Authenticate and Proxy-Authenticate ask (RFC 7616).
type Challenge struct {
	Realm, Nonce, Opaque, Algorithm string // Algorithm as written; empty is MD5
	QOP                             string // as written: "auth,auth-int"; empty is RFC 2069's way
	Stale                           bool
}

// Credentials are what Authorization and Proxy-Authorization answer.
type Credentials struct {
	Username, Realm, Nonce, URI, Response, Algorithm, CNonce, Opaque, QOP string
	NC                                                                    uint32
	nc                                                                    string
}

// ParseChallenge reads a challenge. ok is false for another scheme than Digest.
func ParseChallenge(value string) (c Challenge, ok bool) {
	params, ok := digestParams(value)
	if !ok {
		return c, false
	}
	return Challenge{Realm: params["realm"], Nonce: params["nonce"], Opaque: params["opaque"], Algorithm: params["algorithm"],
		QOP: params["qop"], Stale: strings.EqualFold(params["stale"], "true")}, true
}

// ParseCredentials reads credentials. ok is false for another scheme than Digest.
func ParseCredentials(value string) (c Credentials, ok bool) {
	p, ok := digestParams(value)
	if !ok {
		return c, false
	}
	n, _ := strconv.ParseUint(p["nc"], 16, 32)
	return Credentials{Username: p["username"], Realm: p["realm"], Nonce: p["nonce"], URI: p["uri"], Response: p["response"],
		Algorithm: p["algorithm"], CNonce: p["cnonce"], Opaque: p["opaque"], QOP: p["qop"], NC: uint32(n), nc: p["nc"]}, true
}

func digestParams(value string) (map[string]string, bool) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, false
	}
	params := map[string]string{}
	for rest != "" && len(params) < 32 {
		var p string
		p, rest = cutElement(rest)
		name, v, _ := strings.Cut(p, "=")
		params[strings.ToLower(strings.TrimSpace(name))] = unquote(strings.TrimSpace(v))
	}
	return params, true
}

// String writes the challenge as a header's value.
func (c Challenge) String() string {
	s := fmt.Sprintf(`Digest realm=%s,nonce=%s`, Quote(c.Realm), Quote(c.Nonce))
	if c.Opaque != "" {
		s += ",opaque=" + Quote(c.Opaque)
	}
	if c.Stale {
		s += ",stale=true"
	}
	if c.Algorithm != "" {
		s += ",algorithm=" + c.Algorithm
	}
	if c.QOP != "" {
		s += `,qop="` + c.QOP + `"`
	}
	return s
}

// A Secret is what a user proves to know: a password, or the digests of
// "user:realm:password" in hexadecimal.
type Secret struct {
	Username, Password string
	MD5, SHA256        string // HA1, if there is no password
}

func digest(algorithm, text string) string {
	if strings.HasPrefix(strings.ToUpper(algorithm), "SHA-256") {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// KnownAlgorithm reports whether a digest algorithm can be computed here.
func KnownAlgorithm(algorithm string) bool {
	switch strings.ToUpper(algorithm) {
	case "", "MD5", "MD5-SESS", "SHA-256", "SHA-256-SESS":
		return true
	}
	return false
}

// respond computes the response of credentials (RFC 7616 §3.4.1).
func (c *Credentials) respond(secret Secret, method string) string {
	ha1 := secret.MD5
	if strings.HasPrefix(strings.ToUpper(c.Algorithm), "SHA-256") {
		ha1 = secret.SHA256
	}
	if secret.Password != "" || ha1 == "" {
		ha1 = digest(c.Algorithm, c.Username+":"+c.Realm+":"+secret.Password)
	}
	if strings.HasSuffix(strings.ToLower(c.Algorithm), "-sess") {
		ha1 = digest(c.Algorithm, ha1+":"+c.Nonce+":"+c.CNonce)
	}
	ha2 := digest(c.Algorithm, method+":"+c.URI)
	if c.QOP == "" {
		return digest(c.Algorithm, ha1+":"+c.Nonce+":"+ha2)
	}
	return digest(c.Algorithm, ha1+":"+c.Nonce+":"+c.nc+":"+c.CNonce+":"+c.QOP+":"+ha2)
}

// Check reports whether the credentials prove the secret, in constant time.
func (c *Credentials) Check(secret Secret, method string) bool {
	if c.QOP != "" && !strings.EqualFold(c.QOP, "auth") || !KnownAlgorithm(c.Algorithm) {
		return false
	}
	want := c.respond(secret, method)
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.Response))) == 1 && secret.Username == c.Username
}

// Authorize answers a challenge for a request; count is how often its nonce was
// used, from 1.
func Authorize(c Challenge, secret Secret, method, uri string, count uint32) (string, error) {
	if !KnownAlgorithm(c.Algorithm) {
		return "", fmt.Errorf("digest algorithm %q is not known", c.Algorithm)
	}
	a := Credentials{Username: secret.Username, Realm: c.Realm, Nonce: c.Nonce, URI: uri, Algorithm: c.Algorithm, Opaque: c.Opaque}
	for _, q := range strings.Split(c.QOP, ",") {
		if strings.EqualFold(strings.TrimSpace(q), "auth") {
			a.QOP = "auth"
		}
	}
	if c.QOP != "" && a.QOP == "" {
		return "", fmt.Errorf("digest qop %q is not known", c.QOP)
	}
	if a.QOP != "" || strings.HasSuffix(strings.ToLower(c.Algorithm), "-sess") {
		a.CNonce, a.NC, a.nc = NewTag(), count, fmt.Sprintf("%08x", count)
	}
	s := fmt.Sprintf(`Digest username=%s, realm=%s, nonce=%s, uri=%s, response="%s"`, Quote(a.Username), Quote(a.Realm),
		Quote(a.Nonce), Quote(a.URI), a.respond(secret, method))
	if c.Algorithm != "" {
		s += ", algorithm=" + c.Algorithm
	}
	if a.CNonce != "" {
		s += `, cnonce="` + a.CNonce + `"`
	}
	if a.Opaque != "" {
		s += ", opaque=" + Quote(a.Opaque)
	}
	if a.QOP != "" {
		s += ", qop=auth, nc=" + a.nc
	}
	return s, nil
}

// Nonces makes and checks nonces: the time and its HMAC, so that nothing has to
// be kept, and beside them the counts that were used, against replays. It may be
// used concurrently.
type Nonces struct {
	key  [32]byte
	life time.Duration

	mu    sync.Mutex
	seq   uint64
	used  map[string]uint32 // highest count by nonce
	older map[string]uint32 // of the life before; both are dropped in turn
	turn  time.Time
}

// maxNonces bounds how many counts are kept; past it the older half is forgotten early.
const maxNonces = 65536

// NewNonces returns nonces that are good for a time.
func NewNonces(life time.Duration) *Nonces {
	n := &Nonces{life: life, used: map[string]uint32{}, turn: time.Now()}
	_, _ = rand.Read(n.key[:]) // never fails, see crypto/rand
	return n
}

// New returns a fresh nonce.
func (n *Nonces) New() string {
	n.mu.Lock()
	n.seq++
	seq := n.seq
	n.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(time.Now().UnixMilli()))
	binary.BigEndian.PutUint64(b[8:], seq)
	return hex.EncodeToString(b[:]) + n.mac(b[:])
}

func (n *Nonces) mac(b []byte) string {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Valid reports whether a nonce is ours and young enough; stale is one that is
// ours and was good once.
func (n *Nonces) Valid(nonce string) (ok, stale bool) {
	if len(nonce) != 48 {
		return false, false
	}
	b, err := hex.DecodeString(nonce[:32])
	if err != nil || subtle.ConstantTimeCompare([]byte(n.mac(b)), []byte(nonce[32:])) != 1 {
		return false, false
	}
	age := time.Since(time.UnixMilli(int64(binary.BigEndian.Uint64(b))))
	return age < n.life, age >= n.life
}

// Use notes that a nonce was used with a count, and reports whether that is new.
// A count of 0 (no qop) is not followed.
func (n *Nonces) Use(nonce string, count uint32) bool {
	if count == 0 {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now := time.Now(); now.Sub(n.turn) > n.life || len(n.used) >= maxNonces {
		n.older, n.used, n.turn = n.used, map[string]uint32{}, now
	}
	if count <= n.used[nonce] || count <= n.older[nonce] {
		return false
	}
	n.used[nonce] = count
	return true
}
