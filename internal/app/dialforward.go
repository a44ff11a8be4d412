package app

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// forwarderName is the variable of a leg that is called instead of another, with
// the name of that.
const forwarderName = "FORWARDERNAME"

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
	technology, destination := placeOfForward(old.Channel, to)
	v := d.redirected(old.Channel, to)
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
	d.house.pickups.take(old.Channel)
	if err != nil {
		log.Log(ctx, levelNotice, "Forwarding failed to dial", "channel", d.c.Name(), "to", technology+"/"+destination, "error", err)
		return
	}
	if d.flags.Has('z') {
		d.dialer.NoTimeout()
	}
	d.house.pickups.register(a.Channel)
}

// placeOfForward is the device where a leg wants to be called: one that it names, or an extension.
func placeOfForward(old *channel.Channel, to string) (technology, destination string) {
	technology, destination, ok := call.SplitDevice(to)
	if ok {
		return technology, destination
	}
	within := old.Location().Context
	if given, ok := old.Variable("FORWARD_CONTEXT"); ok && given != "" {
		within = given
	}
	return "Local", to + "@" + within
}

// redirected is where a leg that wants to be called elsewhere sends the call, and why,
// as far as it says so.
func (d *dialing) redirected(old *channel.Channel, to string) event.Redirection {
	v := d.c.Snapshot().Redirect
	v.From, v.To = old.Snapshot().Caller, event.Party{Number: event.Number{Valid: true, Text: to}}
	v.Reason, v.Count = "unknown", v.Count+1
	by, ok := old.Value(channel.ForwardedBy{}).(event.Redirection)
	if !ok {
		return v
	}
	if by.From.Number.Valid {
		v.From = by.From
	}
	if by.To.Number.Valid {
		v.To = by.To
	}
	if by.Reason != "" {
		v.Reason = by.Reason
	}
	return v
}

// instead gives a leg that is called instead of another what it inherits.
func (d *dialing) instead(out, old *channel.Channel, v event.Redirection) {
	from, was := d.c.Snapshot(), old.Snapshot()
	out.SetVariable(forwarderName, was.Name)
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
