package call

import (
	"context"
	"errors"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Errors of a transfer.
var (
	ErrNoExtension = errors.New("no such extension")
	ErrNoPeer      = errors.New("the leg does not talk to one other")
	// ErrNotParked says that the place is where calls are parked, and that this one was not.
	ErrNotParked = errors.New("the call was not parked")
)

// A Transfer sends the leg that another talks to elsewhere; that other one leaves.
type Transfer struct {
	To channel.Location
	// External is set where somebody outside asked: a phone, a client.
	External bool
	// Announce and Prepare, if not nil, set variables on the leg that goes on: before
	// it is known that it can, and after.
	Announce, Prepare func(transferee *channel.Channel)
	// Separate ends the relaying of media first, as who asked may have sent its own elsewhere.
	Separate bool
	// Separated, if not nil, is called then, before the leg goes on.
	Separated func()
	// Follow, if not nil, is told how it goes on with the leg that goes on; see channel.Follow.
	Follow func(media.Signal)
	// Plain ends it once the transferer has left.
	Plain bool
}

// interrupt sends the leg to its place. It is followed from when it has left its bridge.
func (t *Transfer) interrupt() channel.Interrupt {
	i := channel.Interrupt{Location: &t.To, Early: true}
	if follow := t.Follow; follow != nil {
		i.Errand = func(_ context.Context, c *channel.Channel) { c.Follow(follow) }
		i.Dropped = func() { follow(media.HangupSignal) }
	}
	return i
}

// parked is an interrupt that parks the leg: who follows hears that it is where it was sent.
func (t *Transfer) parked(i channel.Interrupt) channel.Interrupt {
	follow, park, dropped := t.Follow, i.Errand, i.Dropped
	if follow == nil {
		return i
	}
	i.Errand = func(ctx context.Context, c *channel.Channel) {
		if c.HungUp() {
			follow(media.HangupSignal)
		} else {
			follow(media.Answered)
		}
		park(ctx, c)
	}
	i.Dropped = func() {
		follow(media.HangupSignal)
		if dropped != nil {
			dropped()
		}
	}
	return i
}

// BlindTransfer makes the leg that transferer talks to go on in the dialplan,
// and puts transferer out of the call.
func (s *Calls) BlindTransfer(transferer *channel.Channel, t Transfer) error {
	b := s.joined(transferer)
	if b == nil {
		return ErrNoPeer
	}
	if s.owned(b) && !t.Plain {
		return s.blindByPair(transferer, b, t)
	}
	peer := b.Peer(transferer)
	if peer == nil {
		return ErrNoPeer
	}
	if !t.Plain && !s.Dialplan.Exists(t.To, peer.Caller().Number.Text) {
		return ErrNoExtension
	}
	next := t.interrupt()
	if s.Parks != nil {
		if park := s.Parks(t.To); park != nil {
			parked, err := park(peer, transferer)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrNotParked, err)
			}
			next = t.parked(parked)
		}
	}
	if t.Announce != nil {
		t.Announce(peer)
	}
	transferer.Tell(media.Frame{Kind: media.Control, Signal: media.Unhold})
	peer.SetVariable("BLINDTRANSFER", transferer.Name())
	transferer.SetVariable("BLINDTRANSFER", peer.Name())
	if t.Prepare != nil {
		t.Prepare(peer)
	}
	if bus := s.bus(); bus.Wants(event.KindBlindTransfer) {
		bus.Publish(&event.BlindTransfer{Transferer: transferer.Snapshot(), Transferee: peer.Snapshot(), Bridge: b.Snapshot(),
			Result: "Success", External: t.External, Context: t.To.Context, Exten: t.To.Exten})
	}
	switch {
	case t.Separate:
		b.Separate()
	case t.Plain:
		b.Plain()
	}
	if t.Separated != nil {
		t.Separated()
	}
	if err := peer.InterruptSoon(next); err != nil {
		return err
	}
	b.Kick(transferer)
	return nil
}
