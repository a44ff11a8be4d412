package bridge

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// relay is the media of two legs joined by their technology.
type relay struct {
	a, b *member
	once sync.Once
	stop func()
}

func (r *relay) end() { r.once.Do(r.stop) }

// tell lets the far ends know where their media goes now. The one that was called
// comes first, as its call has been settled for longer.
func (r *relay) tell(p channel.Parting) {
	r.b.ch.HandOver(p)
	r.a.ch.HandOver(p)
}
