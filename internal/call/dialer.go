package call

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Dialer calls one or several destinations at once until one answers.
type Dialer struct {
	calls    *Calls
	caller   *channel.Channel // nil for an originated call
	attempts []*Attempt
	news     newsQueue
	ended    chan struct{} // holds one: some leg has ended
	sounded  atomic.Bool   // some leg has rung, or was heard
	// early is the one leg that the caller hears before it answers, and that hears
	// the caller. It is nil where there are several.
	early   atomic.Pointer[Attempt]
	silent  bool
	endless bool // the timeout of Wait is not heeded any more
	restart bool // the timeout of Wait begins anew
	// Apart keeps what is heard of the legs from the caller, and the caller's voice from them.
	Apart bool
	// Untold has no events tell of the dialling.
	Untold bool
	// Called, if not nil, is told of a leg that is called, and what it was then, before that
	// is published, and returns what it is to be published as.
	Called   func(a *Attempt, peer *event.Channel) *event.Channel
	failures int
}

// An Attempt is one destination that is called.
type Attempt struct {
	Channel    *channel.Channel
	DialString string // what followed the technology
	// Status is how it ended, in DIALSTATUS's words; empty while it is under way.
	Status  string
	Cause   int // Q.850, with Status
	Forward string
	// Forwarded says that this destination was called instead of one that wanted so.
	Forwarded bool
	Began     time.Time
	stopped   func() bool
	hungUp    bool // it ended by itself
	order     int  // of its failure among the others
	forwards  int  // how often the call was sent elsewhere before
}

// NewDialer returns a dialer on behalf of a caller, which may be nil.
func (s *Calls) NewDialer(caller *channel.Channel) *Dialer {
	return &Dialer{calls: s, caller: caller, news: newsQueue{ready: make(chan struct{}, 1)}, ended: make(chan struct{}, 1)}
}

// Attempts returns what was called, in order.
func (d *Dialer) Attempts() []*Attempt { return d.attempts }

// Add makes a leg to TECH/destination, lets prepare set it up, and calls it.
// An error is a *channel.RequestError where the technology refused.
func (d *Dialer) Add(ctx context.Context, technology string, q channel.Request, prepare func(*channel.Channel) error) (*Attempt, error) {
	return d.add(ctx, nil, technology, q, prepare)
}

func (d *Dialer) add(ctx context.Context, old *Attempt, technology string, q channel.Request, prepare func(*channel.Channel) error) (*Attempt, error) {
	if old != nil && old.forwards >= old.Channel.MaxForwards() {
		return nil, errForwards
	}
	q.Requestor = d.caller
	c, err := d.calls.Channels.Request(ctx, technology, q)
	if err != nil {
		return nil, err
	}
	if !secretEnough(d.caller, c) {
		c.RemoteHangup(channel.CauseCallRejected)
		c.End()
		return nil, &channel.RequestError{Cause: channel.CauseBearerNotAvailable, Why: "it can't be called as secretly as the caller needs it"}
	}
	switch {
	case old != nil: // to forward is not to dial on, as far as the dialplan hears of it
		c.SetMaxForwards(old.Channel.MaxForwards())
	case d.caller != nil:
		c.SetMaxForwards(d.caller.MaxForwards() - 1)
	}
	calling := false
	defer func() {
		if !calling { // also where prepare panics
			c.Hangup(channel.CauseNormalClearing)
			c.End()
		}
	}()
	if prepare != nil {
		if err := prepare(c); err != nil {
			return nil, err
		}
	}
	a := &Attempt{Channel: c, DialString: q.Destination, Began: time.Now()}
	c.SetSink(func(f media.Frame) { d.heard(a, f) })
	a.stopped = context.AfterFunc(c.LegContext(), d.oneEnded)
	if err := c.Call(ctx, func(peer *event.Channel) { d.begun(a, old, technology, peer) }); err != nil {
		a.stopped()
		c.SetSink(nil)
		c.Hangup(0)
		c.End()
		return nil, &channel.RequestError{Why: err.Error()}
	}
	calling = true
	return a, nil
}

