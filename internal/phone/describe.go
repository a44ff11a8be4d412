package phone

import (
	"bytes"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// settled reports whether there is anything that both sides agreed upon.
func (a *agreed) settled() bool { return len(a.formats) > 0 || len(a.more) > 0 }

// describe makes our description: an offer of formats, or the answer to offer. d is
// the direction of the first sound.
func (s *session) describe(way sip.Source, offer *description, formats []*media.Format, d direction) *description {
	if offer == nil {
		s.spin()
		s.seekPaths(way.Remote.Addr().IsLoopback())
	}
	next := s.heading(way, offer)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case offer != nil:
		next.streams = s.answerStreams(offer, d)
	case s.local != nil:
		next.streams = s.offerAgain(formats, d)
	default:
		next.streams = s.offerStreams(formats, d)
	}
	next.browsers = s.endpoint.WebRTC
	if offer != nil {
		s.pack(next, offer)
	} else {
		s.packOffer(next)
	}
	if s.endpoint.Peer != nil {
		s.endpoint.bySIP(next)
	}
	s.aimed(next)
	s.endpoint.misnamed(next)
	if s.local != nil && s.driver.technology == PJSIP && next.like(s.local) {
		next.version = s.local.version
	}
	s.local, s.answeredTo = next, offer
	return next
}

// like reports whether two descriptions differ in nothing but their version.
func (d *description) like(other *description) bool {
	same := *d
	same.version = other.version
	return bytes.Equal(same.appendTo(nil), other.appendTo(nil))
}

// within is a description without the formats that a later one does not have: what
// remained of an offer once it was answered.
func (d *description) within(later *description) *description {
	same := *d
	same.streams = slices.Clone(d.streams)
	for i := range min(len(same.streams), len(later.streams)) {
		same.streams[i].payloads = slices.DeleteFunc(slices.Clone(same.streams[i].payloads), func(p payload) bool {
			return !slices.ContainsFunc(later.streams[i].payloads, func(q payload) bool { return p.number == q.number })
		})
	}
	return &same
}

// heading is our description without its streams.
func (s *session) heading(way sip.Source, offer *description) *description {
	next := &description{owner: orText(s.endpoint.SDPOwner, "-"), session: orText(s.endpoint.SDPSession, "Asterisk"), address: s.advertised(way),
		older: s.driver.technology == SIP}
	if next.older {
		s.originBySIP(next, way)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.local != nil && offer != nil && offer == s.answeredTo:
		next.id, next.version = s.local.id, s.local.version // the answer is told again
	case s.local != nil:
		next.id, next.version = s.local.id, s.local.version+1
	case offer != nil && s.driver.technology == PJSIP:
		next.id, next.version = offer.id, offer.version+2
	default:
		next.id = uint64(time.Now().UnixNano() / 1000 % (1 << 31))
		next.version = next.id
	}
	return next
}

// answerStreams makes the streams of the answer to an offer: ours for what was
// agreed, a refusal for the others (RFC 3264 §6). s.mu is held.
func (s *session) answerStreams(offer *description, d direction) []stream {
	list := make([]stream, len(offer.streams))
	for i := range offer.streams {
		theirs := &offer.streams[i]
		list[i] = theirs.declined()
		if t := s.strandAt(i); t != nil && t.agreed.index == i {
			settled := t.agreed
			settled.ptime = s.ptime(settled)
			settled.rtcpMux = settled.rtcpMux && s.endpoint.muxes()
			list[i] = settled.answer(theirs, t.rtp.Port(), settled.theirs.mirrored().holding(s.holding))
			t.guard.answer(&list[i], &settled)
			s.leads(t).describeTo(&list[i], s.endpoint)
		}
	}
	if i := s.agreed.index; i >= 0 && i < len(list) && len(s.agreed.formats) > 0 {
		settled := s.agreed
		settled.ptime = s.ptime(settled)
		settled.rtcpMux = settled.rtcpMux && s.endpoint.muxes()
		if s.dtmf() == DTMFInband || s.dtmf() == DTMFInfo || s.dtmf() == DTMFNone {
			settled.events = nil
		}
		if s.direct != nil && s.direct.met && s.direct.sound.IsValid() {
			settled.formats = settled.formats[:1] // what the other leg has, too
		}
		list[i] = settled.answer(&offer.streams[i], s.audio.Port(), d)
		s.guard.answer(&list[i], &settled)
		s.guard.describeTo(&list[i], s.endpoint)
	}
	return list
}

