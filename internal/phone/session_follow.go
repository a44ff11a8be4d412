package phone

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// A phone that adds pictures to its call, takes them away or sends them another way
// changes the call of whom it talks to: that one is asked to do the same, as
// chan_pjsip's legs are when their bridge is one of two.

// pictures are the streams of video of the call, as another is to have them.
func (s *session) pictures() []wish {
	var list []wish
	s.mu.Lock()
	some := s.agreed.settled()
	s.mu.Unlock()
	if some {
		s.tellWishes(func(w wish) {
			if w.kind == "video" {
				list = append(list, w)
			}
		})
	}
	return list
}

// tellStreams tells the other leg of the call if the pictures are others than before.
func (s *session) tellStreams(before []wish) {
	if s.driver.technology != PJSIP {
		return
	}
	same := func(a, b wish) bool { return a.direction == b.direction }
	if now := s.pictures(); !slices.EqualFunc(before, now, same) {
		s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.Streams, Value: now})
	}
}

// followStreams asks the far end to have the pictures that the other leg has, as far
// as the endpoint takes them.
func (s *session) followStreams(list []wish) {
	s.mu.Lock()
	ready := s.stage == up && !s.gone
	s.mu.Unlock()
	if !ready || s.driver.technology != PJSIP {
		return
	}
	wanted := list[:0:0]
	for _, w := range list {
		w.formats = inOrder(w.formats, s.endpoint.Formats)
		if len(w.formats) > 0 && len(wanted) < s.endpoint.most("video") {
			wanted = append(wanted, w)
		}
	}
	s.renew(renewal{method: sip.Invite, prepare: func() bool { return s.picture(wanted) }, done: func(*sip.Message) { s.ch.MediaChanged() }})
}

// picture makes the streams of video those that are wanted, for the offer to come. It
// reports whether that changes any.
func (s *session) picture(wanted []wish) bool {
	changed := s.restring("video", len(wanted))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.strands {
		if t == nil || t.kind != "video" || t.place >= len(wanted) {
			continue
		}
		w := wanted[t.place]
		if t.agreed.payloads == nil { // it is new
			t.agreed.formats, t.agreed.fmtp = w.formats, w.fmtp
		}
		if theirs := w.direction.mirrored(); t.agreed.theirs != theirs {
			t.agreed.theirs, changed = theirs, true
		}
	}
	return changed
}
