package phone

import (
	"maps"
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// A gallery is the streams of a call in which its phone sees others. It is under the
// session's mu.
type gallery struct {
	wanted []*channel.Picture
	waits  bool // a renewal waits that makes the streams what is wanted
	frames []frame
}

// A frame is a place of a gallery.
type frame struct {
	strand  *strand // nil where there never was one. One that is over keeps its line for the next.
	picture *channel.Picture
}

// hangs reports whether the strand of a place is there; s.mu is held.
func (s *session) hangs(place int) bool {
	t := s.gallery.frames[place].strand
	return t != nil && s.strandAt(t.agreed.index) == t
}

// Pictures implements channel.Gallery.
func (s *session) Pictures() (list []channel.Picture) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.strands {
		if t != nil && t.kind == "video" && len(t.agreed.formats) > 0 && t.agreed.theirs.sends() &&
			!slices.ContainsFunc(s.gallery.frames, func(f frame) bool { return f.strand == t }) {
			list = append(list, channel.Picture{Formats: t.agreed.formats, Parameters: t.agreed.fmtp})
		}
	}
	return list
}

// ShowPictures implements channel.Gallery: by a re-INVITE, if something changes.
func (s *session) ShowPictures(list []*channel.Picture) {
	s.mu.Lock()
	waits := s.gallery.waits
	s.gallery.wanted, s.gallery.waits = list, true
	s.mu.Unlock()
	if !waits && !s.renew(renewal{method: sip.Invite, prepare: s.hang}) {
		s.mu.Lock()
		s.gallery.waits = false
		s.mu.Unlock()
	}
}

// hang makes the streams those that are wanted, for the offer to come. It reports
// whether that changes any.
func (s *session) hang() (changed bool) {
	s.mu.Lock()
	g := &s.gallery
	wanted := g.wanted
	g.waits = false
	for len(g.frames) < len(wanted) {
		g.frames = append(g.frames, frame{})
	}
	places := len(g.frames)
	s.mu.Unlock()
	for place := range places {
		var p *channel.Picture
		if place < len(wanted) {
			p = wanted[place]
		}
		changed = s.hangOne(place, p) || changed
	}
	return changed
}

// hangOne opens, changes or closes the strand of a place, and reports whether there was
// something to do.
func (s *session) hangOne(place int, p *channel.Picture) bool {
	var formats []*media.Format
	if p != nil {
		formats = inOrder(p.Formats, s.endpoint.Formats)
	}
	s.mu.Lock()
	f, hangs := s.gallery.frames[place], s.hangs(place)
	known := hangs && s.local != nil && f.strand.agreed.index < len(s.local.streams) // not refused
	if len(formats) == 0 && hangs {
		s.strands[f.strand.agreed.index] = nil
	}
	s.mu.Unlock()
	switch {
	case len(formats) == 0 && hangs:
		f.strand.rtp.Close()
		return known
	case len(formats) == 0, hangs && maps.Equal(f.picture.Parameters, p.Parameters) && slices.Equal(f.picture.Formats, p.Formats):
		return false
	case !hangs:
		if f.strand = s.openFrame(f.strand); f.strand == nil {
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &f.strand.agreed
	a.formats, a.fmtp, a.payloads = formats, p.Parameters, nil
	f.picture = p
	s.gallery.frames[place] = f
	return true
}

// openFrame opens a strand in the line of one that is over, or behind all others. It is nil
// where the call has as many as it may have.
func (s *session) openFrame(over *strand) *strand {
	s.mu.Lock()
	var places []int
	for _, t := range s.strands {
		if t != nil && t.kind == "video" {
			places = append(places, t.place)
		}
	}
	s.mu.Unlock()
	if len(places) >= s.endpoint.most("video") {
		return nil
	}
	place := 0
	for slices.Contains(places, place) {
		place++
	}
	t, err := s.openStrand("video", place, s.rides())
	if err != nil {
		s.driver.log.Warn("a stream of a call is not offered", "channel", s.ch.Name(), "kind", "video", "error", err)
		return nil
	}
	t.rtp.Start()
	s.mu.Lock()
	defer s.mu.Unlock()
	line := max(len(s.strands), 1)
	if s.local != nil {
		line = max(line, len(s.local.streams))
	}
	if over != nil && over.agreed.index < len(s.strands) && s.strands[over.agreed.index] == nil {
		line = over.agreed.index
	}
	for len(s.strands) <= line {
		s.strands = append(s.strands, nil)
	}
	t.agreed = agreed{kind: "video", index: line, place: place, theirs: recvOnly}
	s.strands[line] = t
	return t
}

// PictureNumber implements channel.Gallery.
func (s *session) PictureNumber(place int) (uint8, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if place >= len(s.gallery.frames) || !s.hangs(place) {
		return 0, false
	}
	return s.gallery.frames[place].strand.number(), true
}
