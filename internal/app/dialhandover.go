package app

import (
	"context"
	"sync"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// handing is that another leg waits for the answer in the caller's place: its phone
// has transferred that one here while it rings.
type handing struct {
	mu     sync.Mutex // a leaf
	closed bool
	to     *channel.Channel
	stop   func() bool
	only   *channel.Channel // who is called, where that is one; set before the offer
}

// handOver has what comes of the call be the business of another leg, which waits in
// a bridge. It is call.OfferHandover's.
func (d *dialing) handOver(to *channel.Channel) bool {
	h := &d.handing
	h.mu.Lock()
	if h.closed || h.to != nil {
		h.mu.Unlock()
		return false
	}
	h.to = to
	h.stop = context.AfterFunc(to.LegContext(), func() { d.c.Yield(channel.CauseNormalClearing) })
	h.mu.Unlock()
	if d.ringing.Load() {
		_ = to.Signal(media.Ringing)
	}
	if only := d.handing.only; only != nil {
		acquaint(to, only)
		acquaint(only, to)
	}
	return true
}

// acquaint tells a leg who it is going to talk to, unless it knows.
func acquaint(c, to *channel.Channel) {
	if to.Caller().Number.Valid && c.Connected() != to.Caller() {
		call.Connect(c, to)
	}
}

// hears is the leg that hears how the call goes.
func (d *dialing) hears() *channel.Channel {
	d.handing.mu.Lock()
	defer d.handing.mu.Unlock()
	if d.handing.to != nil {
		return d.handing.to
	}
	return d.c
}

// handed ends the offer and returns the leg that it was taken for, or nil.
func (d *dialing) handed() *channel.Channel {
	h := &d.handing
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if h.stop != nil {
		h.stop()
	}
	return h.to
}

// joinHanded puts who answered into the bridge in which the other leg waits.
func (d *dialing) joinHanded(winner *call.Attempt, to *channel.Channel) error {
	peer := winner.Channel
	d.dialer.TellAnswer(winner)
	winner.Release()
	stepAside(peer)
	defer d.c.Yield(channel.CauseNormalClearing)
	b := d.house.Bridges.Find(to.BridgeID())
	if b == nil {
		dismiss(peer)
		return ErrHangup
	}
	to.StopSource()
	peer.Step(channel.Location{Context: peer.Location().Context, Priority: 1}, "AppDial", "(Outgoing Line)")
	d.house.Calls.Impart(b, peer, bridge.JoinOptions{})
	b.Tighten()
	acquaint(to, peer)
	acquaint(peer, to)
	return ErrHangup
}

// goOnHanded has the other leg go on in the dialplan as the caller would, where
// nobody answered.
func (d *dialing) goOnHanded(to *channel.Channel, err error) error {
	status, _ := d.c.Variable("DIALSTATUS")
	next := d.c.Location()
	next.Priority++
	d.c.Yield(channel.CauseNormalClearing)
	if err != nil || !d.house.Dialplan.Exists(next, to.Caller().Number.Text) {
		to.Hangup(d.c.HangupCause())
		return ErrHangup
	}
	_ = to.Interrupt(channel.Interrupt{Errand: func(_ context.Context, to *channel.Channel) {
		to.StopSource()
		to.AdoptVariables(d.c)
		to.SetVariable("DIALSTATUS", status)
		_ = to.Interrupt(channel.Interrupt{Location: &next})
	}})
	return ErrHangup
}
