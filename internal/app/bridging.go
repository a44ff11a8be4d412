package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// bridging are the applications that join legs.
func (h *House) bridging() []Application {
	return []Application{
		{Row: row("Bridge", "bridge_features", "Join another leg", "Bridge(channel[,options])"), Run: h.bridge},
		{Row: row("BridgeWait", "app_bridgewait", "Wait in a holding bridge", "BridgeWait([name[,role[,options]]])"), Run: h.bridgeWait},
		{Row: row("BridgeAdd", "app_bridgeaddchan", "Enter the bridge of another leg", "BridgeAdd(channel)"), Run: h.bridgeAdd},
	}
}

// findChannel finds a leg by its name or unique ID, or the beginning of its name.
func (h *House) findChannel(name string) *channel.Channel {
	if name == "" {
		return nil
	}
	if c := h.Channels.Find(name); c != nil {
		return c
	}
	return h.Channels.FindPrefix(name)
}

func (h *House) bridge(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	flags := command.ParseFlags(command.Arg(args, 1))
	peer := h.findChannel(command.Arg(args, 0))
	switch {
	case peer == c:
		h.Logger.Warn("Unable to bridge channel with itself", "channel", c.Name())
		c.SetVariable("BRIDGERESULT", "LOOP")
		return nil
	case peer == nil:
		c.SetVariable("BRIDGERESULT", "NONEXISTENT")
		return nil
	}
	if !flags.Has('n') {
		if err := answer(ctx, c); err != nil {
			return err
		}
	}
	d := &dialing{dialOptions: &dialOptions{flags: flags}, house: h, c: c}
	if err := d.limit(c); err != nil {
		h.Logger.Warn(err.Error(), "channel", c.Name())
		c.SetVariable("BRIDGERESULT", "FAILURE")
		return ErrHangup
	}
	b, err := h.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		return err
	}
	in, lost := make(chan struct{}), make(chan struct{})
	visit := call.Visit{Join: bridge.JoinOptions{Features: d.features(peer)}, Before: d.fetched,
		Entered: func() { close(in) }, Lost: func() { close(lost) }, Left: d.onward}
	if err := h.Calls.Move(b, peer, visit); err != nil {
		b.Destroy()
		c.SetVariable("BRIDGERESULT", "FAILURE")
		return nil //nolint:nilerr // the status tells it
	}
	select {
	case <-in:
	case <-lost:
		b.Destroy()
		c.SetVariable("BRIDGERESULT", "FAILURE")
		return nil
	case <-ctx.Done():
	}
	stay, err := b.Enter(c, bridge.JoinOptions{Features: d.features(c)})
	if err == nil {
		defer d.timed(b, peer)()
		err = stay(ctx)
	}
	if ctx.Err() != nil {
		c.SetVariable("BRIDGERESULT", "SUCCESS") // it was joined
		return context.Cause(ctx)
	}
	c.SetVariable("BRIDGERESULT", bridgeResult(err))
	return nil
}

// fetched has the leg that is fetched seen at the priority at which it will go on,
// and plays a beep to it (p).
func (d *dialing) fetched(ctx context.Context, peer *channel.Channel) {
	if peer.RunsDialplan() {
		l := peer.Location()
		l.Priority++
		peer.SetLocation(l)
	}
	if d.flags.Has('p') {
		_, _ = d.house.playFile(ctx, peer, "beep", "") // its end is seen when the leg enters
	}
}

// onward decides where the leg that was fetched goes on: nowhere (x), or once the
// other has hung up, at another place (F).
func (d *dialing) onward(peer *channel.Channel) {
	if d.flags.Has('x') {
		peer.Hangup(channel.CauseNormalClearing)
		return
	}
	place, ok := d.flags['F']
	if !ok || !d.c.HungUp() {
		return
	}
	if place == "" {
		l := d.c.Location()
		place = fmt.Sprintf("%s,%s,%d", l.Context, l.Exten, l.Priority+1)
	}
	if !peer.RunsDialplan() {
		d.afterwards(peer, place)
		return
	}
	to, err := d.house.Dialplan.Resolve(d.c, d.place(place))
	if err == nil {
		err = d.house.Dialplan.Goto(peer, fmt.Sprintf("%s,%s,%d", to.Context, to.Exten, to.Priority))
	}
	if err != nil {
		d.house.Logger.Warn("Bridge can't send the leg to this place", "channel", peer.Name(), "place", place, "error", err)
	}
}

