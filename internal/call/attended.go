package call

import (
	"context"
	"errors"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// ErrNotBridged is returned where neither of the two legs of who transfers talks
// to another leg.
var ErrNotBridged = errors.New("neither leg talks to another")

// An attendance is an attended transfer on its way: who the two legs of the
// transferer talk to is to talk to each other.
type attendance struct {
	calls              *Calls
	first, second      *channel.Channel // the legs of the transferer
	from, to           *bridge.Bridge   // their bridges; nil where a leg is in none
	transferee, target *channel.Channel // who they talk to; no target where the second leg talks to its dialplan
	told               *event.AttendedTransfer
}

// AttendedTransfer joins who first talks to with who second talks to. Where one of
// the two legs is in no bridge but in the dialplan, the other's peer goes on where
// it is. Both legs end.
func (s *Calls) AttendedTransfer(first, second *channel.Channel) error {
	if s.byPair(first, second) {
		return s.attendByPair(first, second)
	}
	a := &attendance{calls: s, first: first, second: second,
		from: s.Bridges.Find(first.BridgeID()), to: s.Bridges.Find(second.BridgeID())}
	if a.from == nil { // the one that talks to another is the first
		a.first, a.second, a.from, a.to = second, first, a.to, nil
	}
	if a.from == nil {
		return ErrNotBridged
	}
	if a.transferee = a.from.Peer(a.first); a.transferee == nil {
		return ErrNoPeer
	}
	if a.to == a.from {
		return ErrNoPeer
	}
	if a.to == nil {
		return a.intoDialplan()
	}
	if a.target = a.to.Peer(a.second); a.target == nil {
		return ErrNoPeer
	}
	a.begin()
	a.from.Loosen()
	if !a.from.MoveWith(a.transferee, a.to, bridge.Moving{Swap: a.second.UniqueID(), Heard: func() { Connect(a.target, a.transferee) }, Entered: a.joined, Lost: a.part}) {
		a.part()
		return ErrNoPeer
	}
	return nil
}

// begin tells both legs that they hear again, and keeps what the event says.
func (a *attendance) begin() {
	unhold := media.Frame{Kind: media.Control, Signal: media.Unhold}
	a.first.Tell(unhold)
	if a.to != nil {
		a.second.Tell(unhold)
	}
	a.transferee.SetVariable("ATTENDEDTRANSFER", a.first.Name())
	a.first.SetVariable("ATTENDEDTRANSFER", a.transferee.Name())
	if !a.calls.bus().Wants(event.KindAttendedTransfer) {
		return
	}
	a.told = &event.AttendedTransfer{Result: "Success", OrigTransferer: a.first.Snapshot(), OrigBridge: a.from.Snapshot(),
		SecondTransferer: a.second.Snapshot(), Transferee: a.transferee.Snapshot()}
	if a.to != nil {
		a.told.SecondBridge, a.told.Target = a.to.Snapshot(), a.target.Snapshot()
		a.told.DestType, a.told.DestBridge = "Bridge", a.to.ID()
		return
	}
	a.told.DestType, a.told.DestApp = "App", a.second.Snapshot().Application
}

func (a *attendance) tell() {
	if a.told != nil {
		a.calls.bus().Publish(a.told)
	}
}

// joined follows when the transferee has taken the place of the second leg. It runs
// on the goroutine of the transferee's owner.
func (a *attendance) joined() {
	if bus := a.calls.bus(); bus.Wants(event.KindSoftHangupRequest) {
		bus.Publish(&event.SoftHangupRequest{Channel: a.second.Snapshot(), Cause: softDevice})
	}
	a.tell()
	a.part()
	Connect(a.transferee, a.target)
}

// softDevice is the kind of AMI's SoftHangupRequest for a leg that is taken out.
const softDevice = 1

// part puts the first leg out of its call.
func (a *attendance) part() { a.from.Kick(a.first) }

// Connect tells a leg who it is connected to from now on.
func Connect(c, to *channel.Channel) {
	p := to.Caller()
	c.SetConnected(p)
	_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
}

// intoDialplan has the transferee go on where the dialplan of the second leg is, at
// the step at which it is.
func (a *attendance) intoDialplan() error {
	if !a.second.RunsDialplan() {
		return ErrNoPeer
	}
	if a.ontoRinging() {
		return nil
	}
	a.begin()
	to := a.second.Location()
	last := a.second.Snapshot()
	return a.transferee.Interrupt(channel.Interrupt{Dropped: a.part, Errand: func(_ context.Context, c *channel.Channel) {
		a.tell()
		a.part()
		c.AdoptVariables(a.second)
		c.SetApplication(last.Application, last.Data)
		c.SetConnected(last.Connected)
		_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: channel.PartyOf{Party: last.Connected}})
		a.second.Yield(channel.CauseNormalClearing)
		_ = c.Interrupt(channel.Interrupt{Location: &to}) // fails only where it hangs up itself
	}})
}
