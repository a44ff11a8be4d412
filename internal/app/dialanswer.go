package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// answered says who it was, before it is told that the call was answered.
func (d *dialing) answered(a *call.Attempt) {
	setVariables(d.c, "DIALSTATUS", "ANSWER", "DIALEDPEERNAME", a.Channel.Name())
	if !a.Forwarded {
		d.c.SetVariable("DIALEDPEERNUMBER", a.DialString)
	}
}

// connectOne tells the caller of several who it was: not of a Local channel whose number
// is only what was dialled, which says nothing of who answered.
func (d *dialing) connectOne(a *call.Attempt) {
	_, local := a.Channel.Leg().(channel.Twin)
	if local && a.Channel.Value(borrowed{}) != nil {
		return
	}
	if len(d.dialer.Attempts()) > 1 {
		d.connect(a.Channel)
	}
}

// borrowed is the key under which a called leg keeps that its number is only
// what was dialled: nobody needs to be told of it.
type borrowed struct{}

// connect tells the caller who it talks to, or will.
func (d *dialing) connect(peer *channel.Channel) {
	p := peer.Caller()
	if !p.Number.Valid || d.flags.Has('I') || peer.Value(borrowed{}) != nil {
		return
	}
	d.tellConnected(p)
}

// tellConnected tells who hears how the call goes who it will talk to.
func (d *dialing) tellConnected(p event.Party) {
	to := d.hears()
	to.SetConnected(p)
	if to == d.c {
		d.house.intercept(d.c.Context(), to, connectedSub)
		p = to.Connected()
	}
	_ = to.Indicate(media.Frame{Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
}

// setDuration sets NAME and NAME_MS.
func setDuration(c *channel.Channel, name string, t time.Duration) {
	setVariables(c, name, strconv.Itoa(int(t/time.Second)), name+"_MS", strconv.Itoa(int(t/time.Millisecond)))
}

// join puts the caller and who answered into one bridge until one leaves.
func (d *dialing) join(ctx context.Context, winner *call.Attempt) error {
	if to := d.handed(); to != nil {
		d.house.pickups.end(winner.Channel)
		d.connectOne(winner)
		d.dialer.GiveUp("CANCEL", d.elsewhere)
		d.answered(winner)
		return d.joinHanded(winner, to)
	}
	picked := d.house.pickups.take(winner.Channel)
	if picked == nil {
		d.meet(winner.Channel)
	} else {
		d.meet(nil)
	}
	if d.flags.Has('a') {
		if err := d.c.Answer(); err != nil {
			return err
		}
	}
	if picked == nil {
		d.connectOne(winner)
	} else {
		d.connect(picked.picker)
	}
	d.dialer.GiveUp("CANCEL", d.elsewhere)
	d.answered(winner)
	d.house.pickups.withdraw(d.dialer)
	if picked != nil {
		d.dialer.TellAnswer(winner)
		d.c.StopSource()
		return d.joinPicker(ctx, winner, picked)
	}
	peer := winner.Channel
	released := false
	defer func() {
		if !released { // also where something panics before the bridge
			dismiss(peer)
		}
	}()
	d.c.StopSource()
	winner.Release()
	if d.privacy != nil {
		if refused, err := d.decide(ctx, winner); refused || err != nil {
			return err
		}
	}
	if err := d.announce(ctx, peer); err != nil {
		return d.afterPeer(ctx, peer)
	}
	if place := d.flags['G']; place != "" {
		return d.split(winner, place, &released)
	}
	if sub := d.flags['U']; sub != "" {
		if decided, err := d.screen(ctx, winner, sub); decided || err != nil {
			return err
		}
	}
	stepAside(peer)
	d.dialer.TellAnswer(winner)
	if err := d.keys(ctx, peer); err != nil {
		d.c.SetVariable("DIALSTATUS", "ANSWER")
		return d.afterPeer(ctx, peer)
	}
	if err := d.c.Answer(); err != nil {
		return err
	}
	released = true
	return d.bridge(ctx, peer, peer.Location().Context)
}

// stepAside puts a called leg at no extension: it is dialled no more.
func stepAside(peer *channel.Channel) {
	peer.SetLocation(channel.Location{Context: peer.Location().Context, Priority: 1})
}

// dismiss ends a called leg that is wanted no more.
func dismiss(peer *channel.Channel) {
	peer.SetCause(channel.CauseNormalClearing)
	peer.Hangup(channel.CauseNormalClearing)
	peer.End()
}

// bridge lets both talk. The called leg belongs to its bridge from here on.
func (d *dialing) bridge(ctx context.Context, peer *channel.Channel, context string) error {
	b, err := d.house.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		dismiss(peer)
		return err
	}
	answered := time.Now()
	if place, ok := d.flags['F']; ok {
		d.afterwards(peer, place)
	} else if d.flags.Has('e') {
		call.LastWord(peer)
	}
	peer.Step(channel.Location{Context: context, Priority: 1}, "AppDial", "(Outgoing Line)")
	d.house.Calls.Impart(b, peer, bridge.JoinOptions{Features: d.features(peer)})
	call.ForgetForwarder(peer)
	if stay, err := b.Enter(d.c, bridge.JoinOptions{Features: d.features(d.c)}); err == nil {
		stop := d.timed(b, peer) // both are there to hear of it
		_ = stay(ctx)
		stop()
	}
	if !d.c.Interrupted() { // who is sent elsewhere has not come to the end of this call
		setDuration(d.c, "ANSWEREDTIME", time.Since(answered))
		setDuration(d.c, "DIALEDTIME", time.Since(d.began))
	}
	d.c.SetVariable("DIALSTATUS", "ANSWER")
	return d.afterPeer(ctx, peer)
}

// afterPeer goes on, or not, once the called leg has ended.
func (d *dialing) afterPeer(ctx context.Context, peer *channel.Channel) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if cause := peer.HangupCause(); cause != 0 {
		d.c.SetCause(cause)
	}
	if d.flags.Has('g') {
		return nil
	}
	return ErrHangup
}