// begun notes a leg that is called, in the place of another if old is not nil, and tells of it as it was before its far end did anything.
func (d *Dialer) begun(a, old *Attempt, technology string, peer *event.Channel) {
	if old == nil {
		d.attempts = append(d.attempts, a)
		if len(d.attempts) > 1 {
			d.early.Store(nil)
		}
	} else {
		d.early.CompareAndSwap(old, nil)
		d.tellForward(old)
		a.Forwarded, a.forwards = true, old.forwards+1
		d.attempts[slices.Index(d.attempts, old)] = a
	}
	if d.Called != nil {
		peer = d.Called(a, peer)
	}
	d.publishBegin(a, peer)
	if old == nil {
		d.tellCalled(a, technology)
	}
}

// heard takes a frame of a called leg, on the driver's goroutine.
func (d *Dialer) heard(a *Attempt, f media.Frame) {
	if !d.sounded.Load() && audible(f) {
		d.sounded.Store(true)
	}
	switch f.Kind {
	case media.Voice, media.VideoFrame, media.CNG:
		if d.caller != nil && d.early.Load() == a {
			_ = d.caller.Write(f)
		}
	default:
		d.news.put(news{from: a, frame: f})
	}
}

// audible reports whether a frame shows that the far end is there.
func audible(f media.Frame) bool {
	return f.Kind == media.Voice || f.Kind == media.Control && (f.Signal == media.Ringing || f.Signal == media.Progress)
}

// Silent reports whether Wait gave up because nothing was heard of any leg.
func (d *Dialer) Silent() bool { return d.silent }

func (d *Dialer) oneEnded() {
	select {
	case d.ended <- struct{}{}:
	default:
	}
}

// bury notes the legs that have ended by themselves.
func (d *Dialer) bury(l Listener) {
	for _, a := range d.attempts {
		if a.Status == "" && a.Channel.HungUp() {
			a.hungUp = true
			d.fail(a, endOfCause(a.Channel.HangupCause()), 0)
			l.failed(a)
		}
	}
}

// A Listener is told what happens while a dialer waits. Each function may be
// nil. They run on the caller's goroutine.
type Listener struct {
	// Signal is a Control frame of a leg: Ringing, Progress, ConnectedLine …
	Signal func(a *Attempt, f media.Frame)
	// Caller is a frame of the caller that is no voice: a key, a hold. True gives up.
	Caller func(f media.Frame) (stop bool)
	// Forward is a leg that wants to be called elsewhere. Without it, and where
	// it neither calls Replace nor Refuse, that leg has failed.
	Forward func(a *Attempt, to string)
	// Failed is a leg that will not answer. It may Add another instead.
	Failed func(a *Attempt)
	// Silence is how long to wait for a leg to ring or to be heard; 0 is no limit.
	Silence time.Duration
}

func (l Listener) failed(a *Attempt) {
	if l.Failed != nil {
		l.Failed(a)
	}
}

// Wait waits until a leg answers, all have failed, the time is up (no limit if
// 0) or ctx ends, and returns the leg that answered, or nil.
func (d *Dialer) Wait(ctx context.Context, timeout time.Duration, l Listener) *Attempt {
	up, stop := after(timeout)
	defer func() { stop() }()
	quiet, loud := after(l.Silence)
	defer loud()
	if d.caller != nil {
		d.caller.SetSink(d.fromCaller)
		defer d.caller.SetSink(nil)
	}
	defer d.tellLost()
	ended := false
	for d.underWay() > 0 {
		if n, ok := d.news.take(); ok { // what a leg said comes before its end
			if winner, over := d.handle(n, l); winner != nil || over {
				return winner
			}
			up = d.renew(up, timeout, &stop)
			continue
		}
		if ended {
			ended = false
			d.bury(l)
			up = d.renew(up, timeout, &stop)
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-up:
			return nil
		case <-quiet:
			if d.silent = !d.sounded.Load(); d.silent {
				return nil
			}
		case <-d.news.ready:
		case <-d.ended:
			ended = true // a leg's last words may have come at the same time
		}
	}
	return nil
}

