package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// An attempt is one look for a member, as long as its timeout.
type attempt struct {
	*serving
	dialer   *call.Dialer
	list     []*candidate
	called   map[*call.Attempt]*tried
	timeout  time.Duration // 0 is without limit
	settings *Settings
	out      bool // a key led the caller out
	ended    bool // a key ended the attempt
}

// tried is a member who is called.
type tried struct {
	member *Member
	began  time.Time
	over   bool
}

// attempt calls members until one answers, all have refused or the time is up. goOn
// says that nobody did.
func (s *serving) attempt(ctx context.Context) (outcome, error) {
	s.look(true)
	defer func() { s.look(false) }()
	a := &attempt{serving: s, dialer: s.house.Calls.NewDialer(s.c), called: map[*call.Attempt]*tried{}, settings: s.settings()}
	a.dialer.Apart = true
	a.dialer.Called = a.tellCalled
	a.timeout = a.settings.timeout
	if left := s.left(); left > 0 && a.settings.appTimeout && (a.timeout <= 0 || left < a.timeout) {
		a.timeout = left
	}
	s.q.mu.Lock()
	a.list = s.q.candidates(s.entry, time.Now())
	s.q.mu.Unlock()
	defer a.release()
	defer a.dialer.GiveUp("CANCEL", a.cancelCause())
	a.ring(ctx)
	winner := a.dialer.Wait(ctx, a.timeout, call.Listener{Caller: a.pressed, Failed: func(t *call.Attempt) { a.failed(ctx, t) },
		Signal:  a.signal,
		Forward: func(t *call.Attempt, to string) { a.forward(ctx, t, to) }})
	a.nextTurn()
	switch {
	case winner != nil:
		return a.answered(ctx, winner)
	case ctx.Err() != nil:
		a.cancelled()
		return hungUp, context.Cause(ctx)
	case a.out:
		a.cancelled()
		return byKey, nil
	case a.ended:
		return goOn, nil
	}
	a.unanswered()
	return goOn, nil
}

// cancelCause is the cause for members who are called in vain.
func (s *serving) cancelCause() int {
	if s.flags.Has('C') {
		return channel.CauseAnsweredElsewhere
	}
	return 0
}

// release lets members be called by others.
func (a *attempt) release() {
	q := a.q
	q.mu.Lock()
	called := a.called
	for _, t := range called {
		t.member.rung--
	}
	a.called = nil
	q.mu.Unlock()
	for made := range called {
		if _, enter := a.picked(made.Channel); enter != nil {
			enter(nil)
		}
	}
}

// picked ends the ringing of a leg and returns who has picked its call up, if anybody.
func (a *attempt) picked(c *channel.Channel) (picker *channel.Channel, enter func(*bridge.Bridge)) {
	if a.house.Pickups == nil {
		return nil, nil
	}
	return a.house.Pickups.Take(c)
}

// nextTurn moves on whose turn it is.
func (a *attempt) nextTurn() {
	q := a.q
	q.mu.Lock()
	defer q.mu.Unlock()
	switch a.settings.strategy {
	case rrMemory, rrOrdered:
		q.round.next(rankOf(a.list))
	case linear:
		a.line.next(rankOf(a.list))
	}
}

// ring calls the next: with ringall all of the lowest penalty, else the first who can be.
func (a *attempt) ring(ctx context.Context) {
	for rang := false; !rang && ctx.Err() == nil; {
		first := best(a.list)
		if first == nil {
			return
		}
		group := []*candidate{first}
		if a.settings.strategy == ringAll {
			group = slices.DeleteFunc(slices.Clone(a.list), func(c *candidate) bool { return c.done || c.rank != first.rank })
		}
		for _, c := range group {
			c.done = true
			if a.call(ctx, c) {
				rang = true
			}
		}
	}
}

// reserve takes a member for this call, if it can be called.
func (a *attempt) reserve(m *Member) bool {
	h, q := a.house, a.q
	if h.weighty.Load() && h.outweighed(q, m) || h.settings().longestWaiting && h.outwaited(a.entry, m) {
		return false
	}
	status := h.status(m.device)
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	was := m.status
	if !m.ringInUse && busy(status) {
		return false
	}
	if !m.available(now) || m.rung > 0 && !m.ringInUse {
		m.status = was
		return false
	}
	m.rung++
	return true
}

// outweighed tells whether a queue of more weight wants a member.
func (h *House) outweighed(q *Queue, m *Member) bool {
	q.mu.Lock()
	mine := q.settings.weight
	q.mu.Unlock()
	for _, other := range h.memberships(m.iface) {
		o := other.q
		if o == q {
			continue
		}
		o.mu.Lock()
		more := o.settings.weight > mine && len(o.entries) > 0 && len(o.entries) >= o.free(time.Now())
		o.mu.Unlock()
		if more {
			return true
		}
	}
	return false
}

