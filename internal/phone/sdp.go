package phone

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// direction is which way media goes, as the side that wrote it sees it (RFC 3264 §5.1).
type direction uint8

const (
	sendRecv direction = iota
	sendOnly
	recvOnly
	inactive
)

var directionNames = [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}

// mirrored is the direction as the other side sees it.
func (d direction) mirrored() direction {
	switch d {
	case sendOnly:
		return recvOnly
	case recvOnly:
		return sendOnly
	}
	return d
}

// sends and receives tell what the side that wrote it does.
func (d direction) sends() bool    { return d == sendRecv || d == sendOnly }
func (d direction) receives() bool { return d == sendRecv || d == recvOnly }

// description is a session description (RFC 8866), as far as calls need it.
type description struct {
	id, version uint64
	owner       string
	session     string
	address     netip.Addr // that we write
	common      connection // of the session-level c= that we read; the address that we write, where it is not ours
	streams     []stream
	older       bool     // as Asterisk 16 has it
	bitrate     int      // of a call with pictures, kbit/s; 0 is not told
	flaw        flaw     // that only chan_pjsip minds
	all         link     // what holds for all streams
	bundle      []string // the streams that go together, by mid
	browsers    bool     // it is for one
}

// connection is where media goes, by a c= line.
type connection struct {
	address   netip.Addr // invalid if there is none
	host      string     // the name in its place
	family    string     // "IP4" or "IP6"
	connected bool       // there was such a line
}

// stream is one m= section.
type stream struct {
	kind  string // "audio", "video", "image" …
	port  int    // 0 is refused
	proto string
	connection
	payloads  []payload
	direction direction
	ptime     time.Duration
	rtcpMux   bool
	crypto    []string  // a=crypto, in order of preference
	formats   string    // what m= listed, for refusals of what we do not know
	fax       *faxTerms // of T.38
	more      []string  // further attributes that we write
	link
}

// payload is an RTP payload type of a stream.
type payload struct {
	number   int
	encoding string // upper case: "PCMU", "TELEPHONE-EVENT"
	clock    int
	format   *media.Format // nil if not known here
	fmtp     string
}

// telephoneEvent is the encoding of keys (RFC 4733).
const telephoneEvent = "TELEPHONE-EVENT"

// The limits of what is read: nobody describes more, and a flood ends here.
const (
	maxStreams  = 16
	maxPayloads = 64
	maxCrypto   = 16
)

var errSDP = errors.New("session description")

