package stasis

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// orderQueue is how many orders may wait for a leg.
const orderQueue = 512

// Errors of orders.
var (
	ErrFull = errors.New("too much waits for the leg already")
	ErrGone = errors.New("the leg is in no application any more")
)

// An order is what a client wants of a leg. It runs on the goroutine of the leg's owner, or
// beside it while that keeps the leg in a bridge.
type order struct {
	run func(ctx context.Context)
	// parts says that the leg has to leave its bridge for it.
	parts bool
	// dropped, if not nil, is called instead where the leg leaves first.
	dropped func()
}

// A Leg is a channel in an application.
type Leg struct {
	Channel *channel.Channel
	hub     *Hub
	room    string // of an announcer: the bridge that hears it
	orders  chan order

	told     string         // the application that knows that it is there; under Hub.telling
	args     []string       // with which it was told
	replaces *event.Channel // whose part it has taken

	mu     sync.Mutex // a leaf
	app    string     // the application's name
	over   bool       // no more orders
	next   func()     // where the leg goes when it leaves; nil: on
	left   bool       // it is to leave
	bridge *bridge.Bridge
	recall context.CancelFunc // while the leg hears something apart from its bridge
	entry  chan struct{}      // closed when the leg has left the bridge
	heard  [2]string          // an application and the bridge of which it hears because of the leg
	mover  *move
	dial   *dialling

	behind *channel.Location // where one goes on whose call this has picked up; its owner's
}

// A move is to another application.
type move struct {
	to   string
	args []string
}

// legs are those in applications, by their unique IDs.
type legs struct {
	mu     sync.Mutex // above Leg.mu
	all    map[string]*Leg
	vigils []*vigil
}

// Leg returns the leg with a unique ID, if it is in an application.
func (h *Hub) Leg(id string) *Leg {
	h.legs.mu.Lock()
	defer h.legs.mu.Unlock()
	return h.legs.all[id]
}

// Applications are the rows of the dialplan's applications.
func (h *Hub) Applications() []app.Application {
	return []app.Application{{Row: command.Row{Name: "Stasis", Module: "app_stasis", Synopsis: "Hand the leg to an application of the REST interface",
		Syntax: "Stasis(application[,argument…])"}, Run: h.stasis}, h.broadcasting()}
}

// stasis is the dialplan application.
func (h *Hub) stasis(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 0)
	name := command.Arg(args, 0)
	c.SetVariable("STASISSTATUS", "")
	if name == "" {
		h.Logger.Warn("Stasis requires an argument (app name)", "channel", c.Name())
		c.SetVariable("STASISSTATUS", "FAILED")
		return app.ErrHangup
	}
	return h.keep(ctx, c, name, args[1:])
}

// keep has a leg in an application until it leaves. It is called by the leg's owner.
func (h *Hub) keep(ctx context.Context, c *channel.Channel, name string, args []string) error {
	l := &Leg{Channel: c, hub: h, app: name, orders: make(chan order, orderQueue)}
	for entered := false; !entered; {
		if !h.admit(ctx, name) {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			h.Logger.Warn("the leg can't enter an application that nobody listens to", "application", name, "channel", c.Name())
			c.SetVariable("STASISSTATUS", "FAILED")
			return nil
		}
		h.legs.mu.Lock()
		h.legs.all[c.UniqueID()] = l
		h.legs.mu.Unlock()
		if entered = l.enter(args); !entered { // who listened has gone meanwhile
			h.legs.mu.Lock()
			delete(h.legs.all, c.UniqueID())
			h.legs.mu.Unlock()
			h.left()
		}
	}
	l.live(ctx)
	return h.release(ctx, l)
}

// release lets a leg go that has left its application. It is called by the leg's owner.
func (h *Hub) release(ctx context.Context, l *Leg) error {
	c := l.Channel
	l.close()
	h.legs.mu.Lock()
	delete(h.legs.all, c.UniqueID())
	h.legs.mu.Unlock()
	l.end()
	h.left()
	if l.next == nil || c.RunsDialplan() { // otherwise the dialplan that is run now is the last of the leg
		c.SetVariable("STASISSTATUS", "SUCCESS")
	}
	if next := l.next; next != nil && ctx.Err() == nil {
		next()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// enter tells the application that the leg is there. It reports false where nobody listens any more.
func (l *Leg) enter(args []string) bool {
	h, name := l.hub, l.App()
	h.telling.Lock()
	defer h.toldAll(false)
	source := ofChannels + l.Channel.UniqueID()
	h.mu.Lock()
	a := h.apps[name]
	there := a != nil && a.live()
	if there {
		a.sources[source]++
		a.own(source, nil)
	}
	h.mu.Unlock()
	if there {
		l.told, l.args = name, args
		h.tellStart(l, name)
	}
	return there
}

// tellStart tells an application that a leg is there. Hub.telling is held.
func (h *Hub) tellStart(l *Leg, name string) {
	s := l.Channel.Snapshot()
	h.tellOne(name, "StasisStart", ofChannels+s.UniqueID, s, func(b []byte) []byte {
		return channelIn(channelIn(AppendTexts(key(b, "args"), l.args), "channel", s), "replace_channel", l.replaces)
	})
}

// end tells the application that the leg has left.
func (l *Leg) end() {
	h, name := l.hub, l.App()
	h.telling.Lock()
	defer h.toldAll(false)
	source := ofChannels + l.Channel.UniqueID()
	s := l.Channel.Snapshot()
	h.tellOne(name, "StasisEnd", source, s, func(b []byte) []byte { return channelIn(b, "channel", s) })
	l.told = ""
	h.leave(name, source)
}

// App returns the name of the application in which the leg is.
func (l *Leg) App() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.app
}

// Bridge returns the bridge in which the application has put the leg, or nil.
func (l *Leg) Bridge() *bridge.Bridge {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bridge
}

// live does what clients ask until the leg leaves.
func (l *Leg) live(ctx context.Context) {
	l.ignore()
	defer l.Channel.SetSink(nil)
	for !l.leaving() {
		select {
		case <-ctx.Done():
			return
		case o := <-l.orders:
			o.run(ctx)
		}
		if m := l.moving(); m != nil {
			l.move(m)
		}
	}
}

func (l *Leg) leaving() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.left
}

