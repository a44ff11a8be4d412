package bridge

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// clients is the type of bridges that clients of ARI make.
const clients = "stasis"

// introduce has two who are alone with each other told who the other is: first m, which has just
// entered, if it is not nil.
func (b *Bridge) introduce(m *member) {
	list := slices.Clone(b.all())
	if len(list) != 2 || b.options.Holding || b.ended() {
		return
	}
	if list[1] == m {
		slices.Reverse(list)
	}
	for i, one := range list {
		of := list[1-i].ch.Snapshot().Caller
		one.tell(media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: channel.PartyOf{Party: of}})
	}
}

// unhold takes off hold whom another holds, as what two have between them ends when there are more.
func unhold(members []*member) {
	for _, m := range members {
		if m.ch.Held() {
			_ = m.ch.Signal(media.Unhold)
		}
	}
}

// ended reports whether the bridge is over.
func (b *Bridge) ended() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.over
}