// parseSDP reads a session description. Lines that it does not know are passed over.
func parseSDP(body []byte) (*description, error) {
	d := &description{}
	at := sendRecv // session-level direction
	var s *stream
	for n, line := range strings.Split(string(body), "\n") {
		line = strings.TrimRight(line, "\r")
		if line == "" {
			continue
		}
		if len(line) < 2 || line[1] != '=' {
			return nil, fmt.Errorf("%w: line %d: %w", errSDP, n+1, flawOf(line))
		}
		value := line[2:]
		var err error
		switch line[0] {
		case 'v':
			if strings.TrimSpace(value) != "0" {
				d.minds(flawVersion)
			}
		case 't':
			if !timeLine(value) {
				d.minds(flawTime)
			}
		case 'o':
			err = d.origin(value)
		case 's':
			d.session = value
		case 'c':
			var c connection
			if c, err = connectionLine(value); err == nil && s != nil {
				s.connection = c
			} else if err == nil {
				d.common = c
			}
		case 'm':
			var next stream
			if next, err = mediaLine(value); err != nil {
				break
			}
			next.connection, next.direction = d.common, at
			if len(d.streams) == maxStreams {
				s = &next // what follows belongs to a stream that nobody reads
				break
			}
			d.streams = append(d.streams, next)
			s = &d.streams[len(d.streams)-1]
		case 'a':
			if s != nil {
				s.attribute(value)
			} else if dir, ok := directionOf(value); ok {
				at = dir
			} else {
				d.attribute(value)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", errSDP, n+1, err)
		}
	}
	if d.owner == "" {
		return nil, fmt.Errorf("%w: no o= line: %w", errSDP, flawOrigin)
	}
	d.finish()
	return d, nil
}

// attribute reads a line that holds for all streams.
func (d *description) attribute(value string) {
	name, rest, _ := strings.Cut(value, ":")
	if name != "group" {
		d.all.attribute(name, rest)
		return
	}
	if f := strings.Fields(rest); len(f) > 0 && f[0] == "BUNDLE" {
		d.bundle = f[1:]
	}
}

// complete reports whether each payload type that has no meaning of its own is
// explained (RFC 3551 §3). chan_pjsip of the reference insists on it.
func (d *description) complete() error {
	for _, s := range d.streams {
		if s.port == 0 || !strings.HasPrefix(s.proto, "RTP/") {
			continue
		}
		for _, p := range s.payloads {
			if p.number >= firstUnassigned && p.encoding == "" {
				return fmt.Errorf("%w: payload type %d of %s has no rtpmap", errSDP, p.number, s.kind)
			}
		}
	}
	return nil
}

// firstUnassigned is the first payload type that RFC 3551 gives no meaning.
const firstUnassigned = 96

// readSDP reads what the other side of a call describes.
func (d *Driver) readSDP(body []byte) (*description, error) {
	v, err := parseSDP(body)
	if err != nil || d.technology != PJSIP {
		return v, err
	}
	if v.flaw != "" {
		return v, v.flaw
	}
	return v, v.complete()
}

func (d *description) origin(value string) error {
	f := strings.Fields(value)
	if len(f) != 6 {
		return fmt.Errorf("o=%s has not six fields: %w", value, flawOrigin)
	}
	if !digits(f[1]) || !digits(f[2]) {
		d.minds(flawOrigin)
	}
	d.owner = f[0]
	d.id, _ = strconv.ParseUint(f[1], 10, 64) // phones write what they like; only equality matters
	d.version, _ = strconv.ParseUint(f[2], 10, 64)
	return nil
}

func connectionLine(value string) (connection, error) {
	f := strings.Fields(value)
	if len(f) < 3 || f[0] != "IN" || f[1] != "IP4" && f[1] != "IP6" {
		return connection{}, fmt.Errorf("c=%s is no address: %w", value, flawConnection)
	}
	c := connection{family: f[1], connected: true}
	text, _, _ := strings.Cut(f[2], "/")
	var err error
	if c.address, err = netip.ParseAddr(text); err != nil {
		c.host = text
	}
	return c, nil
}

func mediaLine(value string) (stream, error) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return stream{}, fmt.Errorf("m=%s has not four fields: %w", value, flawMedia)
	}
	port, _, _ := strings.Cut(f[1], "/")
	n, err := strconv.Atoi(port)
	if err != nil || n < 0 || n > 65535 {
		return stream{}, fmt.Errorf("m=%s has no port: %w", value, flawMedia)
	}
	if len(f) == 3 {
		return stream{}, fmt.Errorf("m=%s has no formats: %w", value, flawFormats)
	}
	s := stream{kind: f[0], port: n, proto: f[2], formats: strings.Join(f[3:], " ")}
	if s.kind == "image" && strings.EqualFold(f[3], "t38") {
		s.fax = &faxTerms{}
	}
	for _, text := range f[3:min(len(f), 3+maxPayloads)] {
		number, err := strconv.Atoi(text)
		if err != nil || number < 0 || number > 127 {
			continue // a format of another protocol: t38
		}
		p := payload{number: number}
		if format, ok := media.FormatByPayload(number); ok {
			p.format, p.encoding, p.clock = format, strings.ToUpper(format.Encoding), format.Clock
		}
		s.payloads = append(s.payloads, p)
	}
	return s, nil
}

