package app

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// What a subroutine of U decides by GOSUB_RESULT, beside GOTO:place. Any other
// value lets the call go on.
const (
	screenAbort    = "ABORT"
	screenContinue = "CONTINUE"
	screenGoto     = "GOTO:"
)

// screening turns "context^arg^…" of the option U into a place.
func screening(sub string) string {
	in, args, _ := strings.Cut(sub, "^")
	if args == "" {
		return in + ",s,1"
	}
	return in + ",s,1(" + strings.ReplaceAll(args, "^", ",") + ")"
}

// screen runs the subroutine of U on the called leg. decided says that the caller
// goes on without the called leg, with err as the outcome of Dial.
func (d *dialing) screen(ctx context.Context, winner *call.Attempt, sub string) (decided bool, err error) {
	peer := winner.Channel
	within, cancel := both(ctx, peer)
	ran := d.house.Dialplan.Subroutine(within, peer, screening(sub))
	cancel()
	if ctx.Err() != nil {
		return true, context.Cause(ctx)
	}
	if ran != nil {
		d.house.Logger.Error("the subroutine of Dial did not come to its end", "channel", peer.Name(), "place", sub, "error", ran)
		return false, nil
	}
	result, _ := peer.Variable("GOSUB_RESULT")
	if result == "" {
		return false, nil
	}
	if value, ok := peer.Variable("GOSUB_RETVAL"); ok {
		d.c.SetVariable("GOSUB_RETVAL", value)
	}
	place, away := strings.CutPrefix(result, screenGoto)
	switch {
	case away:
		return true, d.sendAway(winner, d.place(place))
	case result == screenAbort, result == screenContinue, result == "BUSY", result == "CONGESTION":
	default:
		return false, nil
	}
	winner.Status = result
	stepAside(peer)
	d.dialer.TellAnswer(winner)
	dismiss(peer)
	if result == "BUSY" || result == "CONGESTION" {
		d.c.SetVariable("DIALSTATUS", result)
		return true, nil
	}
	d.c.SetVariable("DIALSTATUS", "ANSWER")
	if result == screenAbort {
		return true, d.afterPeer(ctx, peer)
	}
	return true, nil
}

// sendAway ends the called leg and lets the caller go on elsewhere.
func (d *dialing) sendAway(winner *call.Attempt, place string) error {
	winner.Status = screenGoto + place
	stepAside(winner.Channel)
	to, err := d.house.Dialplan.Resolve(d.c, place)
	if err != nil {
		d.house.Logger.Warn("the subroutine of Dial sends the caller to no place", "channel", d.c.Name(), "error", err)
		d.dialer.TellAnswer(winner)
		dismiss(winner.Channel)
		d.c.SetVariable("DIALSTATUS", "ANSWER")
		return nil
	}
	d.tellBefore(winner, to)
	dismiss(winner.Channel)
	d.c.SetVariable("DIALSTATUS", "ANSWER")
	d.c.SetLocation(to)
	return nil
}

// tellBefore tells the end of the dialling with the caller at a place where it
// is only about to be: so does the reference.
func (d *dialing) tellBefore(winner *call.Attempt, to channel.Location) {
	at := d.c.Location()
	to.Priority--
	d.c.SetLocation(to)
	d.dialer.TellAnswer(winner)
	d.c.SetLocation(at)
}

// split sends the caller to a place of the dialplan and the called leg to the
// priority behind it (G).
func (d *dialing) split(winner *call.Attempt, place string, released *bool) error {
	to, err := d.house.Dialplan.Resolve(d.c, d.place(place))
	if err != nil {
		d.house.Logger.Warn("Dial can't split the call to this place", "channel", d.c.Name(), "place", place, "error", err)
		d.dialer.TellAnswer(winner)
		return nil
	}
	peer := winner.Channel
	peer.SetLocation(channel.Location{Context: to.Context, Exten: to.Exten, Priority: to.Priority + 1})
	peer.TellLocation()
	d.tellBefore(winner, to)
	*released = true
	d.house.Calls.Dialplan.Start(peer)
	d.c.SetLocation(to)
	return nil
}
