package phone

import (
	"fmt"
	"slices"
	"strconv"
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
	label       string   // of the other side's media stream, by msid
	sources     []uint32 // SSRCs that were announced
	midNumber   uint8    // of the header extension that tells the mid, 0 for none
	bundleOnly  bool     // it has no port but that of its bundle

	// What browsers want to know of our streams.
	ssrc  uint32
	cname string
	msid  string
	// feedback are the kinds of feedback that we understand (RFC 4585 §4.2).
	feedback []string
}

// maxCandidates is how many candidates of a stream are looked at.
const maxCandidates = 64

// maxAnnounced is how many SSRCs of a stream are looked at.
const maxAnnounced = 8

// midExtension is the header extension that tells the mid of a packet (RFC 9143 §16.2).
const midExtension = "urn:ietf:params:rtp-hdrext:sdes:mid"

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
	case "msid":
		l.label, _, _ = strings.Cut(value, " ")
	case "bundle-only":
		l.bundleOnly = true
	case "ssrc":
		l.announce(value)
	case "extmap":
		number, name, _ := strings.Cut(value, " ")
		number, _, _ = strings.Cut(number, "/")
		if n, err := strconv.ParseUint(number, 10, 8); err == nil && n > 0 && strings.TrimSpace(name) == midExtension {
			l.midNumber = uint8(n)
		}
	}
}

// announce notes a source, of which there may be several lines.
func (l *link) announce(value string) {
	number, _, _ := strings.Cut(value, " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if err == nil && len(l.sources) < maxAnnounced && !slices.Contains(l.sources, uint32(n)) {
		l.sources = append(l.sources, uint32(n))
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

// appendGuard writes what DTLS needs to know.
func (l *link) appendGuard(b []byte) []byte {
	if l.fingerprint == "" {
		return b
	}
	return fmt.Appendf(b, "a=connection:new\r\na=setup:%s\r\na=fingerprint:%s\r\n", l.setup, l.fingerprint)
}

// appendHead writes what else stands before the formats.
func (l *link) appendHead(b []byte) []byte {
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
	for _, kind := range l.feedback {
		b = put(b, "a=rtcp-fb:* ", kind, "\r\n")
	}
	if l.midNumber != 0 { // we read it, and write none
		b = fmt.Appendf(b, "a=extmap:%d/recvonly %s\r\n", l.midNumber, midExtension)
	}
	if l.mid != "" {
		b = fmt.Appendf(b, "a=mid:%s\r\n", l.mid)
	}
	return b
}