func (l *Leg) moving() *move {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.mover
	l.mover = nil
	return m
}

// ignore has what the leg sends forgotten, but for what concerns its being called.
func (l *Leg) ignore() {
	l.Channel.SetSink(func(f media.Frame) {
		if f.Kind != media.Control {
			return
		}
		l.mu.Lock()
		d := l.dial
		l.mu.Unlock()
		if d != nil {
			d.hear(f)
		}
	})
}

// close refuses orders from now on, and drops those that wait.
func (l *Leg) close() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	for {
		select {
		case o := <-l.orders:
			if o.dropped != nil {
				o.dropped()
			}
		default:
			return
		}
	}
}

// queue hands the leg an order.
func (l *Leg) queue(o order) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return ErrGone
	}
	select {
	case l.orders <- o:
		return nil
	default:
		return ErrFull
	}
}

// Do has f run by the leg's owner, in order with everything else.
func (l *Leg) Do(f func(ctx context.Context)) error { return l.queue(order{run: f}) }

// Wait is Do and waits for f, or until ctx ends.
func (l *Leg) Wait(ctx context.Context, f func(ctx context.Context) error) error {
	return l.wait(ctx, false, f)
}

func (l *Leg) wait(ctx context.Context, parts bool, f func(ctx context.Context) error) error {
	done := make(chan error, 1)
	err := l.queue(order{parts: parts, run: func(ctx context.Context) { done <- f(ctx) }, dropped: func() { done <- ErrGone }})
	if err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Continue lets the leg go on in the dialplan: at a place, or where it would have gone on.
func (l *Leg) Continue(to *channel.Location) error {
	return l.queue(order{parts: true, run: func(context.Context) {
		l.mu.Lock()
		l.left = true
		l.mu.Unlock()
		c := l.Channel
		switch {
		case l.behind != nil:
			at := *l.behind
			if to != nil {
				at = *to
			}
			l.next = func() { _ = c.Interrupt(channel.Interrupt{Location: &at}) } // it is hung up otherwise
		case c.RunsDialplan():
			if to != nil {
				l.next = func() { l.hub.Dialplan.Jump(c, *to) }
			}
		default:
			at := c.Location()
			if to != nil {
				at = *to
			}
			l.next = func() {
				c.SetLocation(at)
				l.hub.Dialplan.Run(c)
			}
		}
	}})
}

// Move hands the leg to another application.
func (l *Leg) Move(to string, args string) error {
	var list []string
	if args != "" {
		list = strings.Split(args, ",")
	}
	return l.queue(order{run: func(context.Context) {
		l.mu.Lock()
		l.mover = &move{to, list}
		l.mu.Unlock()
	}})
}

func (l *Leg) move(m *move) {
	h := l.hub
	if !h.Has(m.to) {
		h.tellApp(l.App(), "ApplicationMoveFailed", ofChannels+l.Channel.UniqueID(), func(b []byte) []byte {
			return AppendTexts(key(member(channelIn(b, "channel", l.Channel.Snapshot()), "destination", m.to), "args"), m.args)
		})
		return
	}
	l.end()
	l.mu.Lock()
	l.app = m.to
	l.mu.Unlock()
	l.enter(m.args)
}

// Made runs a leg that a client has made and that is not called yet: in the application, and
// after it to its end. It is the leg's owner.
func (h *Hub) Made(c *channel.Channel, name string, args []string) {
	h.House.Channels.Go(c.Name(), func() {
		defer c.End()
		data := strings.Join(append([]string{name}, args...), ",")
		c.Step(c.Location(), "Stasis", data)
		_ = h.stasis(c.Context(), c, data)
		c.SetApplication("", "")
		if !c.HungUp() {
			c.Hangup(channel.CauseNormalClearing)
		}
	})
}

// Snapshot is the leg as it is now.
func (l *Leg) Snapshot() *event.Channel { return l.Channel.Snapshot() }
