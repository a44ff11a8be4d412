package feature

import (
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// attended asks a leg to whom it transfers and begins the consultation. back is what
// the leg can ask for in its call.
func (h *House) attended(ctx context.Context, b *bridge.Bridge, c *channel.Channel, back *bridge.Features) {
	if c.Value(consulting{}) != nil {
		return // one at a time
	}
	hold(b, c)
	to, ok := h.ask(ctx, c)
	if !ok || ctx.Err() != nil || !h.consult(ctx, b, c, back, to) {
		unhold(b, c)
	}
}

// consult begins a consultation with an extension.
func (h *House) consult(ctx context.Context, b *bridge.Bridge, c *channel.Channel, back *bridge.Features, to channel.Location) bool {
	g := h.of(c)
	side, err := h.Calls.Bridges.Create(bridge.Options{})
	if err != nil {
		return false
	}
	side.Fix(true)
	n := &consultation{house: h, settings: g, by: c, main: b, side: side, back: back, to: to, news: make(chan news, newsLimit)}
	if !n.call(ctx, side) {
		side.Destroy()
		_, _ = h.prompt(ctx, c, g.general["xferfailsound"])
		return false
	}
	b.Loosen()
	b.Fix(true)
	c.SetValue(consulting{}, n)
	if !b.MoveWith(c, side, bridge.Moving{Features: n.keys(), Left: n.reporter(leftSide), Lost: n.reporter(leftSide),
		Entered: func() { call.Connect(c, n.target) }}) {
		c.SetValue(consulting{}, nil)
		n.end(n.target)
		b.Fix(false)
		b.Tighten()
		return false
	}
	c.Registry().Go(c.Name(), n.run)
	return true
}

// call makes the target and puts it into a bridge, where it rings.
func (n *consultation) call(ctx context.Context, into *bridge.Bridge) bool {
	registry := n.by.Registry()
	target, err := registry.Request(ctx, "Local", channel.Request{Destination: n.to.Exten + "@" + n.to.Context, Requestor: n.by})
	if err != nil {
		n.house.Logger.Warn("the target of a transfer can't be called", "channel", n.by.Name(), "extension", n.to.Exten, "error", err)
		return false
	}
	target.InheritVariables(n.by)
	target.SetVariable("TRANSFERERNAME", n.by.Name())
	target.SetVariable("ATTENDEDTRANSFER", n.by.Name())
	caller := n.by.Caller()
	from := n.by.Snapshot()
	target.Change(func(s *event.Channel) {
		s.Connected, s.Redirect, s.PeerAccount = caller, from.Redirect, from.AccountCode
	})
	if err := target.Leg().Call(ctx); err != nil {
		target.Hangup(channel.CauseNormalClearing)
		target.End()
		return false
	}
	target.SetConnected(caller)
	n.target, n.answered = target, false
	n.house.Calls.Impart(into, target, bridge.JoinOptions{Hear: n.hear, Left: n.reporter(targetLeft)})
	return true
}

type consulting struct{}

// A consultation is an attended transfer on its way. Its goroutine alone touches it
// once it runs.
type consultation struct {
	house    *House
	settings *Settings
	by       *channel.Channel // who transfers
	target   *channel.Channel
	to       channel.Location
	main     *bridge.Bridge // of those who are transferred
	side     *bridge.Bridge // of who transfers and the target
	back     *bridge.Features
	news     chan news

	answered bool
	swapped  bool // who transfers is with those who are transferred
	gone     bool // who transfers has left
}

// newsLimit is how much may wait for the consultation: keys, mostly. What is beyond
// that nobody meant.
const newsLimit = 16

// news is what happens.
type news uint8

const (
	answer     news = iota // the target has answered
	rings                  // or rings
	leftSide               // who transfers has left for good
	targetLeft             // the target has
	keyAbort
	keyComplete
	keyThreeway
	keySwap
)

// reporter returns a function that reports something.
func (n *consultation) reporter(what news) func() { return func() { n.report(what) } }

func (n *consultation) report(what news) {
	select {
	case n.news <- what:
	default:
	}
}

// hear hears what the target says, before who talks to it does.
func (n *consultation) hear(f media.Frame) bool {
	if f.Kind == media.Control {
		switch f.Signal {
		case media.Answered:
			n.report(answer)
		case media.Ringing:
			n.report(rings)
		}
	}
	return false
}

// keys are what who transfers can ask for meanwhile.
func (n *consultation) keys() *bridge.Features {
	f := &bridge.Features{Wait: n.settings.digitTimeout()}
	for _, k := range []struct {
		name string
		news news
	}{{"atxferabort", keyAbort}, {"atxfercomplete", keyComplete}, {"atxferthreeway", keyThreeway}, {"atxferswap", keySwap}} {
		if code := n.settings.general[k.name]; code != "" {
			f.List = append(f.List, bridge.Feature{Name: k.name, Code: code,
				Run: func(context.Context, *bridge.Bridge, *channel.Channel) { n.report(k.news) }})
		}
	}
	return f
}

// run goes on with the consultation until it is decided.
func (n *consultation) run() {
	defer n.by.SetValue(consulting{}, nil)
	patience := time.NewTimer(n.settings.seconds("atxfernoanswertimeout"))
	defer patience.Stop()
	for {
		select {
		case what := <-n.news:
			if n.hears(what) {
				return
			}
		case <-patience.C:
			if !n.answered {
				n.end(n.target)
				n.resume()
				return
			}
		case <-n.main.Over():
			n.alone()
			return
		}
	}
}

// hears does what follows from the news, and reports whether it is all over.
func (n *consultation) hears(what news) (over bool) {
	switch what {
	case rings:
		n.tellState("RINGING")
	case answer:
		if !n.answered {
			n.answered = true
			n.by.StopSource()
			n.tellAnswer()
		}
	case targetLeft:
		n.resume()
		return true
	case leftSide:
		n.gone = true
		n.settle()
		return true
	case keyAbort:
		n.end(n.target)
		n.resume()
		return true
	case keyComplete:
		if n.where().Kick(n.by) {
			n.gone = true
			n.settle()
			return true
		}
	case keyThreeway:
		n.threeway()
		return true
	case keySwap:
		n.swap()
	}
	return false
}

// settle completes the transfer, as who transfers has left.
func (n *consultation) settle() {
	switch {
	case n.answered:
		n.complete(true)
	case n.settings.general["atxferdropcall"] == "yes":
		n.complete(false)
		n.ring()
	default:
		n.recall()
	}
}

// where is the bridge in which who transfers is.
func (n *consultation) where() *bridge.Bridge {
	if n.swapped {
		return n.main
	}
	return n.side
}

// end ends a leg that is in a bridge.
func (n *consultation) end(c *channel.Channel) { c.Hangup(channel.CauseNormalClearing) }

// alone follows when those who were transferred have hung up: the two others stay
// with each other.
func (n *consultation) alone() {
	if n.swapped {
		n.end(n.target)
		return
	}
	n.side.Allow(n.by, n.features())
	n.side.Fix(false)
	n.side.Tighten()
}

// resume brings who transfers back to those who were to be transferred.
func (n *consultation) resume() {
	n.main.Fix(false)
	if n.swapped {
		n.main.Allow(n.by, n.features())
		n.main.Tighten()
		return
	}
	n.by.StopSource()
	n.side.MoveWith(n.by, n.main, bridge.Moving{Features: n.features(), Entered: func() {
		n.main.Tighten()
		n.among(n.main)
		n.by.Registry().Go(n.by.Name(), func() { n.house.aside(n.main, n.by, n.settings.general["xferfailsound"]) })
	}, Lost: n.main.Tighten})
}

// features are what who transfers can ask for when all is over.
func (n *consultation) features() *bridge.Features {
	if n.back == nil {
		return &bridge.Features{}
	}
	return n.back
}

// swap has who transfers talk to the others, while those it talked to wait.
func (n *consultation) swap() {
	from, to := n.where(), n.main
	if n.swapped {
		to = n.side
	}
	hold(from, n.by)
	n.by.StopSource()
	if from.MoveWith(n.by, to, bridge.Moving{Features: n.keys(), Left: n.reporter(leftSide), Lost: n.reporter(leftSide),
		Entered: func() { n.among(to) }}) {
		n.swapped = !n.swapped
	}
}

// among follows when who transfers is with others who have waited.
func (n *consultation) among(b *bridge.Bridge) {
	unhold(b, n.by)
	if peer := b.Peer(n.by); peer != nil {
		call.Connect(n.by, peer)
	}
}

// aside plays a sound, if there is to be one, to a leg of a bridge.
func (h *House) aside(b *bridge.Bridge, c *channel.Channel, name string) {
	if name != "" {
		h.Voice.Aside(b, c, name)
	}
}
