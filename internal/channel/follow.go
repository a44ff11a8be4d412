package channel

import "github.com/octothorpe/octothorpe/internal/media"

// A follower is told how it goes on with a leg.
type follower struct{ tell func(media.Signal) }

// Follow has tell told what the leg is told from now on: signals, Answered when it
// hears somebody, accepts its call or enters a bridge, HangupSignal when it ends. It is called on any
// goroutine and must not wait. nil ends it.
func (c *Channel) Follow(tell func(media.Signal)) {
	if tell == nil {
		c.voice.follower.Store(nil)
		return
	}
	c.voice.follower.Store(&follower{tell})
}

// followed tells the follower, if there is one.
func (c *Channel) followed(s media.Signal) {
	if f := c.voice.follower.Load(); f != nil {
		f.tell(s)
	}
}