// both returns ctx, ended also by the end of the called leg.
func both(ctx context.Context, peer *channel.Channel) (context.Context, context.CancelFunc) {
	within, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(peer.LegContext(), func() { cancel(context.Cause(peer.LegContext())) })
	return within, func() { stop(); cancel(nil) }
}

// announce plays A(called:calling) to both at once. It fails where one of them
// hangs up meanwhile.
func (d *dialing) announce(ctx context.Context, peer *channel.Channel) error {
	called, calling, _ := strings.Cut(d.flags['A'], ":")
	toCalled, toCalling := d.announcement(peer, called, "callee"), d.announcement(d.c, calling, "caller")
	within, cancel := both(ctx, peer)
	defer cancel()
	if toCalling == nil {
		if toCalled != nil {
			_ = play(within, peer, toCalled, nil)
		}
		return context.Cause(within)
	}
	done := make(chan struct{})
	d.c.Registry().Go(peer.Name(), func() {
		defer close(done)
		if toCalled != nil {
			_ = play(within, peer, toCalled, nil)
		}
	})
	_ = play(within, d.c, toCalling, nil)
	<-done
	return context.Cause(within)
}

// announcement opens one of the sounds of A, or returns nil.
func (d *dialing) announcement(to *channel.Channel, name, who string) channel.Source {
	if name == "" {
		return nil
	}
	language := to.Snapshot().Language
	src, err := d.house.Sounds.Open(name, language, to)
	if err != nil {
		d.house.Logger.Error("error streaming file '"+name+"' to "+who, "channel", to.Name(), "error", err)
		return nil
	}
	defer d.house.tellPlayback(to, name, language, src)()
	return src
}

// keys sends D(called:calling) before the bridge. It fails where the called leg
// ends meanwhile.
func (d *dialing) keys(ctx context.Context, peer *channel.Channel) error {
	parts := strings.Split(d.flags['D'], ":")
	if parts[0] == "" && len(parts) < 2 {
		return nil
	}
	within, cancel := both(ctx, peer)
	defer cancel()
	if err := sendDigits(within, peer, parts[0], defaultBetween, defaultDuration); err != nil {
		return err
	}
	if len(parts) > 1 {
		return sendDigits(within, d.c, parts[1], defaultBetween, defaultDuration)
	}
	return nil
}

// afterwards sets where the called leg goes when the caller hangs up (F).
func (d *dialing) afterwards(peer *channel.Channel, place string) {
	if place == "" {
		l := d.c.Location()
		l.Priority++
		call.AfterBridge(peer, l)
		return
	}
	if l, err := d.house.Dialplan.Resolve(d.c, d.place(place)); err == nil {
		call.AfterBridge(peer, l)
	}
}

// told is the party that a called leg is told to be called by.
func (d *dialing) told(from *event.Channel) event.Party {
	if d.shown.Number.Valid {
		return d.shown
	}
	return from.Caller
}
