package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// picking are the applications that take a call which rings elsewhere.
func (h *House) picking() []Application {
	return []Application{
		{Row: row("Pickup", "app_directed_pickup", "Take a call that rings elsewhere", "Pickup([extension[@context][&…]])"), Run: h.pickup},
		{Row: row("PickupChan", "app_directed_pickup", "Take the call of a leg that rings", "PickupChan(channel[&…][,options])"), Run: h.pickupChan},
	}
}

// pickups are the legs that ring, each with who wants its call, if anybody.
type pickups struct {
	mu      sync.Mutex // a leaf
	ringing map[*channel.Channel]*offer
}

// offer is a leg that wants the call of another. It gets what it does in the other's place,
// or the end of goOn where the call came to nothing.
type offer struct {
	picker *channel.Channel
	goOn   chan func(context.Context, *channel.Channel) error // holds one
}

func (p *pickups) register(c *channel.Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ringing == nil {
		p.ringing = map[*channel.Channel]*offer{}
	}
	p.ringing[c] = nil
}

// claim takes a call for a leg, unless it rings no more or somebody was quicker.
func (p *pickups) claim(target, picker *channel.Channel) *offer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if taken, rings := p.ringing[target]; !rings || taken != nil {
		return nil
	}
	o := &offer{picker: picker, goOn: make(chan func(context.Context, *channel.Channel) error, 1)}
	p.ringing[target] = o
	return o
}

// enter has who wants the call go to a bridge.
func (o *offer) enter(h *House, b *bridge.Bridge) {
	o.goOn <- func(ctx context.Context, c *channel.Channel) error { return h.stayPicked(ctx, c, b) }
}

// take ends the ringing of a leg and returns who claimed its call, or nil.
func (p *pickups) take(c *channel.Channel) *offer {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.ringing[c]
	delete(p.ringing, c)
	return o
}

func (h *House) pickup(ctx context.Context, c *channel.Channel, data string) error {
	if strings.TrimSpace(data) == "" {
		s := c.Snapshot()
		return h.pickUp(ctx, c, "", func(t *event.Channel, _ *channel.Channel) bool {
			return t.CallGroup&s.PickupGroup != 0 || groupInBoth(t.NamedCallGroups, s.NamedPickupGroups)
		})
	}
	for _, wanted := range strings.Split(data, "&") {
		exten, place, given := strings.Cut(strings.TrimSpace(wanted), "@")
		matches := func(t *event.Channel, target *channel.Channel) bool {
			if place == "PICKUPMARK" {
				mark, ok := target.Variable("PICKUPMARK")
				return ok && mark == exten
			}
			return t.Exten == exten && (!given && t.Context == c.Location().Context || given && t.Context == place)
		}
		if err := h.pickUp(ctx, c, wanted, matches); err != nil {
			return err
		}
	}
	return nil
}

// groupInBoth reports whether two lists of named groups have one in common.
func groupInBoth(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	ours := strings.Split(b, ", ")
	return slices.ContainsFunc(strings.Split(a, ", "), func(name string) bool { return slices.Contains(ours, name) })
}

func (h *House) pickupChan(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	partial := command.ParseFlags(command.Arg(args, 1)).Has('p')
	for _, wanted := range strings.Split(command.Arg(args, 0), "&") {
		wanted = strings.TrimSpace(wanted)
		matches := func(t *event.Channel, target *channel.Channel) bool {
			return wanted != "" && (strings.EqualFold(t.Name, wanted) || strings.EqualFold(device(target), wanted) ||
				partial && len(t.Name) > len(wanted) && strings.EqualFold(t.Name[:len(wanted)], wanted))
		}
		if err := h.pickUp(ctx, c, wanted, matches); err != nil {
			return err
		}
	}
	return nil
}

// pickUp takes the call of the first leg that rings and matches. It returns nil
// if there is none, else ErrHangup when the call is over.
func (h *House) pickUp(ctx context.Context, c *channel.Channel, wanted string, matches func(*event.Channel, *channel.Channel) bool) error {
	for _, target := range h.Channels.All() {
		s := target.Snapshot()
		if target == c || s.State == event.Up || !matches(s, target) {
			continue
		}
		o := h.pickups.claim(target, c)
		if o == nil {
			continue
		}
		// To who dials it is as if the leg had answered.
		target.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
		return h.pickedUp(ctx, c, target, o)
	}
	h.Logger.Log(ctx, levelNotice, "No target channel found", "channel", c.Name(), "wanted", wanted)
	return nil
}