// renew returns the timer of Wait, as those who listen want it now.
func (d *Dialer) renew(up <-chan time.Time, timeout time.Duration, stop *func()) <-chan time.Time {
	switch {
	case d.endless:
		return nil
	case d.restart:
		d.restart = false
		(*stop)()
		up, *stop = after(timeout)
	}
	return up
}

// RestartTimeout has the timeout of Wait begin anew.
func (d *Dialer) RestartTimeout() { d.restart = true }

// after returns what a timer of d sends, nothing if d is 0.
func after(d time.Duration) (up <-chan time.Time, stop func()) {
	if d <= 0 {
		return nil, func() {}
	}
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}

func (d *Dialer) tellLost() {
	if n := d.news.dropped(); n > 0 {
		d.calls.Logger.Warn("legs that were dialled said more than the dialer could hear", "dropped", n)
	}
}

// fromCaller takes the caller's frames: voice goes to the one leg that is heard early.
func (d *Dialer) fromCaller(f media.Frame) {
	if f.Kind != media.Voice {
		d.news.put(news{frame: f})
		return
	}
	if a := d.early.Load(); a != nil {
		_ = a.Channel.Write(f)
	}
}

func (d *Dialer) underWay() int {
	n := 0
	for _, a := range d.attempts {
		if a.Status == "" {
			n++
		}
	}
	return n
}

func (d *Dialer) handle(n news, l Listener) (winner *Attempt, stop bool) {
	switch {
	case n.from == nil:
		return nil, l.Caller != nil && l.Caller(n.frame)
	case n.from.Status != "":
		return nil, false
	case n.frame.Kind != media.Control:
		return nil, false
	}
	d.tellSignal(n.from, n.frame.Signal)
	switch n.frame.Signal {
	case media.Answered:
		n.from.Status = "ANSWER"
		n.from.Channel.SetState(event.Up) // most drivers have said so
		n.from.stopped()
		if l.Signal != nil {
			l.Signal(n.from, n.frame)
		}
		return n.from, false
	case media.Busy:
		d.fail(n.from, "BUSY", n.frame.Cause)
		l.failed(n.from)
	case media.Congestion:
		d.fail(n.from, "CONGESTION", n.frame.Cause)
		l.failed(n.from)
	case media.Forward:
		if to, ok := n.frame.Value.(string); ok && l.Forward != nil {
			l.Forward(n.from, to)
		}
		return nil, false
	case media.Progress:
		if len(d.attempts) == 1 && !d.Apart {
			d.early.Store(n.from)
		}
	}
	if l.Signal != nil {
		l.Signal(n.from, n.frame)
	}
	if status, ok := stateNames[n.frame.Signal]; ok {
		d.publishState(n.from, status)
	}
	return nil, false
}

// stateNames are the signals that AMI's DialState tells.
var stateNames = map[media.Signal]string{media.Ringing: "RINGING", media.Progress: "PROGRESS", media.Proceeding: "PROCEEDING"}

// fail ends a leg that will not answer, and tells of it.
func (d *Dialer) fail(a *Attempt, status string, cause int) { d.end(a, status, cause, d.publishEnd) }

func (d *Dialer) end(a *Attempt, status string, cause int, tell func(*Attempt)) {
	a.Status = status
	a.stopped()
	if cause != 0 {
		a.Channel.SetCause(cause)
	}
	a.Cause = a.Channel.HangupCause()
	d.failures++
	a.order = d.failures
	tell(a)
	a.Channel.Hangup(cause)
	a.Channel.End()
}

// GiveUp ends all legs that are still under way, with a status and a cause.
func (d *Dialer) GiveUp(status string, cause int) {
	for _, a := range d.attempts {
		if a.Status == "" {
			d.fail(a, status, cause)
		}
	}
}

