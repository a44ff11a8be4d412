package phone

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// agreed is what an offer and its answer settle about the audio of a call.
type agreed struct {
	formats  []*media.Format       // usable both ways, best first; the first is sent
	payloads map[*media.Format]int // numbers that the other side understands
	keys     int                   // payload type of keys beside the first format, or -1
	events   []payload             // all the payload types of keys, one a clock rate
	remote   netip.AddrPort        // where media goes; invalid if nowhere yet
	ptime    time.Duration
	held     bool // the other side wants no media
	theirs   direction
	index    int // of the stream among the description's
	rtcpMux  bool
}

// firstDynamic is the first payload type that this exchange gives away itself.
const firstDynamic = 107

// keysPayload is the payload type of telephone-event in our offers, as in
// Asterisk's, at the clock rate of the first format; other rates follow it.
const keysPayload = 101

// offerAudio makes the stream that offers formats, best first.
func offerAudio(formats []*media.Format, port int, keys bool, d direction) stream {
	s := stream{kind: "audio", port: port, proto: "RTP/AVP", direction: d, ptime: 20 * time.Millisecond}
	next := firstDynamic
	var rates []int
	for _, f := range formats {
		if f.Kind != media.Audio {
			continue
		}
		number := f.Payload
		if number < 0 {
			number = next
			next++
		}
		s.payloads = append(s.payloads, payload{number: number, encoding: f.Encoding, clock: f.Clock, format: f})
		if !slices.Contains(rates, f.Clock) {
			rates = append(rates, f.Clock)
		}
	}
	if !keys {
		return s
	}
	if !slices.Contains(rates, 8000) {
		rates = append(rates, 8000)
	}
	next = keysPayload
	for _, clock := range rates {
		for slices.ContainsFunc(s.payloads, func(p payload) bool { return p.number == next }) {
			next++
		}
		s.payloads = append(s.payloads, payload{number: next, encoding: telephoneEvent, clock: clock, fmtp: "0-16"})
	}
	return s
}

// agree finds what an offered or answered description and our formats have in
// common. ok is false where there is no audio that both can use. Theirs decides
// the order if preferTheirs.
func agree(d *description, ours []*media.Format, preferTheirs bool) (a agreed, ok bool) {
	for i := range d.streams {
		s := &d.streams[i]
		if s.kind != "audio" || s.port == 0 || !plainRTP(s.proto) {
			continue
		}
		a := agreed{payloads: map[*media.Format]int{}, index: i, held: s.held(), theirs: s.way(), ptime: s.ptime, rtcpMux: s.rtcpMux}
		for _, p := range s.payloads {
			if _, twice := a.payloads[p.format]; p.format != nil && !twice && contains(ours, p.format) {
				a.payloads[p.format] = p.number
				a.formats = append(a.formats, p.format)
			}
		}
		if len(a.formats) == 0 {
			continue
		}
		if !preferTheirs {
			a.formats = inOrder(ours, a.formats)
		}
		a.events = s.events(a.formats)
		if a.keys = -1; len(a.events) > 0 {
			a.keys = a.events[0].number
		}
		if s.address.IsValid() && !s.address.IsUnspecified() {
			a.remote = netip.AddrPortFrom(s.address.Unmap(), uint16(s.port))
		}
		return a, true
	}
	return agreed{}, false
}

// profiled reports whether the stream that was agreed upon has the RTP profile that
// use_avpf asks for (RFC 4585).
func (e *Endpoint) profiled(d *description, a agreed) bool {
	return e.Technology != PJSIP || (d.streams[a.index].proto == "RTP/AVPF") == e.UseAVPF
}

func plainRTP(proto string) bool { return proto == "RTP/AVP" || proto == "RTP/AVPF" }

func contains(list []*media.Format, f *media.Format) bool {
	for _, other := range list {
		if other == f {
			return true
		}
	}
	return false
}

func inOrder(order, set []*media.Format) []*media.Format {
	var list []*media.Format
	for _, f := range order {
		if contains(set, f) {
			list = append(list, f)
		}
	}
	return list
}

// answerStreams makes the streams of the answer to an offer: ours for the audio that
// was agreed, a refusal for the others (RFC 3264 §6).
func answerStreams(offer *description, a agreed, port int, d direction) []stream {
	list := make([]stream, len(offer.streams))
	for i, s := range offer.streams {
		list[i] = stream{kind: s.kind, proto: s.proto, formats: s.formats}
		if i != a.index {
			continue
		}
		answer := stream{kind: s.kind, port: port, proto: s.proto, direction: d, ptime: 20 * time.Millisecond, rtcpMux: s.rtcpMux && a.rtcpMux}
		if a.ptime > 0 {
			answer.ptime = a.ptime
		}
		for _, f := range a.formats {
			answer.payloads = append(answer.payloads, payload{number: a.payloads[f], encoding: f.Encoding, clock: f.Clock, format: f,
				fmtp: s.accepted(f, a.payloads[f])})
		}
		answer.payloads = append(answer.payloads, a.events...)
		list[i] = answer
	}
	return list
}

// opusLimits are the parameters of Opus that an answer agrees to (RFC 7587 §6.1),
// with the values that need not be said.
var opusLimits = [...][2]string{{"maxplaybackrate", "48000"}, {"sprop-maxcapturerate", "48000"}, {"maxaveragebitrate", "510000"}}

// accepted is the fmtp of our answer for a format that the stream offered: what
// the reference repeats of theirs.
func (s *stream) accepted(f *media.Format, number int) string {
	p := s.payload(strconv.Itoa(number))
	if f != media.Opus || p == nil {
		return ""
	}
	offered := map[string]string{}
	for _, item := range strings.Split(p.fmtp, ";") {
		name, value, _ := strings.Cut(item, "=")
		offered[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	var list []string
	for _, limit := range opusLimits {
		if n, err := strconv.Atoi(offered[limit[0]]); err == nil && offered[limit[0]] != limit[1] {
			list = append(list, limit[0]+"="+strconv.Itoa(n))
		}
	}
	return strings.Join(list, ";")
}
