package sharedline

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// errHangup ends the leg once the application is done.
var errHangup = errors.New("the application ends the call")

// Applications returns the dialplan applications.
func (h *House) Applications() []command.Application[*channel.Channel] {
	one := func(name, synopsis, syntax string, run func(context.Context, *channel.Channel, string) error) command.Application[*channel.Channel] {
		return command.Application[*channel.Channel]{Row: command.Row{Name: name, Module: "app_sla", Synopsis: synopsis, Syntax: syntax}, Run: run}
	}
	return []command.Application[*channel.Channel]{
		one("SLAStation", "Take a shared line", "SLAStation(station[_trunk])", h.stationApp),
		one("SLATrunk", "Ring the stations of a shared line", "SLATrunk(trunk[,options])", h.trunkApp),
	}
}

// stationApp is the application SLAStation: a station takes a line.
func (h *House) stationApp(ctx context.Context, c *channel.Channel, data string) error {
	name := strings.TrimSpace(data)
	if name == "" {
		h.Logger.Warn("SLAStation requires a station", "channel", c.Name())
		c.SetVariable("SLASTATION_STATUS", "FAILURE")
		return nil
	}
	k, status := h.take(c, name)
	if k == nil {
		h.Logger.Warn("a station can't take a shared line", "channel", c.Name(), "station", name, "status", status)
		c.SetVariable("SLASTATION_STATUS", status)
		return nil
	}
	h.mu.Lock()
	calls := k.trunk.dialled
	h.mu.Unlock()
	if calls && !h.dial(ctx, c, k) {
		c.SetVariable("SLASTATION_STATUS", "CONGESTION")
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	}
	err := h.talk(ctx, c, k)
	c.SetVariable("SLASTATION_STATUS", "SUCCESS")
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// take finds the line that a station means, STATION or STATION_TRUNK, and takes it.
func (h *House) take(c *channel.Channel, name string) (k *key, status string) {
	h.mu.Lock()
	s := h.station(name)
	if s != nil {
		for _, one := range s.keys {
			if one.state == idle && one.trunk.leg == nil && !one.trunk.dialled {
				k = one
				break
			}
		}
	} else if k = h.find(name); k == nil {
		before, _, _ := strings.Cut(name, "_")
		if status = "FAILURE"; h.station(before) != nil {
			status = "CONGESTION"
		}
		h.mu.Unlock()
		return nil, status
	}
	if k == nil || k.leg != nil || !k.open() {
		h.mu.Unlock()
		return nil, "CONGESTION"
	}
	t := k.trunk
	k.leg = c
	var changed []string
	switch {
	case k.state == onHoldByMe:
		if t.holding--; t.holding <= 0 {
			changed = h.turn(t, up, true, nil)
		} else {
			k.state = up
			changed = []string{k.device()}
		}
	case k.state == rings:
		t.began = time.Time{}
		changed = h.turn(t, up, true, nil)
	case k.state == idle:
		t.dialled = true
		changed = h.turn(t, up, true, nil)
	}
	h.mu.Unlock()
	h.look(changed)
	h.review()
	return k, ""
}

// open tells whether the station may take the line as it is. h.mu is held.
func (k *key) open() bool {
	switch k.state {
	case up:
		return k.trunk.barge && k.trunk.leg != nil
	case onHold:
		return !k.trunk.private && !k.station.private
	}
	return true
}

// dial calls the outside of an idle line, and has it wait in the conference.
func (h *House) dial(ctx context.Context, c *channel.Channel, k *key) bool {
	t := k.trunk
	leg := h.reach(ctx, c, t)
	h.mu.Lock()
	t.dialled = false
	if leg != nil {
		t.carry(leg)
		h.mu.Unlock()
		h.Calls.Employ(leg, func(ctx context.Context, out *channel.Channel) error {
			err := h.outside(ctx, out, t, map[string]string{})
			h.vacate(t)
			if ctx.Err() == nil {
				out.TellSoftHangup()
				out.Hangup(channel.CauseNormalClearing)
			}
			return err
		})
		return true
	}
	k.leg = nil
	changed := h.turn(t, idle, true, nil)
	h.mu.Unlock()
	h.look(changed)
	return false
}

// reach calls the device of a line for a station. It is nil if that did not answer.
func (h *House) reach(ctx context.Context, c *channel.Channel, t *trunk) *channel.Channel {
	h.mu.Lock()
	named, device := h.callerID, t.device
	h.mu.Unlock()
	technology, destination, ok := call.SplitDevice(device)
	if !ok {
		h.Logger.Warn("a shared line has no device", "trunk", t.name, "device", device)
		return nil
	}
	d, from := h.Calls.NewDialer(nil), c.Snapshot()
	_, err := d.Add(ctx, technology, channel.Request{Destination: destination, LinkedID: from.LinkedID}, func(out *channel.Channel) error {
		before := out.AccountCode()
		out.Change(func(s *event.Channel) {
			s.Language = from.Language
			if s.AccountCode == "" {
				s.AccountCode = from.AccountCode
			}
			if named {
				s.Caller = from.Caller
			}
		})
		out.Step(out.Location(), "AppDial2", "(Outgoing Line)")
		if out.AccountCode() != before {
			out.TellAccountCode(before)
		}
		return nil
	})
	if err != nil {
		h.Logger.Warn("a shared line can't be called", "trunk", t.name, "device", device, "error", err)
		return nil
	}
	winner := d.Wait(ctx, 0, call.Listener{Signal: func(_ *call.Attempt, f media.Frame) {
		if f.Signal == media.Ringing || f.Signal == media.Progress {
			_ = c.Signal(f.Signal)
		}
	}})
	if winner == nil {
		h.abandon(d)
		return nil
	}
	d.TellAnswer(winner)
	leg := winner.Release()
	leg.SetState(event.Up)
	_ = c.Signal(media.StopTone)
	return leg
}

// talk has a station's leg talk on a line that it has taken, by its owner.
func (h *House) talk(ctx context.Context, c *channel.Channel, k *key) error {
	h.sitDown(k.trunk)
	defer h.getUp(ctx, c, k)
	return h.Rooms.Confer(ctx, c, k.trunk.room(), map[string]string{"quiet": "yes", "end_marked": "yes"}, nil)
}

// sitDown follows before a station talks: the first one takes the outside off hold.
func (h *House) sitDown(t *trunk) {
	h.mu.Lock()
	t.talking++
	back := t.held && t.talking == 1
	var changed []string
	if back {
		t.held, t.holding = false, 0
		changed = h.turn(t, up, true, nil)
	}
	outside := t.leg
	h.mu.Unlock()
	h.look(changed)
	if back && outside != nil {
		h.Rooms.Hold(t.room(), outside, false)
	}
}

// getUp follows when a station talks no more. The outside that nobody talks to hears music if a
// station holds the line, and else is put out of the conference.
func (h *House) getUp(ctx context.Context, c *channel.Channel, k *key) {
	t := k.trunk
	h.mu.Lock()
	t.talking--
	if k.leg == c {
		k.leg = nil
	}
	outside, ringing, deserted := t.leg, !t.began.IsZero(), t.talking == 0
	waits := deserted && t.holding > 0 && !t.held && outside != nil
	t.held = t.held || waits
	ends := deserted && t.holding == 0 && outside != nil && !ringing
	desert := t.desert
	h.mu.Unlock()
	switch {
	case waits:
		h.Rooms.Hold(t.room(), outside, true)
	case ends:
		_ = h.Dialplan.Execute(context.WithoutCancel(ctx), c, "ConfKick", t.room()+",all")
		desert() // it may not have been there yet
	}
}
