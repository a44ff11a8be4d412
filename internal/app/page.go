package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A paging is one run of Page: the leg that speaks, and the room in which those
// that were called hear it.
type paging struct {
	house   *House
	c       *channel.Channel
	flags   command.Flags
	room    *bridge.Bridge
	timeout time.Duration
	calls   sync.WaitGroup // those that are being made
}

// page calls devices and has all that answer hear the leg, until it leaves.
func (h *House) page(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	p := &paging{house: h, c: c, flags: command.ParseFlags(command.Arg(args, 1))}
	if d, err := seconds(command.Arg(args, 2)); err == nil {
		p.timeout = d
	}
	if p.flags.Has('r') {
		h.Logger.Warn("Page does not record yet", "channel", c.Name())
	}
	var err error
	if p.room, err = h.Bridges.Create(bridge.Options{Type: "base", Creator: "Page", Mixing: true, Keep: true}); err != nil {
		return err
	}
	defer p.room.Destroy()
	if sub, ok := p.flags['B']; ok {
		if err := h.Dialplan.Subroutine(ctx, c, strings.ReplaceAll(sub, "^", ",")); err != nil {
			return err
		}
	}
	calling, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer p.calls.Wait()
	defer stop(errPageOver)
	for _, device := range splitFiles(command.Arg(args, 0)) {
		p.call(calling, device)
	}
	if !p.flags.Has('q') {
		if _, err := h.playFile(ctx, c, "beep", ""); ended(ctx, err) {
			return err
		}
	}
	if name, ok := p.flags['A']; ok && !p.flags.Has('n') {
		if _, err := h.playFile(ctx, c, name, ""); ended(ctx, err) {
			return err
		}
	}
	err = p.room.Join(ctx, c, bridge.JoinOptions{})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil && !errors.Is(err, bridge.ErrKicked) && !errors.Is(err, bridge.ErrOver) {
		return err
	}
	return nil
}

var errPageOver = errors.New("the page is over")

// call calls one device in the background.
func (p *paging) call(ctx context.Context, device string) {
	h := p.house
	technology, destination, ok := call.SplitDevice(device)
	if !ok {
		h.Logger.Warn("Incomplete destination supplied to Page", "channel", p.c.Name(), "device", device)
		return
	}
	driver, known := h.Channels.Driver(technology)
	if p.flags.Has('s') && known {
		if state := driver.DeviceState(destination); state != "NOT_INUSE" {
			h.Logger.Info("Page leaves out a device", "channel", p.c.Name(), "device", device, "state", state)
			return
		}
	}
	p.calls.Add(1)
	h.Channels.Go("page "+device, func() {
		defer p.calls.Done()
		if leg := p.reach(ctx, technology, destination); leg != nil {
			p.enter(ctx, leg)
		}
	})
}

// reach makes a leg and waits until it answers; nil if it does not.
func (p *paging) reach(ctx context.Context, technology, destination string) *channel.Channel {
	h := p.house
	d := h.Calls.NewDialer(nil)
	from := p.c.Snapshot()
	a, err := d.Add(ctx, technology, channel.Request{Destination: destination, LinkedID: from.LinkedID}, func(out *channel.Channel) error {
		out.InheritVariables(p.c)
		out.Change(func(s *event.Channel) { s.Connected, s.PeerAccount = from.Caller, from.AccountCode })
		out.Step(out.Location(), "AppDial2", "(Outgoing Line)")
		if from.Caller.Known() {
			out.SetConnected(from.Caller)
		}
		if sub, ok := p.flags['b']; ok {
			return h.Dialplan.Subroutine(ctx, out, strings.ReplaceAll(sub, "^", ","))
		}
		return nil
	})
	if err != nil {
		h.Logger.Warn("Page can't call a device", "channel", p.c.Name(), "device", technology+"/"+destination, "error", err)
		return nil
	}
	winner := d.Wait(ctx, p.timeout, call.Listener{})
	if winner == nil {
		d.GiveUp("NOANSWER", channel.CauseNoAnswer)
		return nil
	}
	d.TellAnswer(winner)
	return a.Release()
}

// enter plays the announcement to a leg that has answered and lets it listen; with
// option d it may speak, too. It is hung up when the room ends.
func (p *paging) enter(ctx context.Context, leg *channel.Channel) {
	leg.SetState(event.Up)
	if name, ok := p.flags['A']; ok {
		within, stop := mergeContexts(leg.Context(), ctx)
		_, _ = p.house.playFile(within, leg, name, "")
		stop()
	}
	p.house.Calls.Impart(p.room, leg, bridge.JoinOptions{Mute: !p.flags.Has('d')})
}

// mergeContexts ends with the first of two.
func mergeContexts(one, two context.Context) (context.Context, func()) {
	within, cancel := context.WithCancelCause(one)
	stop := context.AfterFunc(two, func() { cancel(context.Cause(two)) })
	return within, func() { stop(); cancel(nil) }
}
