package bridge

import (
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// In a mix with the video mode talker all see who talks most, and who talks sees the one before;
// with single all see one that was chosen. Both is as on the reference, which weighs the last
// three seconds.

// The video modes beside sfu.
const (
	noVideo = "none"
	talker  = "talker"
	single  = "single"
)

// loudnessTime is over which time it is weighed who talks most.
const loudnessTime = 3 * time.Second

// A loudness is how much a leg has said of late: the sum of its ticks' magnitudes. It is the mix's.
type loudness struct {
	ticks []int
	next  int
	sum   int
}

// add takes the magnitude of a tick's samples.
func (l *loudness) add(magnitude int, interval time.Duration) {
	if l.ticks == nil {
		l.ticks = make([]int, loudnessTime/interval)
	}
	l.sum += magnitude - l.ticks[l.next]
	l.ticks[l.next] = magnitude
	l.next = (l.next + 1) % len(l.ticks)
}

// weigh adds what the leg said in a tick; the mix calls it.
func (m *member) weigh(samples []int16, interval time.Duration) {
	m.said.add(media.Magnitude(samples), interval)
	m.loud.Store(int64(m.said.sum))
}

// weighs reports whether it matters who talks most.
func (b *Bridge) weighs() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.video == talker
}

// forgetLoudness has a mix begin with legs that have not talked.
func (b *Bridge) forgetLoudness() {
	if members := b.others.Load(); members != nil {
		for _, m := range *members {
			m.said = loudness{}
			m.loud.Store(0)
		}
	}
}

// A stage is who is seen in a mix. It is under the bridge's mutex.
type stage struct {
	on, before *member
}

// leave takes a leg off the stage.
func (s *stage) leave(m *member) {
	if s.on == m {
		s.on = nil
	}
	if s.before == m {
		s.before = nil
	}
}

// enter has a leg that shows a picture seen where its turn has come. It returns whom to ask for
// whole pictures.
func (s *stage) enter(m *member) (ask []*member) {
	switch {
	case s.on == m:
		return nil
	case s.on == nil:
		s.on = m
		if s.before == m {
			s.before = nil
		}
	case m.loud.Load() > s.on.loud.Load():
		s.on, s.before = m, s.on
		return []*member{m, s.before}
	case s.before == nil:
		s.before = m
	default:
		return nil
	}
	return []*member{m}
}

// viewers are those of the members who see the leg's picture. Who is seen with nobody before
// sees itself.
func (s *stage) viewers(m *member, members []*member) []*member {
	switch {
	case s.on == m && s.before == nil:
		return members
	case s.on == m:
		return slices.DeleteFunc(slices.Clone(members), func(other *member) bool { return other == m })
	case s.before == m && s.on != nil:
		return []*member{s.on}
	}
	return nil
}

// show passes a leg's picture on to those who see it. It reports false where pictures are not chosen.
func (m *member) show(f media.Frame) bool {
	b := m.bridge
	b.mu.Lock()
	if m.left { // its picture came as it went
		b.mu.Unlock()
		return true
	}
	if b.mix == nil || b.video == sfu || b.video == noVideo && m.join.Voice == nil {
		b.mu.Unlock()
		return false
	}
	var viewers, ask []*member
	var changed *event.BridgeVideoSource
	switch {
	case b.video == talker:
		ask = b.stage.enter(m)
		if b.stage.on == m {
			changed = b.setSource(m.ch.UniqueID())
		}
		viewers = b.stage.viewers(m, b.members)
	case b.video == single && b.videoID == m.ch.UniqueID():
		viewers = slices.Clone(b.members)
	}
	b.mu.Unlock()
	b.tellSource(changed)
	refresh(ask...)
	for _, other := range viewers {
		other.tell(f)
	}
	return true
}

// refresh asks legs for whole pictures. Who sends none is asked in vain.
func refresh(members ...*member) {
	for _, m := range members {
		if m != nil {
			_ = m.ch.Indicate(media.Frame{Kind: media.Control, Signal: media.VideoUpdate})
		}
	}
}

// SetVideo says whose picture everybody sees: that of the leg with a unique ID, or with
// "" that of who talks. It is told.
func (b *Bridge) SetVideo(id string) {
	b.mu.Lock()
	b.video, b.stage = single, stage{}
	if id == "" {
		b.video = talker
	}
	chosen, changed := b.find(id), b.setSource(id)
	b.mu.Unlock()
	b.tellSource(changed)
	if changed != nil {
		refresh(chosen)
	}
}

// NoVideo has nobody's picture seen, until it is said again whose is. It is told.
func (b *Bridge) NoVideo() {
	b.mu.Lock()
	b.stage = stage{}
	changed := b.setSource("")
	b.mu.Unlock()
	b.tellSource(changed)
}

// setSource notes whose picture is seen and returns what is to be told of it, nil where that
// is as it was; b.mu is held.
func (b *Bridge) setSource(id string) *event.BridgeVideoSource {
	old := b.videoID
	if b.videoID = id; old == id {
		return nil
	}
	return &event.BridgeVideoSource{Bridge: b.snapshot(), Old: old}
}

// emptyStage notes that the leg whose picture was seen has left, and returns what is to be told of
// it: the reference says so when the next one comes. b.mu is held.
func (b *Bridge) emptyStage() *event.BridgeVideoSource {
	if b.video != talker || b.stage.on != nil {
		return nil
	}
	return b.setSource("")
}

func (b *Bridge) tellSource(e *event.BridgeVideoSource) {
	if bus := b.registry.channels.Bus; e != nil && bus.Wants(event.KindBridgeVideoSource) {
		bus.Publish(e)
	}
}