// ptime is how much sound our packets hold where that was agreed.
func (s *session) ptime(a agreed) time.Duration {
	if !s.endpoint.UsePtime || a.ptime == 0 {
		return s.framing(a.formats)
	}
	return a.ptime
}

// strandAt is the strand of a line of the description, or nil; s.mu is held.
func (s *session) strandAt(i int) *strand {
	if i >= len(s.strands) {
		return nil
	}
	return s.strands[i]
}

// offerStreams makes the streams of our first offer. s.mu is held.
func (s *session) offerStreams(formats []*media.Format, d direction) (list []stream) {
	if len(ofKind(formats, "audio")) > 0 {
		list = append(list, s.offerSound(formats, d))
	}
	s.agreed.index = len(list) - 1
	for i, t := range s.strands {
		if t == nil {
			continue
		}
		t.agreed.index = len(list)
		if i != len(list) { // without sound all move up
			s.strands[i], s.strands[len(list)] = nil, t
		}
		list = append(list, s.offerStrand(t))
	}
	return list
}

// offerSound is the stream that offers the first sound. s.mu is held.
func (s *session) offerSound(formats []*media.Format, d direction) stream {
	mode := s.dtmf()
	keys := mode == DTMFRFC4733 || mode == DTMFAuto || mode == DTMFAutoInfo
	if s.driver.technology == SIP && s.agreed.settled() && len(s.agreed.events) == 0 {
		keys = false // they have none
	}
	fmtp := s.agreed.fmtp
	if fmtp == nil {
		fmtp = s.soundFmtp
	}
	audio := offerAudio(formats, fmtp, s.audio.Port(), keys, d)
	if framing := s.framing(formats); framing > 0 {
		audio.ptime = framing
	}
	s.profile(&audio, &s.guard)
	return audio
}

// offerStrand is the stream that offers a strand. s.mu is held.
func (s *session) offerStrand(t *strand) stream {
	d := t.agreed.theirs.mirrored().holding(s.holding)
	st := offerStream(t.kind, t.agreed.formats, t.agreed.fmtp, t.rtp.Port(), d)
	for i := range st.payloads { // what has a number keeps it: RFC 3264 §8.3.2
		if n, ok := t.agreed.payloads[st.payloads[i].format]; ok {
			st.payloads[i].number = n
		}
	}
	s.profile(&st, s.leads(t))
	return st
}

// profile sets what the endpoint asks of a stream that we offer.
func (s *session) profile(st *stream, g *guard) {
	st.proto = s.endpoint.profile().String()
	if err := g.offer(st, s.endpoint, s.driver.keyless()); err != nil {
		s.driver.log.Warn("media cannot be protected", "endpoint", s.endpoint.Name, "error", err)
	}
	st.rtcpMux = s.endpoint.muxes()
	g.describeTo(st, s.endpoint)
}

// offerAgain makes the streams of an offer within the call: as they were last told,
// in the same order (RFC 3264 §8). s.mu is held.
func (s *session) offerAgain(formats []*media.Format, d direction) []stream {
	s.closeUp()
	list := make([]stream, max(len(s.local.streams), len(s.strands)))
	for i := range list {
		t := s.strandAt(i)
		switch {
		case i == s.agreed.index:
			list[i] = s.offerSound(formats, d)
		case t != nil:
			list[i] = s.offerStrand(t)
		default:
			list[i] = s.local.streams[i].declined()
		}
	}
	return list
}

// closeUp moves streams up to lines that the far end has never heard of, and that are over
// already. s.mu is held.
func (s *session) closeUp() {
	for i := len(s.strands) - 1; i > 0 && i >= len(s.local.streams); i-- {
		if s.strands[i] != nil {
			continue
		}
		s.strands = slices.Delete(s.strands, i, i+1)
		for _, t := range s.strands[i:] {
			if t != nil {
				t.agreed.index--
			}
		}
	}
}
