package bridge

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/media"
)

// entertain has those who wait in a holding bridge hear their music, or nothing while
// there is somebody to announce. m has just entered, or left.
func (b *Bridge) entertain(m *member, in bool) {
	list := b.all()
	announced := slices.ContainsFunc(list, func(other *member) bool { return other != m && other.join.Announcer })
	switch {
	case announced:
		return // nothing changes for those who wait
	case !m.join.Announcer:
		if in {
			m.play(true)
		}
		return
	}
	for _, other := range list {
		if other != m {
			other.play(!in)
		}
	}
}

// play begins or ends the music of a member.
func (m *member) play(on bool) {
	if m.join.Quiet || m.join.Announcer {
		return
	}
	signal := media.Unhold
	if on {
		signal = media.Hold
	}
	_ = m.ch.Indicate(media.Frame{Signal: signal, Value: m.join.Music})
}
