package phone

import (
	"errors"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// A strand is a stream of a call beside its first sound: pictures, text, or more
// sound. What comes by it goes on as it is. Its fields but rtp are under the
// session's mu.
type strand struct {
	rtp    *rtp.Session
	kind   string
	place  int           // among the strands of its kind
	told   atomic.Uint32 // number, for who hands frames on
	agreed agreed
	guard  guard
}

// A wish is a stream that our offer is to have beside the first sound.
type wish struct {
	kind      string
	formats   []*media.Format
	fmtp      map[*media.Format]string
	direction direction
}

// openStrand makes a strand with its ports, or one that rides on those of the sound.
func (s *session) openStrand(kind string, place int, rides bool) (*strand, error) {
	e := s.endpoint
	t := &strand{kind: kind}
	t.put(place)
	c := s.driver.mediaConfig(e, s.audio.LocalAddr().Addr())
	c.Raw, c.Reported = true, s.reported
	c.Deliver = func(f media.Frame) {
		f.Stream = t.number()
		s.ch.Deliver(f)
	}
	if rides {
		c.Carrier = s.audio
	}
	if kind == "text" {
		c.TOS, c.Priority = e.TOSText, e.COSText
	}
	if kind == "video" {
		c.Kind, c.TOS, c.Priority = media.Video, e.TOSVideo, e.COSVideo
		c.Refresh = func() { s.ch.Deliver(media.Frame{Kind: media.Control, Signal: media.VideoUpdate}) }
	}
	var err error
	t.rtp, err = rtp.New(c)
	return t, err
}

// number is by what frames tell strands apart: the kind and the place.
func (t *strand) number() uint8 { return uint8(t.told.Load()) }

// put gives the strand its place.
func (t *strand) put(place int) {
	t.place = place
	t.told.Store(uint32(streamNumber(t.kind, place)))
}

func streamNumber(kind string, place int) uint8 {
	for _, k := range []media.MediaKind{media.Video, media.Text, media.Image} {
		if k.String() == kind {
			return media.StreamNumber(k, place)
		}
	}
	return media.StreamNumber(media.Audio, place)
}

// weave makes the strands what was agreed beside the first sound: those that are
// gone are closed, new ones are opened. A strand whose ports can't be had is none:
// its stream is declined.
func (s *session) weave(a *agreed) {
	s.mu.Lock()
	old := s.strands
	s.mu.Unlock()
	next := make([]*strand, len(old))
	for i := range a.more {
		one := &a.more[i]
		for len(next) <= one.index {
			next = append(next, nil)
		}
		var t *strand
		if one.index < len(old) && old[one.index] != nil && old[one.index].kind == one.kind && (old[one.index].rtp.Carried() || !one.bundled) {
			t = old[one.index] // who has not taken our bundle sends to its port all the same
		} else {
			var err error
			if t, err = s.openStrand(one.kind, one.place, one.bundled); err != nil {
				s.driver.log.Warn("a stream of a call was declined", "channel", s.ch.Name(), "kind", one.kind, "error", err)
				continue
			}
			t.rtp.Start()
		}
		next[one.index] = t
		s.applyTo(t.rtp, &t.guard, one)
		s.mu.Lock()
		t.put(one.place)
		t.agreed = *one
		s.mu.Unlock()
	}
	s.mu.Lock()
	s.strands = next
	gone := s.gone
	s.mu.Unlock()
	for i, t := range old {
		if t != nil && next[i] != t {
			t.rtp.Close()
		}
	}
	if gone {
		s.unravel()
	}
}

// unravel closes all strands.
func (s *session) unravel() {
	for _, t := range s.threads() {
		t.rtp.Close()
	}
}

// threads are the strands that there are.
func (s *session) threads() []*strand {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*strand
	for _, t := range s.strands {
		if t != nil {
			list = append(list, t)
		}
	}
	return list
}

// strandOf finds the strand to which a frame of another call goes, or nil.
func (s *session) strandOf(number uint8) *strand {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.strands {
		if t != nil && t.number() == number {
			return t
		}
	}
	return nil
}

// writeStrand sends what came by a strand of another call. What the far end has no
// stream or format for is left out.
func (s *session) writeStrand(f media.Frame) error {
	t := s.strandOf(f.Stream)
	if t == nil {
		return nil
	}
	if err := t.rtp.Write(f); err != nil && !errors.Is(err, rtp.ErrNoPayload) {
		return err
	}
	return nil
}

// relayStrands joins the strands of two calls that correspond.
func (s *session) relayStrands(other *session) (stop func()) {
	var stops []func()
	for _, t := range s.threads() {
		if peer := other.strandOf(t.number()); peer != nil {
			if stop, err := rtp.Relay(t.rtp, peer.rtp, false); err == nil {
				stops = append(stops, stop)
			}
		}
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// wishFor plans what an outgoing call offers beside sound: what the call has for
// whose sake it is made, as far as the endpoint takes it.
func (s *session) wishFor(q channel.Request) {
	used := map[string]int{"audio": 1}
	want := func(w wish) {
		w.formats = preferred(inOrder(w.formats, s.endpoint.Formats), ofKind(s.endpoint.Formats, w.kind))
		if len(w.formats) > 0 && used[w.kind] < s.endpoint.most(w.kind) {
			used[w.kind]++
			s.wishes = append(s.wishes, w)
		}
	}
	if q.Requestor != nil {
		if of, ok := q.Requestor.Leg().(*session); ok {
			of.tellWishes(want)
			of.mu.Lock()
			s.soundFmtp = of.agreed.fmtp
			of.mu.Unlock()
			return
		}
	}
	formats := q.Formats
	if len(formats) == 0 && q.Requestor != nil {
		if of, ok := q.Requestor.Leg().(channel.Offering); ok {
			formats = of.Offered()
		}
	}
	for _, kind := range []string{"video", "text"} {
		if list := ofKind(formats, kind); len(list) > 0 {
			want(wish{kind: kind, formats: list})
		}
	}
}

// tellWishes tells the streams of a call as another is to have them.
func (s *session) tellWishes(want func(wish)) {
	s.mu.Lock()
	some, threads := s.agreed.settled(), append([]*strand(nil), s.strands...)
	s.mu.Unlock()
	if !some { // it asked for an offer of ours
		for _, kind := range []string{"video", "text"} {
			want(wish{kind: kind, formats: ofKind(s.endpoint.Formats, kind)})
		}
		return
	}
	for _, t := range threads {
		if t != nil {
			s.mu.Lock()
			w := wish{kind: t.kind, formats: t.agreed.formats, fmtp: t.agreed.fmtp, direction: t.agreed.theirs}
			s.mu.Unlock()
			want(w)
		}
	}
}

// spin opens the strands that our first offer has.
func (s *session) spin() {
	s.mu.Lock()
	wishes, some := s.wishes, s.strands != nil
	s.mu.Unlock()
	if some || len(wishes) == 0 {
		return
	}
	rides := s.rides()
	list := []*strand{nil} // the first is the sound
	place := map[string]int{"audio": 1}
	for _, w := range wishes {
		t, err := s.openStrand(w.kind, place[w.kind], rides)
		if err != nil {
			s.driver.log.Warn("a stream of a call is not offered", "channel", s.ch.Name(), "kind", w.kind, "error", err)
			continue
		}
		place[w.kind]++
		t.agreed = agreed{kind: w.kind, formats: w.formats, fmtp: w.fmtp, theirs: w.direction.mirrored(), place: t.place}
		t.rtp.Start()
		list = append(list, t)
	}
	s.mu.Lock()
	s.strands = list
	s.mu.Unlock()
}
