package wire

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file is the list of what can't be the same twice. A value becomes its kind and
// its number in the order in which such values appear, so that one that has to come
// again has to come again; a number that counts becomes its distance from the first
// of its dialog. The phones' own values are left as they are.
//
//	branch, tag, Call-ID                    random: <branch 1>, <tag 2> …
//	nonce, opaque, cnonce, response         made of the second and of the address: <nonce>
//	RAck of the exchange's own requests     with its CSeq: <cseq>
//	keys of SRTP, fingerprints of DTLS      <key>
//	sources, names and ICE's secrets of
//	streams in descriptions                 random: <source 1>, <cname 1>, <stream 1>, <ice 1>
//	boundaries, and what names their parts  five letters: <part 1>
//	CSeq of the exchange's own requests     begins at random: <cseq>, <cseq+1>
//	RSeq                                    the same: <rseq>, <rseq+1>
//	o= of a description                     id and version: <session 1> <edition+1>
//	ports of our media                      <port>
//	expires of a Contact, Expires, that of
//	a Subscription-State                    the next number that ends in 0
//	Date                                    <date>
//	Retry-After                             <seconds>
//	version in User-Agent, Server and s=    <version>
//	Content-Length                          <fits> if it is the length of the body
//	blanks around a header's value, before ; none
//	order of the parameters of a Via        by their names; one header for each

var (
	versions = regexp.MustCompile(`Asterisk PBX [0-9]\S*`)
	branch   = regexp.MustCompile(`;branch=([^;,\s]+)`)
	tags     = regexp.MustCompile(`;tag=([^;,\s>]+)`)
	secrets  = regexp.MustCompile(`\b(nonce|opaque|cnonce|response)="([^"]+)"`)
	origin   = regexp.MustCompile(`(?m)^o=(\S+) (\d+) (\d+) `)
	media    = regexp.MustCompile(`(?m)^(m=\w+ )([1-9]\d{3,4}) `)
	lifetime = regexp.MustCompile(`;expires=\d+`)
	keys     = regexp.MustCompile(`inline:\S+`)
	prints   = regexp.MustCompile(`(?m)^(a=fingerprint:\S+ )[0-9A-F:]+`)
	boundary = regexp.MustCompile(`;boundary=([a-z]{5})\b`)
	part     = regexp.MustCompile(`(Content-ID: <|cid="|instance id=")([a-z]{5})\b`)
	sources  = regexp.MustCompile(`(?m)^(a=ssrc:)(\d{4,})`)
	cnames   = regexp.MustCompile(`(?m)^(a=ssrc:\S+ cname:)(\S{36})$`)
	streams  = regexp.MustCompile(`(?m)^(a=msid:)(\S{36} )\S{36}$`)
	ice      = regexp.MustCompile(`(?m)^(a=ice-(?:ufrag|pwd):)(\S{32})$`)
	rtcp     = regexp.MustCompile(`(?m)^(a=rtcp:)\d+`)
)

// own are values that the phones made.
const own = "phone-"

// names are the values of one exchange of messages.
type names struct {
	known  map[string]string // by kind and value
	counts map[string]int    // by kind
	first  map[string]int    // numbers, by dialog and kind
}

func newNames() *names {
	return &names{known: map[string]string{}, counts: map[string]int{}, first: map[string]int{}}
}

// name is what stands for a value, wherever it appears.
func (n *names) name(kind, value string) string {
	if strings.HasPrefix(strings.TrimPrefix(value, "z9hG4bK-"), own) && kind != "tag" || strings.HasPrefix(value, own) {
		return value
	}
	key := kind + " " + value
	if n.known[key] == "" {
		n.counts[kind]++
		n.known[key] = fmt.Sprintf("<%s %d>", kind, n.counts[kind])
	}
	return n.known[key]
}

// count is what stands for a number of a dialog.
func (n *names) count(kind, dialog, value string) string {
	number, err := strconv.Atoi(value)
	if err != nil {
		return value
	}
	key := kind + dialog
	if _, ok := n.first[key]; !ok {
		n.first[key] = number
	}
	if number == n.first[key] {
		return "<" + kind + ">"
	}
	return fmt.Sprintf("<%s%+d>", kind, number-n.first[key])
}

// group replaces the group of each match that stands last.
func group(of *regexp.Regexp, text string, f func(string) string) string {
	return of.ReplaceAllStringFunc(text, func(found string) string {
		parts := of.FindStringSubmatch(found)
		last := parts[len(parts)-1]
		at := strings.LastIndex(found, last)
		return found[:at] + f(last) + found[at+len(last):]
	})
}

