package phone

import (
	"fmt"
	"strings"
)

// link is what a stream's description says of the way and the keys beyond address and
// profile: ICE (RFC 8839), DTLS (RFC 8122) and bundles (RFC 9143).
type link struct {
	fingerprint string // "sha-256 AB:CD…"
	setup       string // "active", "passive", "actpass"
	ufrag       string
	password    string
	candidates  []string
	lite        bool
	mid         string

	// What browsers want to know of our streams.
	ssrc  uint32
	cname string
	msid  string
}

// maxCandidates is how many candidates of a stream are looked at.
const maxCandidates = 64

// attribute reads what belongs to it, of a stream or for all of them.
func (l *link) attribute(name, value string) {
	switch name {
	case "fingerprint":
		l.fingerprint = strings.TrimSpace(value)
	case "setup":
		l.setup = strings.ToLower(strings.TrimSpace(value))
	case "ice-ufrag":
		l.ufrag = value
	case "ice-pwd":
		l.password = value
	case "ice-lite":
		l.lite = true
	case "candidate":
		if len(l.candidates) < maxCandidates {
			l.candidates = append(l.candidates, value)
		}
	case "mid":
		l.mid = value
	}
}

// inherit takes from the description as a whole what a stream does not say itself.
func (l *link) inherit(of link) {
	if l.fingerprint == "" {
		l.fingerprint = of.fingerprint
	}
	if l.setup == "" {
		l.setup = of.setup
	}
	if l.ufrag == "" {
		l.ufrag, l.password = of.ufrag, of.password
	}
	l.lite = of.lite
}

// hasICE reports whether both halves of a name are there.
func (l *link) hasICE() bool { return l.ufrag != "" && l.password != "" }

// appendHead writes what stands before the formats.
func (l *link) appendHead(b []byte) []byte {
	if l.fingerprint != "" {
		b = fmt.Appendf(b, "a=connection:new\r\na=setup:%s\r\na=fingerprint:%s\r\n", l.setup, l.fingerprint)
	}
	if !l.hasICE() {
		return b
	}
	b = fmt.Appendf(b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", l.ufrag, l.password)
	for _, c := range l.candidates {
		b = fmt.Appendf(b, "a=candidate:%s\r\n", c)
	}
	return b
}

// appendTail writes what stands at the end of a stream.
func (l *link) appendTail(b []byte) []byte {
	if l.ssrc != 0 {
		b = fmt.Appendf(b, "a=ssrc:%d cname:%s\r\n", l.ssrc, l.cname)
	}
	if l.msid != "" {
		b = fmt.Appendf(b, "a=msid:%s\r\n", l.msid)
	}
	if l.mid != "" {
		b = fmt.Appendf(b, "a=mid:%s\r\n", l.mid)
	}
	return b
}