func bridgeResult(err error) string {
	if err == nil || errors.Is(err, bridge.ErrOver) || errors.Is(err, bridge.ErrKicked) {
		return "SUCCESS"
	}
	return "FAILURE"
}

func (h *House) bridgeAdd(ctx context.Context, c *channel.Channel, data string) error {
	peer := h.findChannel(strings.TrimSpace(data))
	if peer == nil {
		h.Logger.Warn("BridgeAdd: no such channel", "channel", c.Name(), "wanted", data)
		c.SetVariable("BRIDGERESULT", "NONEXISTENT")
		return nil
	}
	if peer == c {
		c.SetVariable("BRIDGERESULT", "LOOP")
		return nil
	}
	b := h.Bridges.Find(peer.Snapshot().BridgeID)
	if b == nil {
		h.Logger.Warn("BridgeAdd: the channel is in no bridge", "channel", c.Name(), "wanted", peer.Name())
		c.SetVariable("BRIDGERESULT", "FAILURE")
		return nil
	}
	if err := answer(ctx, c); err != nil {
		return err
	}
	err := b.Join(ctx, c, bridge.JoinOptions{})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.SetVariable("BRIDGERESULT", bridgeResult(err))
	return nil
}

// rooms are the holding bridges of BridgeWait by name; one lives while
// somebody waits in it.
type rooms struct {
	mu     sync.Mutex // held while a bridge is made, which calls no leg
	byName map[string]*room
}

type room struct {
	bridge *bridge.Bridge
	users  int
}

func (r *rooms) enter(name string, make func() (*bridge.Bridge, error)) (*bridge.Bridge, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName == nil {
		r.byName = map[string]*room{}
	}
	at := r.byName[name]
	if at == nil {
		b, err := make()
		if err != nil {
			return nil, err
		}
		at = &room{bridge: b}
		r.byName[name] = at
	}
	at.users++
	return at.bridge, nil
}

func (r *rooms) leave(name string) {
	r.mu.Lock()
	at := r.byName[name]
	if at.users--; at.users == 0 {
		delete(r.byName, name)
	} else {
		at = nil
	}
	r.mu.Unlock()
	if at != nil {
		at.bridge.Destroy()
	}
}

func (h *House) bridgeWait(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 3)
	name, role := command.Arg(args, 0), strings.ToLower(command.Arg(args, 1))
	flags := command.ParseFlags(command.Arg(args, 2))
	if name == "" {
		name = "default"
	}
	if role != "" && role != "participant" && role != "announcer" {
		h.Logger.Error("Requested waiting bridge role is invalid", "channel", c.Name(), "role", role)
		return ErrHangup
	}
	entertainment := strings.TrimSpace(flags['e'])
	if flags.Has('e') && (entertainment == "" || !strings.Contains("mrshn", entertainment[:1])) {
		h.Logger.Error("Invalid argument for BridgeWait entertainment '"+entertainment+"'", "channel", c.Name())
		return ErrHangup
	}
	if !flags.Has('n') {
		if err := answer(ctx, c); err != nil {
			return err
		}
	}
	b, err := h.rooms.enter(name, func() (*bridge.Bridge, error) {
		return h.Bridges.Create(bridge.Options{Name: name, Type: "base", Creator: "BridgeWait", Holding: true, Keep: true})
	})
	if err != nil {
		return err
	}
	defer h.rooms.leave(name)
	if d, err := seconds(flags['S']); err == nil && d > 0 {
		timer := time.AfterFunc(d, func() { b.Kick(c) })
		defer timer.Stop()
	}
	quiet := entertainment == "n" || entertainment == "r" || entertainment == "s"
	stay, err := b.Enter(c, bridge.JoinOptions{Quiet: quiet, Music: flags['m'], Announcer: role == "announcer"})
	if err != nil {
		return err
	}
	if entertainment == "r" {
		_ = c.Signal(ringing)
	}
	err = stay(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !errors.Is(err, bridge.ErrKicked) && !errors.Is(err, bridge.ErrOver) {
		return err
	}
	return nil
}