// normal writes a message, with LF for CRLF and what differs each time replaced.
func (n *names) normal(m *message) string {
	callID := m.get("Call-ID")
	var b strings.Builder
	b.WriteString(m.start + "\n")
	for _, h := range separated(m.headers) {
		b.WriteString(h[0] + ": " + n.header(m, h[0], h[1], callID) + "\n")
	}
	text := b.String()
	if m.body != "" {
		text += "\n" + strings.ReplaceAll(n.body(m.body, callID), "\r\n", "\n")
	}
	for key, name := range n.known { // in Replaces, Refer-To and the like
		if kind, value, _ := strings.Cut(key, " "); len(value) > 7 && kind != "branch" && !strings.HasPrefix(value, "z9hG4bK") {
			text = strings.ReplaceAll(text, value, name)
		}
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

func (n *names) header(m *message, name, value, callID string) string {
	value = strings.ReplaceAll(strings.TrimSpace(value), " ;", ";")
	switch strings.ToLower(name) {
	case "content-length":
		if value == strconv.Itoa(len(m.body)) && m.body != "" {
			return "<fits>"
		}
	case "cseq":
		number, method, _ := strings.Cut(value, " ")
		if m.isRequest() {
			return n.count("cseq", callID, number) + " " + method
		}
	case "rack":
		if parts := strings.Fields(value); m.isRequest() && len(parts) == 3 {
			return parts[0] + " " + n.rack(callID, parts[1]) + " " + parts[2]
		}
	case "rseq":
		return n.count("rseq", callID, value)
	case "date":
		return "<date>"
	case "retry-after":
		return "<seconds>"
	case "expires":
		return strings.TrimPrefix(lifetime.ReplaceAllStringFunc(";expires="+value, rounded), ";expires=")
	case "contact", "subscription-state":
		value = lifetime.ReplaceAllStringFunc(value, rounded)
	case "content-type":
		value = group(boundary, value, func(s string) string { return n.name("boundary", s) })
	case "via":
		value = sortedVia(value)
	case "call-id":
		return n.name("call-id", value)
	}
	value = versions.ReplaceAllString(value, "Asterisk PBX <version>")
	value = group(branch, value, func(s string) string { return n.name("branch", s) })
	value = group(tags, value, func(s string) string { return n.name("tag", s) })
	return secrets.ReplaceAllString(value, `$1="<$1>"`)
}

// rack is the CSeq of the INVITE, the first of the dialog.
func (n *names) rack(dialog, value string) string { return n.count("cseq", dialog, value) }

func (n *names) body(body, callID string) string {
	body = origin.ReplaceAllStringFunc(body, func(found string) string {
		parts := origin.FindStringSubmatch(found)
		if len(parts[2]) > 3 { // not an answer's, which has the offer's
			parts[3] = n.count("edition", callID, parts[3])
			parts[2] = n.name("session", parts[2])
		}
		return "o=" + parts[1] + " " + parts[2] + " " + parts[3] + " "
	})
	body = media.ReplaceAllStringFunc(body, func(found string) string {
		if parts := strings.Fields(found); isPhones(parts[1]) {
			return found
		}
		return media.ReplaceAllString(found, "$1<port> ")
	})
	body = keys.ReplaceAllString(body, "inline:<key>")
	body = prints.ReplaceAllString(body, "$1<key>")
	body = strings.ReplaceAll(body, "\r\n", "\n")
	body = group(cnames, body, func(s string) string { return n.name("cname", s) })
	body = group(sources, body, func(s string) string { return n.name("source", s) })
	body = group(ice, body, func(s string) string { return n.name("ice", s) })
	body = streams.ReplaceAllStringFunc(body, func(found string) string {
		parts := streams.FindStringSubmatch(found)
		return parts[1] + n.name("stream", strings.TrimSpace(parts[2])) + " <track>"
	})
	body = group(part, body, func(s string) string { return n.name("part", s) })
	for key, name := range n.known { // of the header
		if text, ok := strings.CutPrefix(key, "boundary "); ok {
			body = strings.ReplaceAll(body, "--"+text, "--"+name)
		}
	}
	body = rtcp.ReplaceAllString(body, "$1<port>")
	return versions.ReplaceAllString(body, "Asterisk PBX <version>")
}

// isPhones tells the ports where phones have their media: those are told to the other
// phone where media is to go from one to the other.
func isPhones(port string) bool { return len(port) == 4 && port >= "6061" && port <= "6065" }

// sortedVia puts the parameters of a Via in the order of their names.
func sortedVia(value string) string {
	parts := strings.Split(value, ";")
	slices.Sort(parts[1:])
	return strings.Join(parts, ";")
}

// rounded is a lifetime as it was before some seconds had passed.
func rounded(expires string) string {
	seconds, _ := strconv.Atoi(strings.TrimPrefix(expires, ";expires="))
	return fmt.Sprintf(";expires=%d", (seconds+9)/10*10)
}

// separated has each Via in a header of its own.
func separated(headers [][2]string) [][2]string {
	var all [][2]string
	for _, h := range headers {
		values := []string{h[1]}
		if strings.EqualFold(h[0], "Via") {
			values = strings.Split(h[1], ", ")
		}
		for _, value := range values {
			all = append(all, [2]string{h[0], value})
		}
	}
	return all
}
