package local

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/jitter"
)

// A Dialplan is what the driver needs of it.
type Dialplan interface {
	// Exists tells whether a call from caller can start at exten.
	Exists(context, exten, caller string) bool
	// Start runs the dialplan on c at its location and ends c afterwards. It returns at once.
	Start(c *channel.Channel)
}

// Driver makes Local channels.
type Driver struct {
	Channels *channel.Registry
	Bridges  *bridge.Registry
	Dialplan Dialplan
	Logger   *slog.Logger

	next atomic.Uint32

	mu      sync.Mutex // a leaf
	busy    ways       // see pair.claim
	waiting []*pair
}

// Technology implements channel.Driver.
func (*Driver) Technology() string { return "Local" }

// DeviceState implements channel.Driver: an extension that exists is not in use
// until a Local channel to it is.
func (d *Driver) DeviceState(destination string) string {
	to := parse(destination)
	if !d.Dialplan.Exists(to.context, to.exten, "") {
		return "INVALID"
	}
	prefix := "Local/" + to.exten + "@" + to.context + "-"
	if d.Channels.FindPrefix(prefix) != nil {
		return "INUSE"
	}
	return "NOT_INUSE"
}

// NextNumber numbers pairs of channels: those of others that are made like Local channels
// count along.
func (d *Driver) NextNumber() uint32 { return d.next.Add(1) - 1 }

// target is a parsed destination.
type target struct {
	exten, context string
	noOptimize     bool           // n
	musicThrough   bool           // m
	jitter         *jitter.Config // j
}

// parse reads a destination. Without an extension, which no dialplan has, it can be
// asked for and not be called, as on the reference.
func parse(destination string) target {
	var t target
	place, options, _ := strings.Cut(destination, "/")
	t.exten, t.context, _ = strings.Cut(place, "@")
	if t.context == "" {
		t.context = "default"
	}
	t.noOptimize = strings.Contains(options, "n")
	t.musicThrough = strings.Contains(options, "m")
	if strings.Contains(options, "j") {
		g := jitter.Default(jitter.Fixed)
		t.jitter = &g
	}
	return t
}

// Request implements channel.Driver.
func (d *Driver) Request(_ context.Context, q channel.Request) (*channel.Channel, error) {
	to := parse(q.Destination)
	exten := to.exten
	if exten == "" {
		exten = "s"
	}
	p := &pair{driver: d, to: to, formats: q.Formats}
	p.one.pair, p.two.pair = p, p
	p.one.other, p.two.other = &p.two, &p.one
	base := fmt.Sprintf("Local/%s@%s-%08x", to.exten, to.context, d.NextNumber())
	one, err := d.Channels.New(channel.Config{Name: base + ";1", Technology: "Local", Leg: &p.one, State: event.Down,
		Requestor: q.Requestor, LinkedID: q.LinkedID, UniqueID: q.UniqueID,
		Context: to.context, Exten: exten, Outgoing: true, Jitter: to.jitter})
	if err != nil {
		return nil, &channel.RequestError{Cause: channel.CauseCongestion, Why: err.Error()}
	}
	second := q.OtherUniqueID
	if second == "" && q.UniqueID != "" {
		second = q.UniqueID + ";2"
	}
	two, err := d.Channels.New(channel.Config{Name: base + ";2", Technology: "Local", Leg: &p.two, State: event.Ring,
		Requestor: one, UniqueID: second, Context: to.context, Exten: exten})
	if err != nil {
		one.End()
		return nil, &channel.RequestError{Cause: channel.CauseCongestion, Why: err.Error()}
	}
	p.set(one, two)
	return one, nil
}
