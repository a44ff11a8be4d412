package sharedline

import (
	"context"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// trunkApp is the application SLATrunk: a call that comes in.
func (h *House) trunkApp(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	name := strings.TrimSpace(command.Arg(args, 0))
	if name == "" {
		h.Logger.Warn("SLATrunk requires a trunk", "channel", c.Name())
		return errHangup
	}
	h.mu.Lock()
	t := h.trunk(name)
	switch {
	case t == nil:
		h.mu.Unlock()
		h.Logger.Warn("there is no such shared line", "channel", c.Name(), "trunk", name)
		c.SetVariable("SLATRUNK_STATUS", "FAILURE")
		return nil
	case t.leg != nil || t.dialled:
		h.mu.Unlock()
		h.Logger.Warn("a call came in on a shared line that is in use", "channel", c.Name(), "trunk", name)
		c.SetVariable("SLATRUNK_STATUS", "FAILURE")
		return nil
	}
	class, music := command.ParseFlags(command.Arg(args, 1))['M']
	t.carry(c)
	t.began, t.late, t.held = time.Now(), false, music
	changed := h.turn(t, rings, true, nil)
	h.mu.Unlock()
	h.look(changed)
	h.review()
	user := map[string]string{}
	if music {
		user["music_on_hold_class"] = class
		h.Rooms.Hold(t.room(), c, true)
	}
	err := h.outside(ctx, c, t, user)
	rang, late := h.vacate(t)
	c.SetVariable("SLATRUNK_STATUS", "SUCCESS")
	switch {
	case late:
		c.SetVariable("SLATRUNK_STATUS", "RINGTIMEOUT")
	case rang:
		c.SetVariable("SLATRUNK_STATUS", "UNANSWERED")
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// carry gives the line a call of the outside. h.mu is held.
func (t *trunk) carry(c *channel.Channel) {
	t.leg = c
	t.alone, t.desert = context.WithCancel(context.Background())
}

// outside has the outside's leg of a line take part in the conference, by its owner, until it leaves or
// all stations have.
func (h *House) outside(ctx context.Context, c *channel.Channel, t *trunk, user map[string]string) error {
	inside, leave := context.WithCancel(ctx)
	defer leave()
	h.mu.Lock()
	alone := t.alone
	h.mu.Unlock()
	defer context.AfterFunc(alone, leave)()
	user["quiet"], user["marked"] = "yes", "yes"
	err := h.Rooms.Confer(inside, c, t.room(), user, nil)
	if ctx.Err() == nil && inside.Err() != nil {
		return nil
	}
	return err
}

// vacate makes a line idle whose outside has left, and tells whether it still rang, and
// whether for too long.
func (h *House) vacate(t *trunk) (rang, late bool) {
	h.mu.Lock()
	rang, late = !t.began.IsZero(), t.late
	t.leg, t.began, t.late, t.held, t.holding = nil, time.Time{}, false, false, 0
	changed := h.turn(t, idle, true, nil)
	h.mu.Unlock()
	h.look(changed)
	h.review()
	return rang, late
}
