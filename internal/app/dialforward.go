package app

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// forward calls another place for a called leg that wants so.
func (d *dialing) forward(ctx context.Context, old *call.Attempt, to string) {
	log := d.house.Logger
	if old.Channel.Value(borrowed{}) != nil && len(d.dialer.Attempts()) == 1 { // now it is news
		old.Channel.SetValue(borrowed{}, nil)
		d.connect(old.Channel)
	}
	if d.flags.Has('i') {
		d.dialer.Refuse(old, to)
		return
	}
	technology, destination := call.PlaceOfForward(old.Channel, to)
	v := call.Redirected(d.c.Snapshot().Redirect, old.Channel, to)
	if !d.flags.Has('I') && len(d.dialer.Attempts()) == 1 { // who calls hears of it whether or not it can be done
		if old.Channel.Value(channel.ForwardedBy{}) != nil {
			d.c.Change(func(s *event.Channel) { s.Redirect = v })
		}
		_ = d.c.Indicate(media.Frame{Signal: media.Redirecting, Value: channel.PartyOf{Redirect: v}})
	}
	a, err := d.dialer.Replace(ctx, old, to, technology, channel.Request{Destination: destination}, func(out *channel.Channel) error {
		d.instead(out, old.Channel, v)
		return d.beforehand(ctx, out, d.flags['b'])
	})
	d.house.pickups.end(old.Channel)
	if err != nil {
		log.Log(ctx, levelNotice, "Forwarding failed to dial", "channel", d.c.Name(), "to", technology+"/"+destination, "error", err)
		return
	}
	if d.flags.Has('z') {
		d.dialer.NoTimeout()
	}
	d.house.pickups.register(a.Channel)
}

// instead gives a leg that is called instead of another what it inherits.
func (d *dialing) instead(out, old *channel.Channel, v event.Redirection) {
	from := d.c.Snapshot()
	call.SetForwarder(out, old)
	out.InheritVariables(d.c)
	caller := d.told(from)
	if d.flags.Has('f') && !d.shown.Number.Valid {
		caller = event.Party{Number: event.Number{Valid: true, Text: from.Exten}}
	}
	now := out.Snapshot()
	if !now.Caller.Number.Valid {
		p := now.Caller
		p.Number = event.Number{Valid: true, Text: from.Exten}
		out.SetCaller(p)
		out.SetValue(borrowed{}, true)
	}
	out.Change(func(s *event.Channel) {
		s.Connected, s.Redirect = caller, v
		inheritAccounts(s, from)
	})
	if now.AccountCode != out.AccountCode() {
		out.TellAccountCode(now.AccountCode)
	}
	if caller.Known() {
		out.SetConnected(caller)
	}
	out.Step(out.Location(), "AppDial", "(Outgoing Line)")
}