// outwaited tells whether in another queue of the same weight that wants a member somebody
// has waited longer.
func (h *House) outwaited(e *entry, m *Member) bool {
	e.q.mu.Lock()
	mine := e.q.settings.weight
	e.q.mu.Unlock()
	for _, other := range h.memberships(m.iface) {
		o := other.q
		if o == e.q {
			continue
		}
		o.mu.Lock()
		more := o.settings.weight == mine && len(o.entries) > 0 && o.entries[0].began.Before(e.began)
		o.mu.Unlock()
		if more {
			return true
		}
	}
	return false
}

// call calls a member, and reports whether it may answer.
func (a *attempt) call(ctx context.Context, c *candidate) bool {
	m := c.member
	if !a.reserve(m) {
		return false
	}
	t := &tried{member: m, began: time.Now()}
	done := false
	defer func() {
		if !done {
			a.q.mu.Lock()
			m.rung--
			a.q.mu.Unlock()
		}
	}()
	technology, destination, ok := call.SplitDevice(m.iface)
	if !ok {
		return false
	}
	q := channel.Request{Destination: destination}
	made, err := a.dialer.Add(ctx, technology, q, func(out *channel.Channel) error {
		return a.prepare(ctx, out, destination, t)
	})
	if err != nil {
		a.refused(ctx, err, m)
		return false
	}
	done = true
	a.called[made] = t
	if a.house.Pickups != nil {
		a.house.Pickups.Offer(made.Channel)
	}
	made.Channel.SetLocation(channel.Location{Context: made.Channel.Location().Context, Exten: a.c.Location().Exten, Priority: 1})
	return true
}

// refused says why a member can't be called.
func (a *attempt) refused(ctx context.Context, err error, m *Member) {
	var refused *channel.RequestError
	if !errors.As(err, &refused) {
		a.house.Logger.Debug("a member was not called", "member", m.iface, "error", err)
		return
	}
	a.house.Logger.Log(ctx, levelNotice, fmt.Sprintf("Unable to create channel of type '%s' for Queue", strings.SplitN(m.iface, "/", 2)[0]),
		"channel", a.c.Name(), "member", m.iface, "reason", refused.Why)
	if a.settings.autopauseAway {
		a.noAnswer(ctx, nil, m, 0, true)
	}
}

// levelNotice is package logging's level between warning and info.
const levelNotice = 2

// Under these keys a leg that is called keeps whose it is, that its number is only what the
// caller dialled, of which nobody needs to be told, and what it was before it knew of the
// caller, as which its dialling is told.
type (
	calledMember struct{}
	borrowed     struct{}
	asMade       struct{}
)

// prepare gives a new leg what it inherits from the caller.
func (a *attempt) prepare(ctx context.Context, out *channel.Channel, destination string, t *tried) error {
	from := a.c.Snapshot()
	out.SetValue(calledMember{}, t.member)
	if !out.Caller().Number.Valid {
		out.Change(func(s *event.Channel) { s.Caller.Number = event.Number{Valid: true, Text: from.Exten} })
		out.SetValue(borrowed{}, true)
		out.Step(out.Location(), "AppQueue", "(Outgoing Line)")
		out.SetCaller(out.Caller())
	}
	inheritAccounts(out, from, from.PeerAccount)
	made := out.Snapshot()
	out.InheritVariables(a.c)
	if a.house.Features != nil {
		a.house.Features.Inherit(a.c, out)
	}
	out.SetVariable("DIALEDPEERNUMBER", destination)
	out.Change(func(s *event.Channel) {
		s.Connected, s.Redirect = from.Caller, from.Redirect
		if s.MusicClass == "" {
			s.MusicClass = from.MusicClass
		}
	})
	if _, local := out.Leg().(channel.Twin); !local { // of which its next word tells
		out.SetValue(asMade{}, made)
		out.Step(channel.Location{Context: made.Context, Exten: from.Exten, Priority: 1}, "AppQueue", "(Outgoing Line)")
	}
	if from.Caller.Known() {
		out.SetConnected(from.Caller)
	}
	return a.beforehand(ctx, out, a.flags['b'])
}

// inheritAccounts has a leg that is called charged to an account, unless it has its own.
func inheritAccounts(out *channel.Channel, from *event.Channel, account string) {
	was := out.AccountCode()
	account = cmp.Or(was, account)
	out.Change(func(s *event.Channel) { s.AccountCode, s.PeerAccount = account, from.AccountCode })
	if account != was {
		out.TellAccountCode(was)
	}
}

// beforehand runs the subroutine of B or b. What goes wrong in it does not matter,
// unless the leg or the call ends by it.
func (s *serving) beforehand(ctx context.Context, c *channel.Channel, sub string) error {
	if sub == "" {
		return nil
	}
	err := s.house.Dialplan.Subroutine(ctx, c, call.Routine(s.c.Location(), sub))
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && c.HungUp():
		return err
	case err != nil:
		s.house.Logger.Error("the subroutine of Queue did not come to its end", "channel", c.Name(), "place", sub, "error", err)
	}
	return nil
}

