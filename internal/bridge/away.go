package bridge

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// absence is the time in which a member is played to, apart from the others.
type absence struct {
	stop context.CancelFunc
	done chan struct{} // closed when it is back
}

// Away takes a leg of the bridge aside, to play something to it: until back is
// called it does not hear the others, nor they it; keys pass. ctx ends when the leg leaves
// the bridge meanwhile, which waits for back. A bridge that is over lets the leg
// hear the end of what plays. It fails where the leg is not in the bridge, or is
// away already.
func (b *Bridge) Away(c *channel.Channel) (ctx context.Context, back func(), ok bool) {
	b.mu.Lock()
	var m *member
	for _, other := range b.members {
		if other.ch == c {
			m = other
		}
	}
	if m == nil || m.away.Load() != nil || b.over {
		b.mu.Unlock()
		return nil, nil, false
	}
	ctx, cancel := context.WithCancel(c.LegContext())
	a := &absence{stop: cancel, done: make(chan struct{})}
	m.away.Store(a)
	b.mu.Unlock()
	b.settle()
	return ctx, func() {
		cancel()
		m.away.Store(nil)
		close(a.done)
		b.settle()
	}, true
}

// Over is closed when the bridge has come to its end.
func (b *Bridge) Over() <-chan struct{} { return b.end }

// linger waits for a member of a bridge that is over to hear the end of what is
// played to it.
func (m *member) linger(ctx context.Context) {
	if a := m.away.Load(); a != nil {
		select {
		case <-a.done:
		case <-ctx.Done():
		}
	}
}

// callBack ends what is played to a member that is about to leave.
func (m *member) callBack() {
	if a := m.away.Load(); a != nil {
		a.stop()
		<-a.done
	}
}
