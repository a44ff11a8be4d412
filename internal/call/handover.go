package call

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

type handover struct{}

// OfferHandover says that what a leg waits for may be waited for on behalf of
// another: take is called with that one and reports whether it will be. nil takes
// the offer back. It is the owner's.
func OfferHandover(c *channel.Channel, take func(to *channel.Channel) bool) {
	if take == nil {
		c.SetValue(handover{}, nil)
		return
	}
	c.SetValue(handover{}, take)
}

// ontoRinging lets the transferee wait in its bridge for who the second leg calls
// and has not reached yet. It reports whether that is so.
func (a *attendance) ontoRinging() bool {
	take, ok := a.second.Value(handover{}).(func(*channel.Channel) bool)
	if !ok {
		return false
	}
	a.from.Loosen()
	_ = a.transferee.Signal(media.Unhold)
	if !take(a.transferee) {
		return false
	}
	a.begin()
	a.tell()
	a.part()
	a.second.Detach(channel.CauseNormalClearing)
	return true
}
