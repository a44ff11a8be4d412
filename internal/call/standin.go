package call

import (
	"context"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Applications are the programs that own legs and bridges: those of ARI. Who else wants to
// send their legs elsewhere takes none away from them: a Local channel comes instead.
type Applications interface {
	// Owns reports whether a leg is in an application.
	Owns(c *channel.Channel) bool
	// Replace has by, which nobody owns yet, take the part of old in its application, and its
	// place in a bridge, unless that is nil. It owns by from now on. It reports
	// false, and does nothing, where old is in no application.
	Replace(old, by *channel.Channel, b *bridge.Bridge) bool
}

// bridgeType is that of bridges that applications make.
const bridgeType = "stasis"

func (s *Calls) owned(b *bridge.Bridge) bool {
	return s.Applications != nil && b != nil && b.Options().Type == bridgeType
}

// A pairing is a Local channel whose halves get owners otherwise than by dialling.
type pairing interface {
	channel.Twin
	// Join says that the second half has an owner.
	Join()
}

// pair makes a Local channel that stays what it is.
func (s *Calls) pair(destination string, requestor *channel.Channel) (one, two *channel.Channel, err error) {
	one, err = s.Channels.Request(context.Background(), "Local", channel.Request{Destination: destination + "/n", Requestor: requestor})
	if err != nil {
		return nil, nil, fmt.Errorf("a Local channel for a transfer: %w", err)
	}
	if t, ok := one.Leg().(channel.Twin); ok {
		two = t.Twin()
	}
	if two == nil {
		one.End()
		return nil, nil, ErrNoPeer
	}
	return one, two, nil
}

// place gives a leg that nobody owns yet the part of another: in its application, its bridge or its dialplan.
// That one ends, or stays in its application until its phone, which knows of the transfer, hangs up.
func (s *Calls) place(old, by *channel.Channel, b *bridge.Bridge, ends bool) {
	switch {
	case s.Applications.Replace(old, by, b):
	case b != nil:
		s.Impart(b, by, bridge.JoinOptions{Swap: old.UniqueID()})
	default:
		by.AdoptVariables(old)
		by.SetLocation(old.Location())
		s.Dialplan.Start(by)
		old.Yield(channel.CauseNormalClearing)
		return
	}
	if ends {
		old.Hangup(channel.CauseNormalClearing)
	}
}

// blindByPair is a blind transfer out of a bridge of an application: a Local channel takes the transferer's
// place, and its far half goes to the dialplan.
func (s *Calls) blindByPair(transferer *channel.Channel, b *bridge.Bridge, t Transfer) error {
	peer := b.Peer(transferer)
	caller := transferer.Caller()
	if peer != nil {
		caller = peer.Caller()
	}
	if !s.Dialplan.Exists(t.To, caller.Number.Text) {
		return ErrNoExtension
	}
	one, two, err := s.pair(t.To.Exten+"@"+t.To.Context, transferer)
	if err != nil {
		return err
	}
	told := &event.BlindTransfer{Transferer: transferer.Snapshot(), Bridge: b.Snapshot(), Result: "Success", External: t.External,
		Context: t.To.Context, Exten: t.To.Exten}
	if peer != nil {
		told.Transferee = peer.Snapshot()
	}
	if t.Announce != nil {
		t.Announce(one)
	}
	transferer.Tell(media.Frame{Kind: media.Control, Signal: media.Unhold})
	one.SetVariable("BLINDTRANSFER", transferer.Name())
	if t.Prepare != nil {
		t.Prepare(one)
	}
	one.SetConnected(caller)
	if t.Follow != nil {
		two.Follow(t.Follow)
	}
	s.place(transferer, one, b, !s.Applications.Owns(transferer))
	if bus := s.bus(); bus.Wants(event.KindBlindTransfer) {
		told.Replace = one.Snapshot()
		bus.Publish(told)
	}
	if err := one.Leg().Call(one.Context()); err != nil {
		one.Hangup(channel.CauseUnallocated)
		return fmt.Errorf("transfer to %s@%s: %w", t.To.Exten, t.To.Context, err)
	}
	return nil
}

// attendByPair is an attended transfer of which a leg is in an application or in a bridge of one:
// a Local channel joins what the two legs were in.
func (s *Calls) attendByPair(first, second *channel.Channel) error {
	from, to := s.Bridges.Find(first.BridgeID()), s.Bridges.Find(second.BridgeID())
	one, two, err := s.pair("_attended@transfer", first)
	if err != nil {
		return err
	}
	half, ok := one.Leg().(pairing)
	if !ok {
		one.End()
		return ErrNoPeer
	}
	told := &event.AttendedTransfer{Result: "Success", OrigTransferer: first.Snapshot(), SecondTransferer: second.Snapshot()}
	unhold := media.Frame{Kind: media.Control, Signal: media.Unhold}
	if from != nil {
		first.Tell(unhold)
		told.OrigBridge = from.Snapshot()
		if peer := from.Peer(first); peer != nil {
			told.Transferee = peer.Snapshot()
		}
	}
	if to != nil {
		second.Tell(unhold)
		told.SecondBridge = to.Snapshot()
		if peer := to.Peer(second); peer != nil {
			told.Target = peer.Snapshot()
		}
	}
	half.Join()
	two.SetState(event.Up)
	if from == nil { // the one half takes the place in a bridge
		s.place(first, two, nil, true)
		s.place(second, one, to, true)
		told.DestType, told.DestApp = "App", told.OrigTransferer.Application
	} else {
		s.place(second, two, to, true)
		s.place(first, one, from, true)
		told.DestType, told.DestApp = "App", told.SecondTransferer.Application
	}
	one.SetState(event.Up)
	if bus := s.bus(); bus.Wants(event.KindAttendedTransfer) {
		if from != nil && to != nil {
			told.DestType, told.DestApp = "Link", ""
			told.OneLocal, told.TwoLocal = one.Snapshot(), two.Snapshot()
		} else {
			told.Replace = one.Snapshot()
		}
		bus.Publish(told)
	}
	return nil
}

// byPair reports whether an attended transfer is one that takes a Local channel.
func (s *Calls) byPair(first, second *channel.Channel) bool {
	if s.Applications == nil {
		return false
	}
	from, to := s.Bridges.Find(first.BridgeID()), s.Bridges.Find(second.BridgeID())
	switch {
	case from == nil && to == nil:
		return false
	case s.owned(from), s.owned(to):
		return true
	}
	return from == nil && s.Applications.Owns(first) || to == nil && s.Applications.Owns(second)
}