// tellCalled tells that a member is called. It stands at the caller's extension from then on.
// What is called instead of a member is not told again, and to whom it is connected not
// before it says something.
func (a *attempt) tellCalled(made *call.Attempt, peer *event.Channel) *event.Channel {
	m, ok := made.Channel.Value(calledMember{}).(*Member)
	switch {
	case made.Forwarded:
		shown := *peer
		shown.Connected = event.Party{}
		return &shown
	case !ok:
		return peer
	}
	made.DialString = m.iface
	from := a.c.Snapshot()
	dest := *peer
	dest.Exten, dest.Priority = from.Exten, 1
	a.house.tell("AgentCalled", from, &dest, a.about(m)...)
	if shown, ok := made.Channel.Value(asMade{}).(*event.Channel); ok {
		made.Channel.SetValue(asMade{}, nil)
		return shown
	}
	return peer
}

// about are the fields of events about a member and a caller.
func (s *serving) about(m *Member, more ...event.Variable) []event.Variable {
	return append([]event.Variable{field("Queue", s.q.name), field("Interface", m.iface), field("MemberName", m.name)}, more...)
}

// signal takes what a leg that is called tells.
func (a *attempt) signal(t *call.Attempt, f media.Frame) {
	t.Channel.TellLocation()
	if t.Forwarded {
		t.Channel.SetConnected(t.Channel.Connected()) // of which nothing was told yet
	}
	if f.Signal == media.ConnectedLine {
		t.Channel.SetValue(borrowed{}, nil) // it has a name of its own
	}
	if f.Signal == media.Ringing && a.flags.Has('R') && !a.flags.Has('r') {
		a.c.StopSource()
		_ = a.c.Signal(media.Ringing)
	}
}

// failed takes a leg that will not answer: its member has refused, and another is called.
func (a *attempt) failed(ctx context.Context, t *call.Attempt) {
	one := a.called[t]
	if one == nil {
		return
	}
	one.over = true
	pause := true
	switch t.Status {
	case "BUSY":
		pause = a.settings.autopauseBusy
	case "CONGESTION", "CHANUNAVAIL":
		pause = a.settings.autopauseAway
	}
	a.noAnswer(ctx, t.Channel.Snapshot(), one.member, time.Since(one.began).Truncate(time.Second), pause)
	if a.settings.strategy != ringAll {
		if a.settings.timeoutRestart {
			a.dialer.RestartTimeout()
		}
		a.ring(ctx)
	}
}

// noAnswer tells that a member has not answered, and pauses it if it is to be so.
func (a *attempt) noAnswer(_ context.Context, dest *event.Channel, m *Member, rang time.Duration, pause bool) {
	ms := number(int(rang / time.Millisecond))
	if dest != nil {
		a.house.tell("AgentRingNoAnswer", a.c.Snapshot(), dest, a.about(m, field("RingTime", ms))...)
	}
	a.house.Log.Write(a.q.name, a.c.UniqueID(), m.name, "RINGNOANSWER", ms)
	if !pause || a.settings.autopause == "no" {
		return
	}
	a.q.mu.Lock()
	early := a.settings.autopauseDelay > 0 && !m.lastCall.IsZero() && time.Since(m.lastCall) < a.settings.autopauseDelay
	a.q.mu.Unlock()
	switch {
	case early:
	case a.settings.autopause == "all":
		a.house.pauseSome("", m.iface, "Auto-Pause", true)
	default:
		a.house.pauseSome(a.q.name, m.iface, "Auto-Pause", true)
	}
}

// unanswered ends an attempt in which nobody answered in time.
func (a *attempt) unanswered() {
	rang := false
	for _, t := range a.dialer.Attempts() {
		one := a.called[t]
		if t.Status != "" || one == nil {
			continue
		}
		rang, one.over = true, true
		a.noAnswer(context.Background(), t.Channel.Snapshot(), one.member, a.timeout, true)
	}
	if rang {
		logging.CallVerbosef(a.house.Logger, a.c.CallNumber(), 3, "Nobody picked up in %d ms", a.timeout.Milliseconds())
	}
	a.dialer.GiveUp("NOANSWER", 0)
	if a.flags.Has('R') && !a.flags.Has('r') {
		_ = a.c.Signal(media.StopTone)
		a.comfort()
	}
}

// cancelled accounts for the members who are called while the caller leaves.
func (a *attempt) cancelled() {
	for _, t := range a.dialer.Attempts() {
		if one := a.called[t]; t.Status == "" && one != nil {
			a.house.Log.Write(a.q.name, a.c.UniqueID(), one.member.name, "RINGCANCELED", number(int(time.Since(one.began)/time.Millisecond)))
		}
	}
}

// pressed takes the caller's keys while members are called.
func (a *attempt) pressed(f media.Frame) (stop bool) {
	if f.Kind != media.DTMFEnd {
		return false
	}
	a.ended = f.Digit == '*' && a.flags.Has('H') // it hangs up the members, whatever features.conf has for that
	a.out = !a.ended && a.exits(f.Digit)
	return a.ended || a.out
}
