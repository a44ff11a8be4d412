package bridge

import (
	"maps"
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// In the video mode sfu every leg sees the pictures of all others, each in a stream of its
// own, which its far end is asked for when somebody comes, and which it is told to be over
// when that one leaves.

// sfu is the video mode in which all see all.
const sfu = "sfu"

// A wall is what pictures a leg sends, and which it sees beside its own. It is under the
// bridge's mutex.
type wall struct {
	own  []channel.Picture // the streams that the leg's call came with
	seen []view            // what is in each further stream
}

// A view is a stream of a leg's pictures; one of nobody is a stream that is over.
type view struct {
	of     *member
	stream int // among those of wall.own
}

// hang gives each leg the pictures of the others.
func (b *Bridge) hang() {
	b.mu.Lock()
	if b.video != sfu {
		b.mu.Unlock()
		return
	}
	members := slices.Clone(b.members)
	b.mu.Unlock()
	own := make([][]channel.Picture, len(members)) // a leg is not asked while the mutex is held
	for i, m := range members {
		if leg, ok := m.ch.Leg().(channel.Gallery); ok {
			own[i] = leg.Pictures()
		}
	}
	var show []func()
	b.mu.Lock()
	for i, m := range members {
		m.wall.own = own[i]
	}
	for _, m := range b.members {
		if leg, ok := m.ch.Leg().(channel.Gallery); ok && b.rehang(m) {
			list := m.wall.pictures()
			show = append(show, func() { leg.ShowPictures(list) })
		}
	}
	b.mu.Unlock()
	for _, f := range show {
		f()
	}
}

// rehang has a leg see who came, and no more who left. It reports whether that changes
// anything; b.mu is held.
func (b *Bridge) rehang(m *member) (changed bool) {
	for i, v := range m.wall.seen {
		if v.of != nil && (!slices.Contains(b.members, v.of) || v.stream >= len(v.of.wall.own)) {
			m.wall.seen[i], changed = view{}, true
		}
	}
	for _, other := range b.members {
		for stream := range other.wall.own {
			v := view{other, stream}
			if other == m || slices.Contains(m.wall.seen, v) {
				continue
			}
			changed = true
			if free := slices.Index(m.wall.seen, view{}); free >= 0 {
				m.wall.seen[free] = v
			} else {
				m.wall.seen = append(m.wall.seen, v)
			}
		}
	}
	return changed
}

// pictures are those of the wall, by their places; the bridge's mutex is held.
func (w *wall) pictures() []*channel.Picture {
	list := make([]*channel.Picture, len(w.seen))
	for i, v := range w.seen {
		if v.of != nil {
			p := v.of.wall.own[v.stream]
			p.Parameters = maps.Clone(p.Parameters)
			list[i] = &p
		}
	}
	return list
}

// takeDown ends the streams of others' pictures of a leg that leaves.
func (m *member) takeDown() {
	b := m.bridge
	b.mu.Lock()
	places := len(m.wall.seen)
	m.wall.seen = nil
	b.mu.Unlock()
	if leg, ok := m.ch.Leg().(channel.Gallery); ok && places > 0 && !m.ch.HungUp() {
		leg.ShowPictures(make([]*channel.Picture, places))
	}
}

// exhibits reports whether pictures of the leg go to the streams of a wall each.
func (m *member) exhibits(f media.Frame) bool {
	if f.Kind != media.VideoFrame {
		return false
	}
	m.bridge.mu.Lock()
	defer m.bridge.mu.Unlock()
	return m.bridge.video == sfu
}

// exhibit puts a picture into the stream in which another leg sees it. It reports false where
// there is none.
func (m *member) exhibit(to *member, f media.Frame) (media.Frame, bool) {
	kind, stream := media.StreamOf(f.Stream)
	leg, ok := to.ch.Leg().(channel.Gallery)
	if kind != media.Video || !ok {
		return f, false
	}
	m.bridge.mu.Lock()
	place := slices.Index(to.wall.seen, view{m, stream})
	m.bridge.mu.Unlock()
	if place < 0 {
		return f, false
	}
	f.Stream, ok = leg.PictureNumber(place)
	return f, ok
}
