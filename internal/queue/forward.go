package queue

import (
	"cmp"
	"context"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// forward calls another place for a member who wants so.
func (a *attempt) forward(ctx context.Context, old *call.Attempt, to string) {
	if a.flags.Has('i') {
		a.dialer.Drop(old, to)
		return
	}
	technology, destination := call.PlaceOfForward(old.Channel, to)
	one := a.called[old]
	made, err := a.dialer.Replace(ctx, old, to, technology, channel.Request{Destination: destination}, func(out *channel.Channel) error {
		return a.instead(ctx, out, old.Channel, to)
	})
	if err != nil {
		a.house.Logger.Log(ctx, levelNotice, "Forwarding failed to create channel to dial", "channel", a.c.Name(), "to", technology+"/"+destination, "error", err)
		return
	}
	if one == nil {
		return
	}
	if _, enter := a.picked(old.Channel); enter != nil {
		enter(nil)
	}
	delete(a.called, old)
	a.called[made] = one
	if a.house.Pickups != nil {
		a.house.Pickups.Offer(made.Channel)
	}
}

// instead gives a leg that is called instead of a member's what it inherits.
func (a *attempt) instead(ctx context.Context, out, old *channel.Channel, to string) error {
	from := a.c.Snapshot()
	call.SetForwarder(out, old)
	out.InheritVariables(a.c)
	inheritAccounts(out, from, cmp.Or(from.PeerAccount, from.AccountCode))
	out.Change(func(s *event.Channel) { s.Connected, s.Redirect = from.Caller, call.Redirected(from.Redirect, old, to) })
	return a.beforehand(ctx, out, a.flags['b'])
}
