package call

import "github.com/octothorpe/octothorpe/internal/channel"

// Secrecy is what a leg needs of those that it calls: CHANNEL(secure_bridge_signaling) and
// CHANNEL(secure_bridge_media).
type Secrecy struct{ Signalling, Media bool }

type secrecy struct{}

// RequireSecrecy sets what a leg needs of those that it calls from now on.
func RequireSecrecy(c *channel.Channel, s Secrecy) { c.SetValue(secrecy{}, s) }

// SecrecyOf returns what RequireSecrecy has set.
func SecrecyOf(c *channel.Channel) Secrecy {
	s, _ := c.Value(secrecy{}).(Secrecy)
	return s
}

// secretEnough reports whether a leg may be called by another, which may be nil.
func secretEnough(caller, c *channel.Channel) bool {
	leg, ok := c.Leg().(channel.Secret)
	if caller == nil || !ok {
		return true
	}
	wanted := SecrecyOf(caller)
	if wanted == (Secrecy{}) {
		return true
	}
	signalling, media := leg.Secret()
	return (signalling || !wanted.Signalling) && (media || !wanted.Media)
}
