package phone

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// Pictures implements channel.Gallery.
func (s *session) Pictures() (list []*media.Format) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.strands {
		if t != nil && t.kind == "video" && len(t.agreed.formats) > 0 {
			list = append(list, t.agreed.formats[0])
		}
	}
	return list
}

// AddPictures implements channel.Gallery: by a re-INVITE, if something changes.
func (s *session) AddPictures(ctx context.Context, formats []*media.Format) error {
	s.mu.Lock()
	ready := s.stage == up && !s.gone
	s.mu.Unlock()
	if !ready {
		return errNotEstablished
	}
	changed := false
	for place, format := range formats {
		if s.hang(place, format) {
			changed = true
		}
	}
	if !changed {
		return nil
	}
	done := make(chan struct{})
	s.renew(renewal{method: sip.Invite, done: func(*sip.Message) { close(done) }})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hang opens or closes the strand of a place, and reports whether there was something to do.
func (s *session) hang(place int, format *media.Format) bool {
	s.mu.Lock()
	for len(s.gallery) <= place {
		s.gallery = append(s.gallery, -1)
	}
	line := s.gallery[place]
	var have *strand
	if line >= 0 {
		have = s.strandAt(line)
	}
	if (have != nil) == (format != nil) {
		s.mu.Unlock()
		return false
	}
	if have != nil {
		s.strands[line] = nil
		s.mu.Unlock()
		have.rtp.Close()
		return true
	}
	n := 0
	for _, t := range s.strands {
		if t != nil && t.kind == "video" {
			n++
		}
	}
	s.mu.Unlock()
	if n >= s.endpoint.most("video") {
		return false
	}
	t, err := s.openStrand("video", n, s.rides())
	if err != nil {
		s.driver.log.Warn("a stream of a call is not offered", "channel", s.ch.Name(), "kind", "video", "error", err)
		return false
	}
	t.rtp.Start()
	s.mu.Lock()
	defer s.mu.Unlock()
	if line < 0 {
		line = max(len(s.strands), 1)
		if s.local != nil {
			line = max(line, len(s.local.streams))
		}
	}
	for len(s.strands) <= line {
		s.strands = append(s.strands, nil)
	}
	t.agreed = agreed{kind: "video", index: line, place: n, formats: []*media.Format{format}}
	s.strands[line], s.gallery[place] = t, line
	return true
}

// PictureNumber implements channel.Gallery.
func (s *session) PictureNumber(place int) (uint8, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if place >= len(s.gallery) || s.gallery[place] < 0 {
		return 0, false
	}
	t := s.strandAt(s.gallery[place])
	if t == nil {
		return 0, false
	}
	return t.number(), true
}