// Abandon ends all legs that are still under way without a word about their dialling.
func (d *Dialer) Abandon(cause int) {
	for _, a := range d.attempts {
		if a.Status == "" {
			a.Status = "NOANSWER"
			a.stopped()
			a.Channel.SetCause(cause)
			a.Channel.Hangup(cause)
			a.Channel.End()
		}
	}
}

// Release hands a leg that answered to its next owner.
func (a *Attempt) Release() *channel.Channel {
	a.Channel.SetSink(nil)
	return a.Channel
}

// Status sums the attempts up in DIALSTATUS's words: what most says why nobody answered.
func (d *Dialer) Status() string {
	count := map[string]int{}
	for _, a := range d.attempts {
		count[a.Status]++
	}
	failed := count["BUSY"] + count["CONGESTION"] + count["CHANUNAVAIL"]
	switch {
	case count["ANSWER"] > 0:
		return "ANSWER"
	case failed < len(d.attempts):
		return "NOANSWER"
	case count["BUSY"] > 0:
		return "BUSY"
	case count["CONGESTION"] > 0:
		return "CONGESTION"
	}
	return "CHANUNAVAIL"
}

// endOfCause returns what DialEnd tells of a leg that ended with a cause.
func endOfCause(cause int) string {
	switch cause {
	case channel.CauseUserBusy:
		return "BUSY"
	case channel.CauseCongestion, channel.CauseSwitchCongestion:
		return "CONGESTION"
	case channel.CauseNoRouteDestination, channel.CauseSubscriberAbsent:
		return "CHANUNAVAIL"
	}
	return "NOANSWER"
}

// Outcome returns what an attempt that failed means for DIALSTATUS, which for a
// leg that hung up is not always what DialEnd told.
func (a *Attempt) Outcome() string {
	if !a.hungUp {
		return a.Status
	}
	switch a.Cause {
	case channel.CauseUserBusy:
		return "BUSY"
	case channel.CauseCongestion:
		return "CONGESTION"
	case channel.CauseNormalClearing, channel.CauseNoAnswer:
		return "NOANSWER"
	}
	return "CHANUNAVAIL"
}

func (d *Dialer) callerSnapshot() *event.Channel {
	if d.caller == nil {
		return nil
	}
	return d.caller.Snapshot()
}

func (d *Dialer) publishBegin(a *Attempt, peer *event.Channel) {
	if bus := d.calls.bus(); bus.Wants(event.KindDialBegin) && !d.Untold {
		bus.Publish(&event.DialBegin{Channel: d.callerSnapshot(), Peer: peer, DialString: a.DialString})
	}
}

func (d *Dialer) publishState(a *Attempt, status string) {
	if bus := d.calls.bus(); bus.Wants(event.KindDialState) && !d.Untold {
		e := &event.DialState{Channel: d.callerSnapshot(), Peer: a.Channel.Snapshot(), Status: status}
		if d.caller == nil {
			e.DialString = a.DialString
		}
		bus.Publish(e)
	}
}

// TellAnswer tells the end of the dialling of a leg that answered, which Wait
// leaves to its caller: there may be others to give up and a subroutine to run first.
func (d *Dialer) TellAnswer(a *Attempt) { d.publishEnd(a) }

func (d *Dialer) publishEnd(a *Attempt) {
	if bus := d.calls.bus(); bus.Wants(event.KindDialEnd) && !d.Untold {
		e := &event.DialEnd{Channel: d.callerSnapshot(), Peer: a.Channel.Snapshot(), Status: a.Status, Forward: a.Forward}
		if d.caller == nil {
			e.DialString = a.DialString
		}
		bus.Publish(e)
	}
}

// SplitDevice splits "TECH/destination".
func SplitDevice(device string) (technology, destination string, ok bool) {
	return strings.Cut(strings.TrimSpace(device), "/")
}
