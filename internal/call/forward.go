package call

import (
	"context"
	"errors"
	"slices"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// forwarderName is the variable of a leg that is called instead of another, with
// the name of that.
const forwarderName = "FORWARDERNAME"

// SetForwarder says on a leg instead of which other it is called.
func SetForwarder(c, old *channel.Channel) { c.SetVariable(forwarderName, old.Name()) }

// ForgetForwarder ends what SetForwarder says: the leg talks.
func ForgetForwarder(c *channel.Channel) {
	if _, ok := c.Variable(forwarderName); ok {
		c.SetVariable(forwarderName, "")
	}
}

// PlaceOfForward is the device where a leg wants to be called: one that it names, or an
// extension of the context that FORWARD_CONTEXT of the leg names, or else of the leg's own.
func PlaceOfForward(old *channel.Channel, to string) (technology, destination string) {
	technology, destination, ok := SplitDevice(to)
	if ok {
		return technology, destination
	}
	within := old.Location().Context
	if given, ok := old.Variable("FORWARD_CONTEXT"); ok && given != "" {
		within = given
	}
	return "Local", to + "@" + within
}

// Redirected is where a leg that wants to be called elsewhere sends a call that was
// redirected as v says before, and why, as far as it says so.
func Redirected(v event.Redirection, old *channel.Channel, to string) event.Redirection {
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

// errForwards ends the calls of phones that send each other, or themselves, round
// in a circle as fast as the network goes.
var errForwards = errors.New("the call was forwarded too often")

// Replace calls TECH/destination instead of a leg that wants to be called
// elsewhere, which ends. Where that does not work, or the call was forwarded as
// often as MaxForwards of the leg allows, the leg has failed.
func (d *Dialer) Replace(ctx context.Context, old *Attempt, to, technology string, q channel.Request, prepare func(*channel.Channel) error) (*Attempt, error) {
	old.Forward = to
	a, err := d.add(ctx, old, technology, q, prepare)
	if err != nil {
		d.fail(old, "CHANUNAVAIL", 0)
		old.Cause = 0 // that it was sent on is no cause for who waits
		return nil, err
	}
	old.Channel.Hangup(0)
	old.Channel.End()
	return a, nil
}

// Refuse does not call elsewhere: to who waits the leg is busy.
func (d *Dialer) Refuse(a *Attempt, to string) {
	a.Forward = to
	d.tellForward(a)
	a.Forward = ""
	d.fail(a, "BUSY", 0)
	a.Cause = 0
}

// Drop is Refuse of which there is no more to tell than that the call was to go elsewhere.
func (d *Dialer) Drop(a *Attempt, to string) {
	a.Forward = to
	d.tellForward(a)
	a.Forward = ""
	d.end(a, "BUSY", 0, func(*Attempt) {})
	a.Cause = 0
}

// NoTimeout lets Wait wait for an answer without limit.
func (d *Dialer) NoTimeout() { d.endless = true }

// tellForward tells that a leg was given up for another.
func (d *Dialer) tellForward(a *Attempt) {
	a.Status = "CANCEL"
	a.stopped()
	d.publishEnd(a)
}

// Failed returns the attempts that have failed, the first that did so first.
func (d *Dialer) Failed() []*Attempt {
	list := make([]*Attempt, 0, len(d.attempts))
	for _, a := range d.attempts {
		if a.order > 0 {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b *Attempt) int { return a.order - b.order })
	return list
}
