package stasis

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Snoop is a leg that hears what another says and hears, and speaks to it.
type Snoop struct {
	ID      string // of the new leg; "" is any
	App     string
	Args    []string
	Spy     []channel.Direction // what is heard
	Whisper []channel.Direction // into what it speaks
	By      Socket              // on which it is asked for; nil over HTTP
}

// A snoopLeg is the technology's side of one: what is written to it is said to the other leg.
type snoopLeg struct {
	format *media.Format
	spy    atomic.Pointer[channel.Spy]
}

// The methods of channel.Leg.
func (s *snoopLeg) Call(context.Context) error { return nil }
func (s *snoopLeg) Answer() error              { return nil }
func (s *snoopLeg) Indicate(media.Frame) error { return channel.ErrNotIndicated }
func (s *snoopLeg) WriteFormat() *media.Format { return s.format }
func (s *snoopLeg) Hangup(int)                 {}

func (s *snoopLeg) Write(f media.Frame) error {
	if spy := s.spy.Load(); spy != nil {
		spy.Say(f)
	}
	return nil
}

// Snoop puts a leg that listens to another one into an application. It ends with the other.
func (h *Hub) Snoop(target *channel.Channel, o Snoop) (*event.Channel, error) {
	leg := &snoopLeg{format: linearOf(target)}
	name := fmt.Sprintf("Snoop/%s-%08x", target.UniqueID(), h.snoops.Add(1)-1)
	c, err := h.House.Channels.New(channel.Config{Name: name, Technology: "Snoop", Leg: leg, State: event.Up, UniqueID: o.ID,
		LinkedID: target.LinkedID(), Context: "default", Exten: "s"})
	if err != nil {
		return nil, fmt.Errorf("snoop on %s: %w", target.Name(), err)
	}
	snapshot := c.Snapshot()
	spy := target.Spy(leg.format, o.Spy, o.Whisper)
	leg.spy.Store(spy)
	stop := context.AfterFunc(target.LegContext(), func() { c.Hangup(channel.CauseNormalClearing) })
	c.AtEnd(func() { stop() })
	h.tellSpy(event.KindChanSpyStart, &event.ChanSpyStart{Spyer: snapshot, Spyee: target.Snapshot()})
	h.House.Channels.Go(name, func() {
		defer func() {
			spy.Close()
			h.tellSpy(event.KindChanSpyStop, &event.ChanSpyStop{Spyer: c.Snapshot(), Spyee: target.Snapshot()})
		}()
		spy.Run(c.LegContext(), c.Deliver)
	})
	h.ownSnoop(o, c, target)
	h.Made(c, o.App, o.Args)
	return snapshot, nil
}

// ownSnoop gives a leg that listens to the client who asked for it, or who has the other.
func (h *Hub) ownSnoop(o Snoop, c, target *channel.Channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.apps[o.App]
	if a == nil {
		return
	}
	by := o.By
	if has := a.owners[ofChannels+target.UniqueID()]; by == nil && len(has) > 0 {
		by = has[0].socket
	}
	a.own(ofChannels+c.UniqueID(), by)
}

func (h *Hub) tellSpy(kind event.Kind, e event.Event) {
	if h.Bus.Wants(kind) {
		h.Bus.Publish(e)
	}
}

// linearOf is the linear format in which a leg loses nothing.
func linearOf(c *channel.Channel) *media.Format {
	if f := c.Leg().WriteFormat(); f != nil {
		if linear := media.LinearAt(f.Rate); linear != nil {
			return linear
		}
	}
	return media.SLin
}