// bridgeSound is the variable with what a leg that has taken a call hears first: pickupsound
// of features.conf where it was taken by pickupexten.
const bridgeSound = "BRIDGE_PLAY_SOUND"

// pickupSound is under which a leg keeps what it is to hear when it has taken a call.
type pickupSound struct{}

// HearsOfPickup has a leg hear a sound when it has taken a call.
func HearsOfPickup(c *channel.Channel, sound string) { c.SetValue(pickupSound{}, sound) }

// pickedUp waits for what is to be done in the other leg's place, and does it.
func (h *House) pickedUp(ctx context.Context, c, target *channel.Channel, o *offer) error {
	if bus := h.Channels.Bus; bus.Wants(event.KindPickup) {
		bus.Publish(&event.Pickup{Channel: c.Snapshot(), Target: target.Snapshot()})
	}
	if sound, _ := c.Value(pickupSound{}).(string); sound != "" {
		c.SetVariable(bridgeSound, sound)
	}
	c.SetConnected(target.Connected())
	if err := answer(ctx, c); err != nil {
		return err
	}
	var goOn func(context.Context, *channel.Channel) error
	err := during(ctx, c, func(ctx context.Context) error {
		select {
		case goOn = <-o.goOn:
		case <-ctx.Done():
		}
		return nil
	}, nil)
	if err != nil || goOn == nil {
		return err
	}
	if err := goOn(ctx, c); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return ErrHangup
}

// stayPicked has a leg that has taken a call enter the bridge with whom it talks to, and stay.
func (h *House) stayPicked(ctx context.Context, c *channel.Channel, b *bridge.Bridge) error {
	stay, err := b.Enter(c, bridge.JoinOptions{})
	if err == nil {
		if sound, _ := c.Variable(bridgeSound); sound != "" {
			c.SetVariable(bridgeSound, "")
			h.Channels.Go(c.Name(), func() { h.Aside(b, c, sound) })
		}
		err = stay(ctx)
	}
	if ctx.Err() == nil && !errors.Is(err, bridge.ErrOver) && !errors.Is(err, bridge.ErrKicked) {
		return err
	}
	return nil
}

// joinPicker joins the caller and the leg that took the call.
func (d *dialing) joinPicker(ctx context.Context, winner *call.Attempt, o *offer) error {
	answered, rang := time.Now(), winner.Release()
	replaced(rang)
	if err := d.c.Answer(); err != nil {
		close(o.goOn)
		return err
	}
	b, err := d.house.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		close(o.goOn)
		return err
	}
	d.c.SetVariable("DIALEDPEERNAME", o.picker.Name())
	// A picker that hangs up before it enters would leave the caller alone.
	stop := context.AfterFunc(o.picker.LegContext(), b.Destroy)
	o.enter(d.house, b)
	_ = b.Join(ctx, d.c, bridge.JoinOptions{Features: d.features(d.c)})
	stop()
	setDuration(d.c, "ANSWEREDTIME", time.Since(answered))
	setDuration(d.c, "DIALEDTIME", time.Since(d.began))
	d.c.SetVariable("DIALSTATUS", "ANSWER")
	return d.afterPeer(ctx, o.picker)
}

// withdraw ends the ringing of all legs of a dialer; who claimed one gets nothing.
func (p *pickups) withdraw(d *call.Dialer) {
	for _, a := range d.Attempts() {
		p.end(a.Channel)
	}
}

// end ends the ringing of a leg; who claimed its call gets nothing.
func (p *pickups) end(c *channel.Channel) {
	if o := p.take(c); o != nil {
		close(o.goOn)
	}
}

// replaced ends a leg in whose place another takes the call.
func replaced(rang *channel.Channel) {
	rang.Hangup(channel.CauseAnsweredElsewhere)
	rang.End()
}
