package channel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// ErrInterrupted is the cause with which the step context ends when the leg is
// redirected or moved. The owner then calls TakeInterrupt.
var ErrInterrupted = errors.New("the leg is wanted elsewhere")

// A HangupError is the cause with which the leg context ends.
type HangupError struct{ Cause int }

func (e *HangupError) Error() string { return fmt.Sprintf("hung up with cause %d", e.Cause) }

// life holds the three nested contexts: the call, which ends when the channel
// does; the leg, which ends with hang-up; and the step, which is renewed after
// each interruption.
type life struct {
	mu       sync.Mutex // a leaf
	call     context.Context
	endCall  context.CancelCauseFunc
	leg      context.Context
	endLeg   context.CancelCauseFunc
	step     context.Context
	endStep  context.CancelCauseFunc
	pending  *Interrupt
	hungup   bool
	remote   bool // the far end has hung up
	detached bool // the technology's leg has ended before the channel does
	yielded  bool // another leg goes on with its dialplan
	ended    bool
	pbx      bool
}

func (l *life) begin(parent context.Context) {
	l.call, l.endCall = context.WithCancelCause(parent)
	l.leg, l.endLeg = context.WithCancelCause(l.call)
	l.step, l.endStep = context.WithCancelCause(l.leg)
}

func (l *life) finish(cause error) {
	l.endStep(cause)
	l.endLeg(cause)
	l.endCall(cause)
}

func (l *life) stepContext() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.step
}

// An Interrupt is what the owner of a channel is asked to do next. Errand, if
// there is one, runs first on the owner's goroutine; then the dialplan goes on
// at Location, or without one where it would have gone on.
type Interrupt struct {
	Location *Location
	Errand   func(ctx context.Context, c *Channel)
	// Dropped, if there is one, is called instead where the owner never comes to
	// it: somebody else wants the leg in the meantime, or it ends.
	Dropped func()
	// Early tells the leg to be at Location before it leaves its bridge, however
	// it comes to leave it.
	Early bool
	// Late tells the leg to be at Location only once its owner has come to it.
	Late bool
}

// Drop tells that the owner will not do it.
func (i *Interrupt) Drop() {
	if i != nil && i.Dropped != nil {
		i.Dropped()
	}
}

// ask makes i what the owner does next and returns what it replaces. One that
// asks for nothing but a look around replaces nothing. l.mu is held.
func (l *life) ask(i *Interrupt) (replaced *Interrupt) {
	if l.pending != nil && i.Location == nil && i.Errand == nil {
		return nil
	}
	replaced, l.pending = l.pending, i
	return replaced
}

// Interrupt ends what the leg does and asks its owner to go on with i. A later
// interrupt replaces one that the owner has not taken yet. It fails if the leg is
// hung up.
func (c *Channel) Interrupt(i Interrupt) error {
	l := &c.life
	l.mu.Lock()
	if l.hungup || l.ended {
		l.mu.Unlock()
		return fmt.Errorf("channel %s is hung up", c.Name())
	}
	replaced := l.ask(&i)
	end, pbx := l.endStep, l.pbx
	l.mu.Unlock()
	replaced.Drop()
	if i.Location != nil && pbx && !i.Late && c.BridgeID() == "" {
		c.SetLocation(*i.Location)
	}
	end(ErrInterrupted)
	return nil
}

// InterruptBoth is Interrupt of two legs at once: when the first lets go of the
// second, that one knows already where it is wanted.
func InterruptBoth(one *Channel, i Interrupt, two *Channel, j Interrupt) error {
	if err := two.InterruptSoon(j); err != nil {
		return err
	}
	return one.Interrupt(i)
}

// InterruptSoon is Interrupt of a leg that another is about to let go of: it goes
// when its call is over, or a moment later where it was in none.
func (c *Channel) InterruptSoon(i Interrupt) error {
	l := &c.life
	l.mu.Lock()
	if l.hungup || l.ended {
		l.mu.Unlock()
		return fmt.Errorf("channel %s is hung up", c.Name())
	}
	replaced := l.ask(&i)
	end := l.endStep
	l.mu.Unlock()
	replaced.Drop()
	time.AfterFunc(letGo, func() { end(ErrInterrupted) })
	return nil
}

// letGo is how long one of two legs is given to let go of the other.
const letGo = 5 * time.Millisecond

// MoveOn puts a leg that leaves a bridge as it is wanted elsewhere in the
// dialplan at that place, and tells it. wanted says that this is why it leaves.
// It is package bridge's.
func (c *Channel) MoveOn(wanted bool) {
	l := &c.life
	l.mu.Lock()
	var to *Location
	if l.pending != nil && (wanted || l.pending.Early) {
		to = l.pending.Location
	}
	l.mu.Unlock()
	if to != nil {
		c.SetLocation(*to)
		c.TellLocation()
	}
}