func directionOf(value string) (direction, bool) {
	for i, name := range directionNames {
		if value == name {
			return direction(i), true
		}
	}
	return 0, false
}

func (s *stream) attribute(value string) {
	if d, ok := directionOf(value); ok {
		s.direction = d
		return
	}
	name, rest, _ := strings.Cut(value, ":")
	if s.fax != nil {
		s.fax.attribute(name, rest)
	}
	switch name {
	case "rtpmap":
		number, encoding, _ := strings.Cut(rest, " ")
		if p := s.payload(number); p != nil {
			p.encoding, p.clock = rtpmap(encoding)
			p.format, _ = media.FormatByEncoding(p.encoding, p.clock)
		}
	case "fmtp":
		number, text, _ := strings.Cut(rest, " ")
		if p := s.payload(number); p != nil {
			p.fmtp = text
		}
	case "ptime":
		if ms, err := strconv.Atoi(strings.TrimSpace(rest)); err == nil && ms > 0 && ms <= 200 {
			s.ptime = time.Duration(ms) * time.Millisecond
		}
	case "rtcp-mux":
		s.rtcpMux = true
	case "fingerprint", "setup", "ice-ufrag", "ice-pwd", "candidate", "mid", "msid", "ssrc", "extmap", "bundle-only":
		s.link.attribute(name, rest)
	case "crypto":
		if len(s.crypto) < maxCrypto {
			s.crypto = append(s.crypto, rest)
		}
	}
}

func rtpmap(text string) (encoding string, clock int) {
	parts := strings.Split(strings.TrimSpace(text), "/")
	if len(parts) > 1 {
		clock, _ = strconv.Atoi(parts[1]) // 0 matches any
	}
	return strings.ToUpper(parts[0]), clock
}

func (s *stream) payload(number string) *payload {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil
	}
	for i := range s.payloads {
		if s.payloads[i].number == n {
			return &s.payloads[i]
		}
	}
	return nil
}

// events returns the payload types for keys that go with formats: one for each
// clock rate, in the order of the formats. Where none has the rate of a format it
// is the first, as phones do that offer but 8000.
func (s *stream) events(formats []*media.Format) []payload {
	var list, any []payload
	for _, f := range formats {
		for _, p := range s.payloads {
			if p.encoding != telephoneEvent {
				continue
			}
			if any == nil {
				any = []payload{p.keys()}
			}
			if p.clock == f.Clock && !slices.ContainsFunc(list, func(q payload) bool { return q.clock == p.clock }) {
				list = append(list, p.keys())
			}
		}
	}
	if list == nil {
		return any
	}
	return list
}

// keys is a payload type of keys as our answer has it.
func (p payload) keys() payload {
	return payload{number: p.number, encoding: telephoneEvent, clock: choose(p.clock > 0, p.clock, 8000), fmtp: "0-16"}
}

// held reports whether the stream asks us to send nothing: on hold, by its
// direction or by the old way of an address of zeros (RFC 3264 §8.4).
func (s *stream) held() bool {
	return !s.direction.receives() || s.address.IsValid() && s.address.IsUnspecified() && !s.hasICE()
}

// way is the direction that counts: an address of zeros receives nothing, whatever
// the attribute says. The answer mirrors it, so the phone knows its hold was understood.
func (s *stream) way() direction {
	switch {
	case !s.held():
		return s.direction
	case s.direction.sends():
		return sendOnly
	}
	return inactive
}

// bytes is the description as text.
func (d *description) bytes() []byte { return d.appendTo(make([]byte, 0, 512)) }

func family(a netip.Addr) string {
	if a.Is6() && !a.Is4In6() {
		return "IP6"
	}
	return "IP4"
}

