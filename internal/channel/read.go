package channel

import "github.com/octothorpe/octothorpe/internal/event"

// What is asked for most can be had without a snapshot, which is a copy of all.

// read returns something of the channel's state; f runs under the leaf mutex.
func read[T any](c *Channel, f func(*event.Channel) T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return f(&c.s)
}

// HangupCause returns the Q.850 cause, 0 if none is known.
func (c *Channel) HangupCause() int {
	return read(c, func(s *event.Channel) int { return s.HangupCause })
}

// Caller returns who calls, or is called, at this channel.
func (c *Channel) Caller() event.Party {
	return read(c, func(s *event.Channel) event.Party { return s.Caller })
}

// Connected returns who is at the other end.
func (c *Channel) Connected() event.Party {
	return read(c, func(s *event.Channel) event.Party { return s.Connected })
}

// AccountCode returns the account that the call is charged to.
func (c *Channel) AccountCode() string {
	return read(c, func(s *event.Channel) string { return s.AccountCode })
}

// BridgeID returns the bridge in which the channel is, "" for none.
func (c *Channel) BridgeID() string {
	return read(c, func(s *event.Channel) string { return s.BridgeID })
}

// Protocol returns the technology's own name of the call: its Call-ID, say.
func (c *Channel) Protocol() string {
	return read(c, func(s *event.Channel) string { return s.Protocol })
}

// Technology returns the driver's name.
func (c *Channel) Technology() string {
	return read(c, func(s *event.Channel) string { return s.Technology })
}

// HangupSource returns who ends the leg, "" if nobody does.
func (c *Channel) HangupSource() string {
	return read(c, func(s *event.Channel) string { return s.HangupBy })
}