// TakeInterrupt returns what the owner was asked to do, if anything, and renews
// the step context. It is the owner's.
func (c *Channel) TakeInterrupt() (Interrupt, bool) {
	l := &c.life
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pending == nil {
		return Interrupt{}, false
	}
	i := *l.pending
	l.pending = nil
	l.step, l.endStep = context.WithCancelCause(l.leg)
	return i, true
}

// Interrupted reports whether an interrupt waits for the owner.
func (c *Channel) Interrupted() bool {
	c.life.mu.Lock()
	defer c.life.mu.Unlock()
	return c.life.pending != nil
}

// CallContext returns the context that lasts until the channel is gone: under
// it run the h extension and hang-up handlers.
func (c *Channel) CallContext() context.Context { return c.life.call }

// LegContext returns the context that ends with hang-up.
func (c *Channel) LegContext() context.Context { return c.life.leg }

// HungUp reports whether somebody asked for the end of the leg.
func (c *Channel) HungUp() bool {
	c.life.mu.Lock()
	defer c.life.mu.Unlock()
	return c.life.hungup
}

// RunsDialplan reports whether the owner is a dialplan; SetRunsDialplan is the executor's.
func (c *Channel) RunsDialplan() bool {
	c.life.mu.Lock()
	defer c.life.mu.Unlock()
	return c.life.pbx
}

// SetRunsDialplan says that a dialplan begins or ends to own the channel.
func (c *Channel) SetRunsDialplan(yes bool) {
	c.life.mu.Lock()
	c.life.pbx = yes
	c.life.mu.Unlock()
	if yes {
		c.registry.calls.Add(1)
		c.registry.count(c)
	}
}

// Hangup asks for the end of the leg, from inside the exchange, and tells nobody
// that it was asked for. cause is Q.850; 0 leaves the one that is set. It may be
// called at any time and again.
func (c *Channel) Hangup(cause int) {
	l := &c.life
	l.mu.Lock()
	first := !l.hungup && !l.ended
	l.hungup = true
	end := l.endLeg // Renew makes another
	l.mu.Unlock()
	if !first {
		return
	}
	if cause > 0 {
		c.update(func(s *event.Channel) { s.HangupCause = cause })
	}
	end(&HangupError{Cause: cause})
}

// Yield is Hangup of a leg whose dialplan another goes on with: that one has the
// last word, this one does not.
func (c *Channel) Yield(cause int) {
	c.life.mu.Lock()
	c.life.yielded = true
	c.life.mu.Unlock()
	c.Hangup(cause)
}

// Yielded reports whether another leg goes on with the dialplan of this one.
func (c *Channel) Yielded() bool {
	c.life.mu.Lock()
	defer c.life.mu.Unlock()
	return c.life.yielded
}

// Detach ends the technology's leg at once with a cause, and leaves the channel to
// its owner: what it does has become the business of another leg.
func (c *Channel) Detach(cause int) {
	c.life.mu.Lock()
	done := c.life.detached || c.life.ended
	c.life.detached = true
	c.life.mu.Unlock()
	if !done {
		c.leg.Hangup(cause)
	}
}

// EndDialplan says that the dialplan is through with the leg, which ends. It is
// the executor's; the h extension runs after it. A leg of which no step ran is told to be where
// it was told last: the reference does not tell where it was sent in vain.
func (c *Channel) EndDialplan(cause int, ran bool) {
	c.Hangup(cause)
	c.publish(event.KindSoftHangupRequest, func(s *event.Channel) event.Event {
		if !ran {
			s = c.lastTold(s)
		}
		return &event.SoftHangupRequest{Channel: s, Cause: softUnload}
	})
}

// lastTold is a snapshot with the location that Newexten told last.
func (c *Channel) lastTold(s *event.Channel) *event.Channel {
	c.mu.Lock()
	moved, left := c.moved, c.left
	c.mu.Unlock()
	if !moved {
		return s
	}
	told := *s
	told.Context, told.Exten, told.Priority = left.Context, left.Exten, left.Priority
	return &told
}

// What AMI's SoftHangupRequest carries as Cause. It is no Q.850 cause: it tells which
// kind of request it was.
const (
	softUnload   = 16
	softExplicit = 32
)

// TellSoftHangup tells that somebody inside the exchange, an application or a client, asks for the
// end of the leg.
func (c *Channel) TellSoftHangup() {
	c.publish(event.KindSoftHangupRequest, func(s *event.Channel) event.Event {
		return &event.SoftHangupRequest{Channel: s, Cause: softExplicit}
	})
}