// appendTo writes the description as Asterisk does: common.address, if there is one, in
// place of ours where media is to go to others.
func (d *description) appendTo(b []byte) []byte {
	here := d.address
	if d.common.address.IsValid() {
		here = d.common.address
	}
	b = decimal(put(b, "v=0\r\no=", d.owner, " "), d.id)
	b = decimal(put(b, " "), d.version)
	b = put(b, " IN ", family(d.address), " ", d.address.String(), "\r\ns=", d.session, "\r\nc=IN ", family(here), " ", here.String(), "\r\n")
	if d.bitrate > 0 {
		b = put(decimal(put(b, "b=CT:"), d.bitrate), "\r\n")
	}
	b = append(b, "t=0 0\r\n"...)
	if d.browsers {
		b = append(b, "a=msid-semantic:WMS *\r\n"...)
	}
	if len(d.bundle) > 0 {
		b = fmt.Appendf(b, "a=group:BUNDLE %s\r\n", strings.Join(d.bundle, " "))
	}
	for i := range d.streams {
		b = d.streams[i].appendTo(b, d.older, here)
	}
	return b
}

func (s *stream) appendTo(b []byte, older bool, here netip.Addr) []byte {
	b = put(decimal(put(b, "m=", s.kind, " "), s.port), " ", s.proto)
	if s.port == 0 || len(s.payloads) == 0 {
		b = put(b, " ", orText(s.formats, "0"), "\r\n")
		for _, line := range s.more {
			b = put(b, "a=", line, "\r\n")
		}
		return b
	}
	for _, p := range s.payloads {
		b = decimal(put(b, " "), p.number)
	}
	b = append(b, "\r\n"...)
	if at := s.address; at.IsValid() && at != here {
		b = put(b, "c=IN ", family(at), " ", at.String(), "\r\n")
	}
	if !older {
		b = s.appendGuard(b)
	}
	b = s.appendHead(b)
	for _, line := range s.crypto {
		b = put(b, "a=crypto:", line, "\r\n")
	}
	for _, p := range s.payloads {
		encoding := p.encoding
		if p.format != nil {
			encoding = p.format.Encoding
		} else {
			encoding = strings.ToLower(encoding)
		}
		b = put(decimal(put(b, "a=rtpmap:"), p.number), " ", encoding, "/")
		b = put(decimal(b, p.clock), choose(p.format == media.Opus, "/2", ""), "\r\n") // RFC 7587 §7
		if p.fmtp != "" {
			b = put(decimal(put(b, "a=fmtp:"), p.number), " ", p.fmtp, "\r\n")
		}
	}
	if s.ptime > 0 {
		b = put(decimal(put(b, "a=ptime:"), s.ptime/time.Millisecond), "\r\n")
	}
	if longest := maxPtime(s.payloads, older); longest > 0 && s.kind == "audio" {
		b = put(decimal(put(b, "a=maxptime:"), longest), "\r\n")
	}
	if older {
		b = s.appendGuard(b)
	} else {
		b = put(b, "a=", directionNames[s.direction], "\r\n")
	}
	if s.rtcpMux {
		b = append(b, "a=rtcp-mux\r\n"...)
	}
	if older {
		b = put(b, "a=", directionNames[s.direction], "\r\n")
	}
	return s.appendTail(b)
}

// put appends texts. Descriptions are written by it for each call: it costs a tenth of fmt.
func put(b []byte, texts ...string) []byte {
	for _, t := range texts {
		b = append(b, t...)
	}
	return b
}

// decimal appends a number, which is not negative.
func decimal[T ~int | ~int64 | ~uint64](b []byte, n T) []byte {
	return strconv.AppendUint(b, uint64(n), 10)
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// maxPtime is the longest packet in ms that all formats of the stream allow, as the
// reference has it. Asterisk 16's chan_sip takes 10 ms more of some.
func maxPtime(list []payload, older bool) int {
	longest := 0
	for _, p := range list {
		if p.format == nil || p.format.Longest == 0 {
			continue
		}
		limit := p.format.Longest
		if older && (limit == 140 || p.format.Linear() || p.format == media.G729) {
			limit += 10
		}
		if longest == 0 || limit < longest {
			longest = limit
		}
	}
	return longest
}
