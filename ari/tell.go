package ari

import "slices"

// mostHeld is how many events may come while the client asks what there is. With more
// the WebSocket is given up, and another try begins.
const mostHeld = 1 << 16

// tell tells an event to who wants it, or keeps it while it is asked what there is.
func (c *Client) tell(e Event) {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.place.note(e)
	if c.holding {
		if c.held = append(c.held, e); len(c.held) > mostHeld {
			c.mu.Lock()
			if c.link != nil {
				c.link.fail(ErrOverflow)
			}
			c.mu.Unlock()
		}
		return
	}
	if c.again(e) {
		return
	}
	c.state.apply(e, c.follows)
	c.publish(e)
	switch e := e.(type) {
	case *ChannelDestroyed:
		c.subscriptions.gone("channel:" + e.Channel.ID)
		delete(c.own, e.Channel.ID)
	case *BridgeDestroyed:
		c.subscriptions.gone("bridge:" + e.Bridge.ID)
	}
}

// publish gives an event to the subscriptions. telling is held.
func (c *Client) publish(e Event) {
	for _, s := range c.subscribers {
		s.put(e)
	}
	switch e.(type) {
	case *Disconnected, *Reconnected:
		for _, list := range c.handles {
			for _, s := range list {
				s.put(e)
			}
		}
		return
	}
	var told []thing // an event may name a thing several times
	e.about(func(t thing, _ any) {
		if slices.Contains(told, t) {
			return
		}
		told = append(told, t)
		for _, s := range c.handles[t] {
			s.put(e)
			if s.over != nil && s.over(e) {
				c.forget(s)
				s.end(ErrOver)
			}
		}
	})
}
