package channel

// Handover is a Relayer whose far end may be told to send its media to the other
// leg's far end at once, and not by way of us.
type Handover interface {
	// HandOver tells the far end where its media goes from now on, if that is not
	// what it was told last. It is called once it is clear how the bridge joins its
	// legs, so that one that is parted and joined anew at once hears of nothing.
	HandOver(p Parting)
}

// Parting says what became of two legs that were joined.
type Parting int

// How two legs part.
const (
	Together  Parting = iota // they do not: both are in the bridge
	OneLeft                  // one has left the bridge, in which the other stays
	BothLeave                // one has left, and the bridge ends with it
)

// HandOver does that for the leg of a channel, if it can.
func (c *Channel) HandOver(p Parting) {
	if h, ok := c.leg.(Handover); ok {
		h.HandOver(p)
	}
}

// EarlyHandover is a Handover whose far end may be told so before a bridge joins both,
// as early as with the offer of the leg that is called.
type EarlyHandover interface {
	// Meet tells the far end with its next description, or at once where the leg is
	// answered, to send its media to peer's far end: to us where peer is nil, may not
	// be told or has no address yet. It is called on the goroutine of who dials.
	Meet(peer Leg)
}

// Meet does that for the leg of a channel, if it can. Who listens in needs the media here.
func (c *Channel) Meet(peer *Channel) {
	leg, ok := c.leg.(EarlyHandover)
	switch {
	case !ok:
	case peer == nil || c.Tapped() || peer.Tapped():
		leg.Meet(nil)
	default:
		leg.Meet(peer.leg)
	}
}