// RemoteHangup reports that the far end has ended the leg. It is the driver's.
func (c *Channel) RemoteHangup(cause int) {
	c.life.mu.Lock()
	told, detached := c.life.remote || c.life.ended, c.life.detached
	c.life.remote = true
	c.life.mu.Unlock()
	if detached {
		return // its far end is not the owner's concern any more
	}
	if !told { // before the owner ends, who may tell of the leg's end at once
		if _, half := c.leg.(Twin); !half { // a half only passes on what others decide
			c.SetHangupSource(c.Name())
		}
		c.TellEnd(cause)
	}
	c.Hangup(cause)
}

// TellEnd tells of a request to end the leg that its technology makes as the leg ends, whoever ends it. It is the
// driver's, for those of which the reference tells so.
func (c *Channel) TellEnd(cause int) {
	c.publish(event.KindHangupRequest, func(s *event.Channel) event.Event {
		return &event.HangupRequest{Channel: s, Cause: cause}
	})
}

// SetHangupSource says who ends the leg: the name of a channel, or "dialplan/builtin". The
// first to say so is right.
func (c *Channel) SetHangupSource(name string) {
	c.update(func(s *event.Channel) { s.HangupBy = cmp.Or(s.HangupBy, name) })
}

// SetCause sets the Q.850 cause with which the leg will end.
func (c *Channel) SetCause(cause int) {
	c.update(func(s *event.Channel) { s.HangupCause = cause })
}

// AtEnd has f called by End, before the Hangup event, or at once where the
// channel has ended. The last added is called first.
func (c *Channel) AtEnd(f func()) {
	c.mu.Lock()
	over := c.over
	if !over {
		c.atEnd = append(c.atEnd, f)
	}
	c.mu.Unlock()
	if over {
		f()
	}
}

// End ends the channel: the technology's leg, then the channel itself. It is
// the owner's last act and safe to call again.
func (c *Channel) End() {
	l := &c.life
	l.mu.Lock()
	done := l.ended
	l.ended, l.hungup = true, true
	detached := l.detached
	unwanted := l.pending
	l.pending = nil
	l.mu.Unlock()
	if done {
		return
	}
	unwanted.Drop()
	l.endLeg(&HangupError{})
	c.StopSource()
	c.mu.Lock()
	last := c.atEnd
	c.atEnd, c.over = nil, true
	c.mu.Unlock()
	for i := len(last) - 1; i >= 0; i-- {
		c.contained(last[i])
	}
	if n := c.DroppedSignals(); n > 0 {
		c.registry.Logger.Warn("a leg was told more than its owner read", "channel", c.Name(), "dropped", n)
	}
	c.followed(media.HangupSignal)
	if c.watched.on.Load() {
		c.tellWatched("HANGUP (NULL)")
	}
	cause := c.HangupCause()
	if !detached {
		c.leg.Hangup(cause)
	}
	c.registry.remove(c)
	if !c.standing {
		c.registry.touch(c.Name())
	}
	c.publish(event.KindHangup, func(s *event.Channel) event.Event {
		status, _ := c.Variable("DIALSTATUS")
		return &event.Hangup{Channel: s, Cause: s.HangupCause, CauseText: CauseText(s.HangupCause), DialStatus: status}
	})
	l.finish(&HangupError{Cause: cause})
}

// Renew makes a channel that no call is behind as it was when it was new: without
// variables and what packages keep on it, and not hung up. It is the owner's.
func (c *Channel) Renew() {
	c.mu.Lock()
	c.vars, c.kept = variables{}, nil
	c.snap.Store(nil)
	c.mu.Unlock()
	l := &c.life
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.hungup || l.ended || l.call.Err() != nil {
		return
	}
	l.hungup, l.remote = false, false
	l.leg, l.endLeg = context.WithCancelCause(l.call)
	l.step, l.endStep = context.WithCancelCause(l.leg)
}

// contained runs what may panic, a hang-up handler say, and goes on.
func (c *Channel) contained(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.registry.panicked("a panic at the end of a call", c.Name(), p)
		}
	}()
	f()
}

// Contain runs f, which belongs to no channel. It turns a panic into a line of the
// log and reports whether there was one.
func (r *Registry) Contain(name string, f func()) (panicked bool) {
	defer func() {
		if p := recover(); p != nil {
			panicked = true
			r.Logger.Error("a panic was contained", "where", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	f()
	return false
}

func (r *Registry) panicked(what, name string, p any) {
	r.Logger.Error(what, "channel", name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// contain turns the panic of an owner into a line of the log, and ends its channel.
func (r *Registry) contain(name string) {
	if p := recover(); p != nil {
		r.panicked("a call ended by a panic", name, p)
		if c := r.Find(name); c != nil {
			c.Hangup(CauseTemporaryFailure)
			c.End()
		}
	}
}
