package stasis

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// ErrNotDown is Dial's error for a leg that is called already, or up.
var ErrNotDown = errors.New("the leg is not down")

// A dialling is the call of a leg that a client made.
type dialling struct {
	leg    *Leg
	caller *event.Channel
	once   sync.Once
	over   bool // under leg.mu
	timer  *time.Timer
}

// Dial calls a leg that was made and not called yet. It does not wait for the answer; a leg that
// does not answer in time is hung up, with 0 it has all the time.
func (l *Leg) Dial(ctx context.Context, caller *channel.Channel, timeout time.Duration) error {
	return l.wait(ctx, false, func(ctx context.Context) error {
		c := l.Channel
		number, _ := c.Value(dialString{}).(string)
		d := &dialling{leg: l}
		if caller != nil {
			d.caller = caller.Snapshot()
		}
		l.mu.Lock()
		busy := l.dial != nil || c.State() != event.Down
		if !busy {
			l.dial = d
		}
		l.mu.Unlock()
		if busy {
			return ErrNotDown
		}
		if bus := l.hub.Bus; bus.Wants(event.KindDialBegin) {
			bus.Publish(&event.DialBegin{Channel: d.caller, Peer: c.Snapshot(), DialString: number})
		}
		if timeout > 0 {
			d.timer = time.AfterFunc(timeout, func() { d.end("NOANSWER", channel.CauseNoAnswer) })
		}
		l.hub.House.Offer(c)
		context.AfterFunc(c.LegContext(), func() { d.end("CANCEL", 0) })
		if err := c.Leg().Call(ctx); err != nil {
			d.end("CHANUNAVAIL", channel.CauseNormalUnspecified)
		}
		return nil
	})
}

// Called reports whether the leg is up, or was never a client's to call: one that a client has made
// and that has not answered has no far end yet.
func (l *Leg) Called() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dial == nil || l.dial.over
}

// diallingNames are the signals that are told while the leg is called.
var diallingNames = map[media.Signal]string{media.Ringing: "RINGING", media.Progress: "PROGRESS", media.Proceeding: "PROCEEDING"}

// hear takes a signal of the far end. It runs on the driver's goroutine.
func (d *dialling) hear(f media.Frame) {
	switch f.Signal {
	case media.Answered:
		if picker, goOn := d.leg.hub.House.TakeOver(d.leg.Channel); picker != nil {
			d.finish() // before the picker goes on and hangs the leg up
			goOn(d.leg.handOver)
			rang := d.leg.Channel // it rings for nobody where the picker is hung up before it has the call
			context.AfterFunc(picker.LegContext(), func() { rang.Hangup(channel.CauseAnsweredElsewhere) })
			return
		}
		d.leg.Channel.SetState(event.Up)
		d.end("ANSWER", 0)
	case media.Busy:
		d.end("BUSY", choose(f.Cause, channel.CauseUserBusy))
	case media.Congestion:
		d.end("CONGESTION", choose(f.Cause, channel.CauseCongestion))
	default:
		name, ok := diallingNames[f.Signal]
		if bus := d.leg.hub.Bus; ok && bus.Wants(event.KindDialState) {
			bus.Publish(&event.DialState{Channel: d.caller, Peer: d.leg.Snapshot(), Status: name})
		}
	}
}

func choose(cause, otherwise int) int {
	if cause != 0 {
		return cause
	}
	return otherwise
}

// end tells how the call of the leg ended, once.
func (d *dialling) end(status string, cause int) {
	d.once.Do(func() {
		d.close()
		c := d.leg.Channel
		if _, goOn := d.leg.hub.House.TakeOver(c); goOn != nil {
			goOn(nil)
		}
		if cause != 0 {
			c.SetCause(cause)
		}
		if bus := d.leg.hub.Bus; bus.Wants(event.KindDialEnd) {
			bus.Publish(&event.DialEnd{Channel: d.caller, Peer: c.Snapshot(), Status: status})
		}
		if cause != 0 {
			c.Hangup(cause)
		}
	})
}

// finish ends the call of a leg without telling of it: another is in its place.
func (d *dialling) finish() { d.once.Do(d.close) }

func (d *dialling) close() {
	d.leg.mu.Lock()
	d.over = true
	d.leg.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
}

// dialString is the key under which a leg that a client made keeps what it was made to call.
type dialString struct{}

// NoteDialString keeps what a leg was made to call.
func NoteDialString(c *channel.Channel, number string) { c.SetValue(dialString{}, number) }
