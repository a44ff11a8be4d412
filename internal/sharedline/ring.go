package sharedline

import (
	"context"
	"errors"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// ringing is a station that rings.
type ringing struct {
	began time.Time
	stop  context.CancelFunc
}

// again is how long a station that could not be called is left alone.
const again = 5 * time.Second

// review lets stations ring that are to, ends the ringing of those that are not, and ends
// calls that have rung for too long. It does so again when the next time is up.
func (h *House) review() {
	h.mu.Lock()
	now := time.Now()
	next := time.Duration(0)
	wait := func(d time.Duration) {
		if d > 0 && (next == 0 || d < next) {
			next = d
		}
	}
	late := h.overdue(now, wait)
	for _, s := range h.stations {
		h.decide(s, now, wait)
	}
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	if next > 0 {
		h.timer = time.AfterFunc(next, h.review)
	}
	h.mu.Unlock()
	for _, room := range late {
		h.Rooms.Kick(room)
	}
}

// overdue returns the conferences of the lines that have begun to ring for too long. h.mu is held.
func (h *House) overdue(now time.Time, wait func(time.Duration)) (late []string) {
	for _, t := range h.trunks {
		if t.began.IsZero() || t.ring == 0 || t.late {
			continue
		}
		if left := t.began.Add(t.ring).Sub(now); left > 0 {
			wait(left)
		} else {
			t.late = true
			late = append(late, t.room())
		}
	}
	return late
}

// decide lets a station ring or not. h.mu is held.
func (h *House) decide(s *station, now time.Time, wait func(time.Duration)) {
	var first *key
	for _, k := range s.keys {
		if k.wants(now, wait) && first == nil {
			first = k
		}
	}
	if s.ring != nil && first != nil && s.stationSettings.ring > 0 {
		if left := s.ring.began.Add(s.stationSettings.ring).Sub(now); left > 0 {
			wait(left)
		} else {
			first = nil
			for _, k := range s.keys {
				k.over = k.trunk.began
			}
		}
	}
	switch {
	case first != nil && s.ring == nil:
		h.begin(s, first.trunk.leg)
	case first == nil && s.ring != nil:
		s.ring.stop()
	}
}

// wants tells whether a station is to ring for a trunk, and when that may change. h.mu is held.
func (k *key) wants(now time.Time, wait func(time.Duration)) bool {
	t := k.trunk
	if t.began.IsZero() || t.late || k.over.Equal(t.began) {
		return false
	}
	if left := t.began.Add(k.delay()).Sub(now); left > 0 {
		wait(left)
		return false
	}
	if k.ring > 0 {
		left := t.began.Add(k.ring).Sub(now)
		if left <= 0 {
			return false
		}
		wait(left)
	}
	return true
}

var errOver = errors.New("the station rings no more")

// begin has a station ring for a caller, on a goroutine that ends with the ringing. h.mu is held.
func (h *House) begin(s *station, caller *channel.Channel) {
	ctx, cancel := context.WithCancelCause(context.Background())
	s.ring = &ringing{began: time.Now(), stop: func() { cancel(errOver) }}
	named, before, called := h.callerID, h.called, make(chan struct{})
	h.called = called
	h.Calls.Channels.Go("station "+s.name, func() {
		defer cancel(nil)
		leg := h.await(ctx, func() *call.Dialer {
			defer close(called)
			if before != nil { // they are called in the order of the file
				<-before
			}
			return h.call(ctx, s, caller, named)
		}())
		if leg != nil {
			h.attend(s, leg)
			return
		}
		h.mu.Lock()
		s.ring = nil
		if ctx.Err() == nil {
			h.pass(s)
		}
		h.mu.Unlock()
		h.review()
	})
}

// pass lets a station alone that can't be called now. h.mu is held.
func (h *House) pass(s *station) {
	for _, k := range s.keys {
		k.over = k.trunk.began
	}
	time.AfterFunc(again, func() { h.forgive(s) })
}

// attend has the leg of a station that has answered talk on the line that it takes by that.
func (h *House) attend(s *station, leg *channel.Channel) {
	h.mu.Lock()
	s.ring = nil
	k := s.answered()
	var changed []string
	if k != nil {
		k.leg, k.trunk.began = leg, time.Time{}
		changed = h.turn(k.trunk, up, true, nil)
	}
	h.mu.Unlock()
	h.look(changed)
	h.review()
	if k == nil { // nobody calls any more
		leg.Hangup(channel.CauseNormalClearing)
		leg.End()
		return
	}
	h.Calls.Employ(leg, func(ctx context.Context, c *channel.Channel) error {
		err := h.talk(ctx, c, k)
		c.TellSoftHangup()
		c.Hangup(channel.CauseNormalClearing)
		return err
	})
}

// forgive lets a station ring again for what rings still.
func (h *House) forgive(s *station) {
	h.mu.Lock()
	for _, k := range s.keys {
		k.over = time.Time{}
	}
	h.mu.Unlock()
	h.review()
}

// answered returns the key of the line that a station takes by answering: the first
// that rings, or nil. The house's mu is held.
func (s *station) answered() *key {
	for _, k := range s.keys {
		if !k.trunk.began.IsZero() && !k.trunk.late {
			return k
		}
	}
	return nil
}

// call begins to call the device of a station. It is nil if that can't be called.
func (h *House) call(ctx context.Context, s *station, caller *channel.Channel, named bool) *call.Dialer {
	technology, destination, ok := call.SplitDevice(s.device)
	if !ok || caller == nil {
		h.Logger.Warn("a station can't be called", "station", s.name, "device", s.device)
		return nil
	}
	d, from := h.Calls.NewDialer(nil), caller.Snapshot()
	_, err := d.Add(ctx, technology, channel.Request{Destination: destination, LinkedID: from.LinkedID}, func(out *channel.Channel) error {
		if named {
			out.Change(func(c *event.Channel) { c.Connected = from.Caller })
		}
		out.Step(out.Location(), "AppDial2", "(Outgoing Line)")
		if named && from.Caller.Known() {
			out.SetConnected(from.Caller)
		}
		return nil
	})
	if err != nil {
		h.Logger.Warn("a station can't be called", "station", s.name, "device", s.device, "error", err)
		return nil
	}
	return d
}

// await waits until the one who is called answers, or ctx ends. It is nil if nobody did.
func (h *House) await(ctx context.Context, d *call.Dialer) *channel.Channel {
	if d == nil {
		return nil
	}
	winner := d.Wait(ctx, 0, call.Listener{})
	if winner == nil {
		h.abandon(d)
		return nil
	}
	d.TellAnswer(winner)
	leg := winner.Release()
	leg.SetState(event.Up)
	return leg
}

// abandon ends the legs that are called.
func (h *House) abandon(d *call.Dialer) {
	for _, a := range d.Attempts() {
		if a.Status == "" {
			a.Channel.TellSoftHangup()
		}
	}
	d.Abandon(0)
}
