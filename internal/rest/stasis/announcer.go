package stasis

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// An announcer is a pair of channels of the exchange's own, of which nobody is told:
// what is played to the one is heard in the bridge in which the other is, and what is
// said there can be recorded of the one.

// An end is the leg of one of the two: what is written to it arrives at the other.
type end struct {
	other atomic.Pointer[channel.Channel]
}

// The methods of channel.Leg.
func (e *end) Call(context.Context) error { return nil }
func (e *end) Answer() error              { return nil }
func (e *end) Indicate(media.Frame) error { return nil } // nobody is there to be told
func (e *end) WriteFormat() *media.Format { return media.SLin }
func (e *end) Hangup(int) {
	if c := e.other.Load(); c != nil {
		c.RemoteHangup(channel.CauseNormalClearing)
	}
}

func (e *end) Write(f media.Frame) error {
	if c := e.other.Load(); c != nil {
		c.Deliver(f)
	}
	return nil
}

// nextPair numbers announcers, which count along with Local channels where there are any.
func (h *Hub) nextPair() uint32 {
	if d, ok := h.House.Channels.Driver("Local"); ok {
		if one, ok := d.(interface{ NextNumber() uint32 }); ok {
			return one.NextNumber()
		}
	}
	return h.announcers.Add(1) - 1
}

// announce makes an announcer, or a recorder, in a bridge. Its far half belongs to the bridge, the near one
// to the caller, who ends it.
func (h *Hub) announce(b *bridge.Bridge, kind, what string) (near, far *channel.Channel, err error) {
	name := fmt.Sprintf("%s/%s-%08x", kind, what, h.nextPair())
	var ends [2]end
	var pair [2]*channel.Channel
	for i, half := range []string{";1", ";2"} {
		pair[i], err = h.House.Channels.New(channel.Config{Name: name + half, Technology: kind, Leg: &ends[i], State: event.Up,
			Internal: true, Standing: true, Context: "default", Exten: "s"})
		if err != nil {
			if i == 1 {
				pair[0].End()
			}
			return nil, nil, err
		}
	}
	ends[0].other.Store(pair[1])
	ends[1].other.Store(pair[0])
	h.House.Calls.Impart(b, pair[1], bridge.JoinOptions{})
	return pair[0], pair[1], nil
}

// PlayIn has everybody in a bridge hear a playback.
func (h *Hub) PlayIn(b *bridge.Bridge, p *Playback) error {
	p.room = b.ID()
	return h.inRoom(b, "Announcer", func(l *Leg) error { return l.Play(p) })
}

// RecordIn records what is said in a bridge.
func (h *Hub) RecordIn(b *bridge.Bridge, r *Recording, fresh bool) error {
	r.room = b.ID()
	if err := h.possible(r, fresh); err != nil {
		return err
	}
	return h.inRoom(b, "Recorder", func(l *Leg) error { return l.Record(r, fresh) })
}

// inRoom gives an announcer something to do, after which it ends.
func (h *Hub) inRoom(b *bridge.Bridge, kind string, do func(*Leg) error) error {
	near, _, err := h.announce(b, kind, "ARI")
	if err != nil {
		return err
	}
	l := &Leg{Channel: near, hub: h, room: b.ID(), orders: make(chan order, 1)}
	if err := do(l); err != nil {
		near.Hangup(channel.CauseNormalClearing)
		near.End()
		return err
	}
	h.House.Channels.Go(near.Name(), func() {
		defer near.End()
		ctx, cancel := context.WithCancel(near.Context())
		defer cancel()
		select {
		case o := <-l.orders:
			o.run(ctx)
		default:
		}
		l.close()
		near.Hangup(channel.CauseNormalClearing)
	})
	return nil
}
