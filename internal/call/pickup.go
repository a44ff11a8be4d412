package call

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// Pickups lets others take the calls of legs that ring.
type Pickups interface {
	// Offer says that the call of a leg may be picked up, until TakeOver.
	Offer(c *channel.Channel)
	// TakeOver ends the offer. If somebody has claimed the call, picker is who, and goOn is to
	// be called once: with what the picker does in the leg's place, or with nil where nothing
	// comes of it.
	TakeOver(c *channel.Channel) (picker *channel.Channel, goOn func(do func(context.Context, *channel.Channel) error))
}

func (s *Calls) offer(c *channel.Channel) {
	if s.Pickups != nil {
		s.Pickups.Offer(c)
	}
}

func (s *Calls) picked(c *channel.Channel) (picker *channel.Channel, goOn func(func(context.Context, *channel.Channel) error)) {
	if s.Pickups == nil {
		return nil, nil
	}
	return s.Pickups.TakeOver(c)
}

// unpicked ends the offer of a leg that has not answered.
func (s *Calls) unpicked(c *channel.Channel) {
	if _, goOn := s.picked(c); goOn != nil {
		goOn(nil)
	}
}

// takeOver has a leg go where an originated one was to go, whose call it has picked up.
func (s *Calls) takeOver(ctx context.Context, by, rang *channel.Channel, o Origination) error {
	by.AdoptVariables(rang)
	Connect(by, rang)
	if o.Application != "" {
		return s.Dialplan.Execute(ctx, by, o.Application, o.Data)
	}
	return by.Interrupt(channel.Interrupt{Location: &o.To})
}
