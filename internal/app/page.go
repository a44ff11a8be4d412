package app

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A Conference has a leg take part in the conference of a name until it leaves, with
// options of a user and of a bridge as in confbridge.conf above those of the default
// profiles. It returns on the goroutine that owns the leg.
type Conference func(ctx context.Context, c *channel.Channel, name string, user, bridge map[string]string) error

// A paging is one run of Page: the leg that speaks, and the conference in which those
// that were called hear it.
type paging struct {
	house   *House
	c       *channel.Channel
	flags   command.Flags
	room    string
	timeout time.Duration
	calls   sync.WaitGroup // those that are being made
}

// page calls devices and has all that answer hear the leg, until it leaves.
func (h *House) page(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	p := &paging{house: h, c: c, flags: command.ParseFlags(command.Arg(args, 1)), room: strconv.FormatUint(uint64(rand.Uint32()>>1), 10)}
	if d, err := seconds(command.Arg(args, 2)); err == nil {
		p.timeout = d
	}
	if sub, ok := p.flags['B']; ok {
		if err := h.Dialplan.Subroutine(ctx, c, call.Routine(c.Location(), sub)); err != nil {
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
	leads := map[string]string{"marked": "yes", "quiet": "yes", "announce_only_user": "no"}
	if name, ok := p.flags['A']; ok && !p.flags.Has('n') {
		leads["announcement"] = name
	}
	return h.Confer(ctx, c, p.room, leads, p.tape())
}

// tape are the options of the conference's bridge.
func (p *paging) tape() map[string]string {
	if p.flags.Has('r') {
		return map[string]string{"record_conference": "yes"}
	}
	return nil
}

var errPageOver = errors.New("the page is over")

// call begins to call one device, and waits for it in the background.
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
	d := h.Calls.NewDialer(nil)
	a, err := p.ring(ctx, d, technology, destination)
	if err != nil {
		h.Logger.Warn("Page can't call a device", "channel", p.c.Name(), "device", device, "error", err)
		return
	}
	p.calls.Add(1)
	h.Channels.Go("page "+device, func() {
		defer p.calls.Done()
		var listener call.Listener
		if !p.flags.Has('i') {
			listener.Forward = func(old *call.Attempt, to string) {
				if n := p.forward(ctx, d, old, to); n != nil {
					a = n
				}
			}
		}
		winner := d.Wait(ctx, p.timeout, listener)
		defer h.pickups.withdraw(d)
		switch {
		case winner == nil && ctx.Err() != nil:
			a.Channel.TellSoftHangup()
			d.Abandon(0)
			return
		case winner == nil:
			d.Abandon(channel.CauseNoAnswer)
			return
		}
		o := h.pickups.take(winner.Channel)
		d.TellAnswer(winner)
		if rang := winner.Release(); o != nil {
			replaced(rang)
			o.goOn <- func(own context.Context, c *channel.Channel) error {
				call.Connect(c, p.c)
				return p.hear(own, ctx, c)
			}
		} else {
			p.enter(ctx, rang)
		}
	})
}

// ring begins to call a device.
func (p *paging) ring(ctx context.Context, d *call.Dialer, technology, destination string) (*call.Attempt, error) {
	a, err := d.Add(ctx, technology, channel.Request{Destination: destination, LinkedID: p.c.Snapshot().LinkedID},
		func(out *channel.Channel) error { return p.prepare(ctx, out) })
	if err == nil {
		p.house.pickups.register(a.Channel)
	}
	return a, err
}

// forward calls another place for a device that wants so. It returns nil where nobody is called.
func (p *paging) forward(ctx context.Context, d *call.Dialer, old *call.Attempt, to string) *call.Attempt {
	technology, destination := call.PlaceOfForward(old.Channel, to)
	a, err := d.Replace(ctx, old, to, technology, channel.Request{Destination: destination},
		func(out *channel.Channel) error {
			call.SetForwarder(out, old.Channel)
			return p.prepare(ctx, out)
		})
	if err != nil {
		p.house.Logger.Warn("Page can't call where a device wants to be called", "channel", p.c.Name(), "device", technology+"/"+destination, "error", err)
		return nil
	}
	p.house.pickups.end(old.Channel)
	p.house.pickups.register(a.Channel)
	return a
}

// prepare gives a new leg what it inherits from the one who speaks.
func (p *paging) prepare(ctx context.Context, out *channel.Channel) error {
	from := p.c.Snapshot()
	out.InheritVariables(p.c)
	out.Change(func(s *event.Channel) { s.Connected, s.PeerAccount = from.Caller, from.AccountCode })
	out.Step(out.Location(), "AppDial2", "(Outgoing Line)")
	if from.Caller.Known() {
		out.SetConnected(from.Caller)
	}
	if sub, ok := p.flags['b']; ok {
		return p.house.Dialplan.Subroutine(ctx, out, call.Routine(p.c.Location(), sub))
	}
	return nil
}

// enter has a leg that has answered listen until the page ends; with option d it may speak, too.
func (p *paging) enter(page context.Context, leg *channel.Channel) {
	leg.SetState(event.Up)
	p.house.Calls.Employ(leg, func(ctx context.Context, c *channel.Channel) error { return p.hear(ctx, page, c) })
}

// lateListener is how long a page may be over for a leg that listens to it.
const lateListener = 2 * time.Second

// hear has a leg listen, and hangs it up when the one who speaks has left: also where it came too late
// for that one's leaving to end it, as it was played something before.
func (p *paging) hear(ctx, page context.Context, c *channel.Channel) error {
	hears := map[string]string{"end_marked": "yes", "quiet": "yes", "startmuted": "yes", "announcement": p.flags['A']}
	if p.flags.Has('d') {
		hears["startmuted"] = "no"
	}
	within, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(page, func() { time.AfterFunc(lateListener, func() { end(errPageOver) }) })()
	err := p.house.Confer(within, c, p.room, hears, p.tape())
	if ctx.Err() == nil {
		c.TellSoftHangup()
		c.Hangup(channel.CauseNormalClearing)
	}
	return err
}
