package phone

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/rtp"
)

// Streams of one bundle (RFC 9143) share the port, the way and the keys of the call's
// first sound, or of what would be that.

// bundles reports whether a stream may go with others, as far as it and the endpoint say.
// Keys by SDES stay with their stream.
func (e *Endpoint) bundles(d *description, s *stream) bool {
	return e.Bundle && e.MediaEncryption != "sdes" && s.mid != "" && slices.Contains(d.bundle, s.mid)
}

// bind finds the streams of a description that go together. Where the first sound is
// none of them nothing does: the way is that of the sound.
func (e *Endpoint) bind(d *description, a *agreed) {
	a.all(func(one *agreed) bool {
		one.bundled = one.crypto == nil && e.bundles(d, &d.streams[one.index])
		return true
	})
	if a.index >= 0 && !a.bundled {
		for i := range a.more {
			a.more[i].bundled = false
		}
	}
}

// tagged is the stream of a bundle that tells its way: the first; nil without one.
func (a *agreed) tagged() (first *agreed) {
	a.all(func(one *agreed) bool {
		if one.bundled && (first == nil || one.index < first.index) {
			first = one
		}
		return true
	})
	return first
}

// rides reports whether a stream that we are to offer goes with the others.
func (s *session) rides() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.endpoint.Bundle || s.endpoint.MediaEncryption == "sdes" || s.driver.technology != PJSIP {
		return false
	}
	return !s.agreed.settled() || s.agreed.tagged() != nil
}

// bundle tells the media which streams of what was agreed upon share a way.
func (s *session) bundle(a *agreed) {
	var members []rtp.Member
	number := uint8(0)
	add := func(m *rtp.Session, one *agreed) {
		members = append(members, rtp.Member{Session: m, MID: one.link.mid, Sources: one.link.sources})
		if one.bundled {
			number = max(number, one.link.midNumber)
		}
	}
	if a.index >= 0 {
		add(s.audio, a)
	}
	carried := false
	for i := range a.more {
		one := &a.more[i]
		s.mu.Lock()
		t := s.strandAt(one.index)
		s.mu.Unlock()
		if t != nil && t.rtp.Carried() {
			carried = true
			add(t.rtp, one)
		}
	}
	if !carried {
		members = nil
	}
	s.audio.Bundle(members, number)
}

// pack names the streams of an answer that go together, and gives those that have a way
// of another that way. s.mu is held.
func (s *session) pack(next, offer *description) {
	for i := range next.streams {
		st := &next.streams[i]
		g := s.guardAt(i)
		if st.port == 0 || g == nil {
			continue
		}
		g.mid = ""
		if s.endpoint.Bundle {
			g.mid = offer.streams[i].mid
		}
		st.mid = g.mid
		if g.mid == "" || !s.bundledAt(i) {
			continue
		}
		next.bundle = append(next.bundle, g.mid)
		st.midNumber = offer.streams[i].midNumber
		g.name(st, s.endpoint, s.mediaAt(i))
		if label := offer.streams[i].label; label != "" && s.endpoint.WebRTC {
			st.msid = s.labelled(g, label)
		}
	}
}

// labelled is what our stream is called that answers one of the other side's with a
// label: those that belong together there do so here. s.mu is held.
func (s *session) labelled(g *guard, label string) string {
	if s.labels == nil {
		s.labels = map[string]string{}
	}
	if s.labels[label] == "" && len(s.labels) < maxStreams {
		s.labels[label] = identifier()
	}
	return s.labels[label] + g.msid[len(identifier()):]
}

// packOffer names the streams of our offer that go together. s.mu is held.
func (s *session) packOffer(next *description) {
	for i := range next.streams {
		g := s.guardAt(i)
		if st := &next.streams[i]; st.port != 0 && g != nil && s.endpoint.Bundle && (i == s.agreed.index || s.mediaAt(i).Carried()) {
			if g.mid == "" {
				g.mid = st.kind + "-" + itoa(i)
			}
			st.mid = g.mid
			next.bundle = append(next.bundle, g.mid)
			g.name(st, s.endpoint, s.mediaAt(i))
		}
	}
}

// leads is what protects a strand and leads it to the other side: its own, or that of the
// sound on which it rides. s.mu is held.
func (s *session) leads(t *strand) *guard {
	if t.rtp.Carried() {
		return &s.guard
	}
	return &t.guard
}

// guardAt, mediaAt and bundledAt are of a line of the description; nil and false where
// there is no media. s.mu is held.
func (s *session) guardAt(i int) *guard {
	if i == s.agreed.index {
		return &s.guard
	}
	if t := s.strandAt(i); t != nil {
		return &t.guard
	}
	return nil
}

func (s *session) mediaAt(i int) *rtp.Session {
	if t := s.strandAt(i); t != nil && i != s.agreed.index {
		return t.rtp
	}
	return s.audio
}

func (s *session) bundledAt(i int) bool {
	if t := s.strandAt(i); t != nil && i != s.agreed.index {
		return t.agreed.bundled
	}
	return s.agreed.bundled
}

// feedbackOf are the kinds of feedback that we understand of a stream, or pass on to who
// makes it.
func (e *Endpoint) feedbackOf(kind string) []string {
	if e.WebRTC && kind == "video" {
		return []string{"ccm fir", "goog-remb", "nack"}
	}
	return nil
}
