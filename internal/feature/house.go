package feature

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Dialplan is what features need of the executor.
type Dialplan interface {
	// Exists tells whether a place exists for a call from caller.
	Exists(l channel.Location, caller string) bool
	// MatchMore tells whether digits are the beginning of a longer extension.
	MatchMore(context, digits, caller string) bool
	// Resolve reads a place as Goto takes it, from where a leg is.
	Resolve(c *channel.Channel, place string) (channel.Location, error)
	// Expand substitutes variables, functions and expressions in a text.
	Expand(ctx context.Context, c *channel.Channel, text string) string
	// Execute runs one application on c.
	Execute(ctx context.Context, c *channel.Channel, application, data string) error
	// Subroutine runs a place as Gosub does, until it has returned.
	Subroutine(ctx context.Context, c *channel.Channel, place string) error
}

// A Voice plays to legs.
type Voice interface {
	// Prompt plays a sound until its end or one of the keys, which it returns. It is the
	// owner's of the leg.
	Prompt(ctx context.Context, c *channel.Channel, name, keys string) (byte, error)
	// Aside plays a sound to a leg of a bridge, apart from the others.
	Aside(b *bridge.Bridge, c *channel.Channel, name string)
	// DialTone begins to play the dial tone.
	DialTone(c *channel.Channel)
}

// A House makes the features of one exchange.
type House struct {
	Calls    *call.Calls
	Dialplan Dialplan
	Voice    Voice
	Logger   *slog.Logger
	// Park, Record and RecordPair are what parkcall, automixmon and automon do. While one is
	// nil, nobody answers to its keys. Set before the first call.
	Park, Record, RecordPair Run

	settings atomic.Pointer[Settings]
}

// Run does a feature: see bridge.Feature.
type Run = func(ctx context.Context, b *bridge.Bridge, c *channel.Channel)

// Configure puts settings in force, for calls that begin.
func (h *House) Configure(g *Settings) { h.settings.Store(g) }

// Settings returns those in force.
func (h *House) Settings() *Settings {
	if g := h.settings.Load(); g != nil {
		return g
	}
	return Defaults()
}

type own struct{}

// ofLeg are the settings of a leg.
type ofLeg struct {
	*Settings
	inherit bool // those that it calls have them, too
}

// of returns the settings that hold for a leg.
func (h *House) of(c *channel.Channel) *Settings {
	if o, ok := c.Value(own{}).(ofLeg); ok {
		return o.Settings
	}
	return h.Settings()
}

// Inherit gives a leg that is called the caller's settings, if it has any for it.
func (*House) Inherit(from, to *channel.Channel) {
	if o, ok := from.Value(own{}).(ofLeg); ok && o.inherit {
		to.SetValue(own{}, o)
	}
}

// Sound returns a sound of [general] by its name, as it holds for a leg.
func (h *House) Sound(c *channel.Channel, name string) string { return h.of(c).general[name] }

// Disconnect returns the keys by which a leg that may ends its call.
func (h *House) Disconnect(c *channel.Channel) string { return h.of(c).codes[disconnect] }

// Of returns what a leg can ask for in a call: letters are some of h, k, t, w, x, with which
// Dial allows it. It is nil where that is nothing.
func (h *House) Of(c *channel.Channel, letters string) *bridge.Features {
	g := h.of(c)
	f := &bridge.Features{Wait: g.digitTimeout()}
	add := func(name, code string, run Run) {
		if code != "" && run != nil {
			f.List = append(f.List, bridge.Feature{Name: name, Code: code, Run: run})
		}
	}
	if strings.Contains(letters, "t") {
		add(blindTransfer, g.codes[blindTransfer], h.blind)
		add(attendedTransfer, g.codes[attendedTransfer], func(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
			h.attended(ctx, b, c, f)
		})
	}
	if strings.Contains(letters, "h") {
		add(disconnect, g.codes[disconnect], func(_ context.Context, b *bridge.Bridge, c *channel.Channel) { b.Kick(c) })
	}
	if strings.Contains(letters, "k") {
		add(park, g.codes[park], h.Park)
	}
	if strings.Contains(letters, "w") {
		add(recordPair, g.codes[recordPair], h.RecordPair)
	}
	if strings.Contains(letters, "x") {
		add(record, g.codes[record], h.Record)
	}
	names, _ := c.Variable("DYNAMIC_FEATURES")
	for _, m := range g.dynamic(names) {
		add("", m.code, h.start(m))
	}
	if len(f.List) == 0 {
		return nil
	}
	return f
}
