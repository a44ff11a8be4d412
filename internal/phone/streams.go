package phone

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// most is how many streams of a kind a call with the endpoint may have. The
// reference's PJSIP channels take no text.
func (e *Endpoint) most(kind string) int {
	switch {
	case e.Technology == PJSIP && kind == "audio":
		return e.MaxAudio
	case e.Technology == PJSIP && kind == "video":
		return e.MaxVideo
	case e.Technology == PJSIP:
		return 0
	case kind == "audio":
		return 1
	case e.Peer == nil:
		return 0
	case kind == "video" && e.Peer.VideoSupport != "no" && e.Peer.VideoSupport != "":
		return 1
	case kind == "text" && e.Peer.TextSupport:
		return 1
	}
	return 0
}

// settle finds what a description and our formats have in common: the first sound
// that both can use, and beside it as many other streams as the endpoint takes. ok
// is false where there is nothing; clear says that no stream can be protected.
func (e *Endpoint) settle(d *description, ours []*media.Format, preferTheirs, clear bool) (a agreed, ok bool) {
	if e.RTPEngine != "" && !strings.EqualFold(e.RTPEngine, rtpEngine) {
		return agreed{index: -1, keys: -1}, false // nothing would carry it
	}
	e.misnames(d)
	a.index, a.keys = -1, -1
	used := map[string]int{}
	for i := range d.streams {
		s := &d.streams[i]
		if used[s.kind] >= e.most(s.kind) || s.port == 0 && !(s.bundleOnly && e.bundles(d, s)) {
			continue
		}
		profile, key, protected := e.protects(s, clear)
		if !protected {
			continue
		}
		one, some := s.agree(ours, preferTheirs)
		if !some {
			continue
		}
		one.index, one.place = i, used[s.kind]
		one.profile, one.crypto, one.link = profile, key, s.link
		used[s.kind]++
		if s.kind == "audio" && a.index < 0 {
			one.more = a.more
			a = one
		} else {
			a.more = append(a.more, one)
		}
	}
	e.bind(d, &a)
	return a, a.index >= 0 || len(a.more) > 0
}

// all calls f with what was agreed about each stream until it returns false, and
// tells if it never did.
func (a *agreed) all(f func(*agreed) bool) bool {
	if a.index >= 0 && !f(a) {
		return false
	}
	for i := range a.more {
		if !f(&a.more[i]) {
			return false
		}
	}
	return true
}

// agree finds what a stream and our formats have in common.
func (s *stream) agree(ours []*media.Format, preferTheirs bool) (a agreed, ok bool) {
	a = agreed{payloads: map[*media.Format]int{}, kind: s.kind, held: s.held(), theirs: s.way(), ptime: s.ptime, rtcpMux: s.rtcpMux}
	for _, p := range s.payloads {
		if p.format == nil || p.format.Kind.String() != s.kind {
			continue
		}
		if _, twice := a.payloads[p.format]; !twice && contains(ours, p.format) {
			a.payloads[p.format] = p.number
			a.formats = append(a.formats, p.format)
			a.told(p)
		}
	}
	if len(a.formats) == 0 {
		return agreed{}, false
	}
	if !preferTheirs {
		a.formats = inOrder(ours, a.formats)
	}
	a.events = s.events(a.formats)
	for _, p := range s.payloads {
		if p.encoding == telephoneEvent { // phones send keys by any that they have offered
			a.also = append(a.also, p.keys())
		}
		a.noise = a.noise || p.number == rtp.NoiseType && p.encoding == "CN"
	}
	if a.keys = -1; len(a.events) > 0 {
		a.keys = a.events[0].number
	}
	if s.address.IsValid() && !s.address.IsUnspecified() {
		a.remote = netip.AddrPortFrom(s.address.Unmap(), uint16(s.port))
	}
	return a, true
}

// told keeps the parameters that the other side gave a format.
func (a *agreed) told(p payload) {
	if p.fmtp == "" {
		return
	}
	if a.fmtp == nil {
		a.fmtp = map[*media.Format]string{}
	}
	a.fmtp[p.format] = p.fmtp
}

// answer is our stream in answer to one that was agreed upon.
func (a *agreed) answer(s *stream, port int, d direction) stream {
	t := stream{kind: s.kind, port: port, proto: a.profile.String(), direction: d, rtcpMux: s.rtcpMux && a.rtcpMux}
	if s.kind == "audio" {
		t.ptime = usualPtime(a.formats)
		if a.ptime > 0 {
			t.ptime = a.ptime
		}
	}
	for _, f := range a.formats {
		t.payloads = append(t.payloads, payload{number: a.payloads[f], encoding: f.Encoding, clock: f.Clock, format: f, fmtp: offeredFmtp(f, a.fmtp[f])})
	}
	t.payloads = append(t.payloads, a.events...)
	return t
}

// declined is a stream that is refused, or not there any more.
func (s *stream) declined() stream {
	formats := s.formats
	if formats == "" && len(s.payloads) > 0 {
		var list []string
		for _, p := range s.payloads {
			list = append(list, itoa(p.number))
		}
		formats = strings.Join(list, " ")
	}
	return stream{kind: s.kind, proto: s.proto, formats: formats}
}

// offerStream makes the stream that offers pictures, text or more sound.
func offerStream(kind string, formats []*media.Format, fmtp map[*media.Format]string, port int, d direction) stream {
	s := stream{kind: kind, port: port, proto: "RTP/AVP", direction: d}
	for _, f := range formats {
		s.payloads = append(s.payloads, payload{number: offerNumber(f, s.payloads), encoding: f.Encoding, clock: f.Clock, format: f, fmtp: offeredFmtp(f, fmtp[f])})
	}
	if kind == "audio" {
		s.ptime = usualPtime(formats)
	}
	return s
}

// offerNumber is the payload type under which we offer a format beside others.
func offerNumber(f *media.Format, beside []payload) int {
	switch {
	case f.Payload >= 0:
		return f.Payload
	case f.Offer > 0:
		return f.Offer
	}
	number := firstUnassigned
	for reserved[number] || slices.ContainsFunc(beside, func(p payload) bool { return p.number == number }) {
		number++
	}
	return number
}

// reserved are the payload types that formats have by custom, and keys.
var reserved = func() (set [256]bool) {
	for _, f := range media.Formats() {
		set[f.Offer] = true
	}
	for n := 99; n <= 112; n++ { // the reference's own
		set[n] = true
	}
	return set
}()

// ofKind are those of a list that are of a kind.
func ofKind(list []*media.Format, kind string) []*media.Format {
	var some []*media.Format
	for _, f := range list {
		if f.Kind.String() == kind {
			some = append(some, f)
		}
	}
	return some
}
