package channel

// Handover is a Relayer whose far end may be told to send its media to the other
// leg's far end at once, and not by way of us.
type Handover interface {
	// HandOver tells the far end where its media goes from now on, if that is not
	// what it was told last. It is called once it is clear how the bridge joins its
	// legs, so that one that is parted and joined anew at once hears of nothing.
	// parted says that one of the two has left the bridge.
	HandOver(parted bool)
}

// HandOver does that for the leg of a channel, if it can.
func (c *Channel) HandOver(parted bool) {
	if h, ok := c.leg.(Handover); ok {
		h.HandOver(parted)
	}
}
