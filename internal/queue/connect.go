package queue

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A service is a call of a caller and a member.
type service struct {
	*serving
	member *Member
	peer   *channel.Channel
	hold   int // seconds
	// settled lets the members who were called be called by others.
	settled func()
	// enter, if not nil, has the leg that took the call come into the bridge. That leg has
	// an owner.
	enter func(*bridge.Bridge)
	began time.Time
}

// answered lets the caller talk to the member who answered. goOn says that the member
// was gone before.
func (a *attempt) answered(ctx context.Context, winner *call.Attempt) (outcome, error) {
	one := a.called[winner]
	rang := int(time.Since(one.began) / seconds)
	hold := a.waited()
	a.dialer.TellAnswer(winner)
	a.dialer.GiveUp("CANCEL", channel.CauseAnsweredElsewhere)
	peer := winner.Release()
	v := &service{serving: a.serving, member: one.member, peer: peer, hold: hold, settled: a.release}
	kept := false
	defer func() {
		if !kept { // also where something panics before the bridge
			peer.SetCause(channel.CauseNormalClearing)
			peer.Hangup(channel.CauseNormalClearing)
			peer.End()
		}
	}()
	v.acquaint(ctx)
	q := a.q
	q.mu.Lock()
	q.connected(hold)
	q.mu.Unlock()
	if picker, enter := a.picked(winner.Channel); picker != nil {
		kept = true
		return v.pickedUp(ctx, picker, enter, rang)
	}
	if err := v.introduce(ctx); err != nil {
		if ctx.Err() != nil {
			return hungUp, context.Cause(ctx)
		}
		a.house.Log.Write(q.name, a.c.UniqueID(), v.member.name, "AGENTDUMP", "")
		a.house.tell("AgentDump", a.c.Snapshot(), peer.Snapshot(), a.about(v.member)...)
		return goOn, nil
	}
	v.describe()
	a.setWait()
	_ = v.subroutines(ctx)
	if ctx.Err() != nil {
		return hungUp, context.Cause(ctx)
	}
	a.discomfort()
	if err := a.c.Answer(); err != nil {
		return hungUp, err
	}
	if peer.HungUp() {
		v.tellConnect(rang)
		return v.miss(), nil
	}
	kept = true
	v.tellConnect(rang)
	return v.talk(ctx)
}

// miss accounts for a call whose member has hung up before the two could talk: it was the
// member who ended it, not the caller.
func (v *service) miss() outcome {
	v.begin()
	v.settled()
	v.complete("agent", false)
	v.ended = true
	v.account()
	if v.flags.Has('c') {
		return continued
	}
	return served
}

// tellConnect tells that the two will talk.
func (v *service) tellConnect(rang int) {
	v.house.Log.Write(v.q.name, v.c.UniqueID(), v.member.name, "CONNECT", number(v.hold), v.peer.UniqueID(), number(rang))
	v.house.tell("AgentConnect", v.c.Snapshot(), v.peer.Snapshot(), v.about(v.member, field("HoldTime", number(v.hold)), field("RingTime", number(rang)))...)
}

// pickedUp lets the caller talk to who took the call from the member's leg.
func (v *service) pickedUp(ctx context.Context, picker *channel.Channel, enter func(*bridge.Bridge), rang int) (outcome, error) {
	v.peer.Hangup(channel.CauseAnsweredElsewhere)
	v.peer.End()
	v.peer, v.enter = picker, enter
	v.acquaint(ctx)
	v.describe()
	v.setWait()
	v.discomfort()
	if err := v.c.Answer(); err != nil {
		enter(nil)
		return hungUp, err
	}
	v.tellConnect(rang)
	return v.talk(ctx)
}

// acquaint tells the caller who the member is, if it says so itself. The caller's
// subroutine may change it.
func (v *service) acquaint(ctx context.Context) {
	p := v.peer.Caller()
	if v.flags.Has('I') || !p.Number.Valid || v.peer.Value(borrowed{}) != nil || p == v.c.Connected() {
		return
	}
	v.c.SetConnected(p)
	if v.house.Intercept != nil {
		if run := v.house.Intercept(v.c); run != nil {
			run(ctx)
			p = v.c.Connected()
		}
	}
	_ = v.c.Indicate(media.Frame{Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
}

// setWait says how long the caller has waited.
func (s *serving) setWait() {
	s.leave()
	s.setTime("QUEUEWAIT", time.Since(s.began).Truncate(time.Second))
}

// both returns ctx, ended also by the end of the member's leg.
func both(ctx context.Context, peer *channel.Channel) (context.Context, context.CancelFunc) {
	within, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(peer.LegContext(), func() { cancel(context.Cause(peer.LegContext())) })
	return within, func() { stop(); cancel(nil) }
}

// introduce tells the member what it should know of the call, while the caller waits.
func (v *service) introduce(ctx context.Context) error {
	s := v.settings()
	within, cancel := both(ctx, v.peer)
	defer cancel()
	say := func(name string) {
		if name != "" && within.Err() == nil {
			_, _ = v.house.Voice.Prompt(within, v.peer, name, "")
		}
	}
	if s.memberDelay > 0 {
		timer := time.NewTimer(s.memberDelay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-within.Done():
		}
	}
	announce := s.announce
	if v.override != "" {
		announce = v.override
	}
	for _, name := range strings.Split(announce, "&") {
		say(strings.TrimSpace(name))
	}
	if s.reportHold && within.Err() == nil {
		say(s.sounds["queue-reporthold"])
		minutes, rest := v.hold/60, v.hold%60
		if minutes > 0 && within.Err() == nil {
			_, _ = v.house.Voice.Number(within, v.peer, minutes, "")
			say(s.sounds[map[bool]string{true: "queue-minute", false: "queue-minutes"}[minutes == 1]])
		}
		if rest > 1 && within.Err() == nil {
			_, _ = v.house.Voice.Number(within, v.peer, rest, "")
			say(s.sounds["queue-seconds"])
		}
	}
	if name := s.sounds["queue-callerannounce"]; name != "" && within.Err() == nil {
		_, _ = v.house.Voice.Prompt(within, v.c, name, "")
	}
	return context.Cause(within)
}

// describe sets the variables by which dialplans know the member and the queue.
func (v *service) describe() {
	s, q, m := v.settings(), v.q, v.member
	legs := []*channel.Channel{v.c, v.peer}
	set := func(list []event.Variable) {
		for _, c := range legs {
			for _, one := range list {
				c.SetVariable(one.Name, one.Value)
			}
		}
	}
	if s.setMember {
		q.mu.Lock()
		list := []event.Variable{field("MEMBERINTERFACE", m.iface), field("MEMBERNAME", m.name), field("MEMBERCALLS", number(m.calls)),
			field("MEMBERLASTCALL", number(int(unix(m.lastCall)))), field("MEMBERPENALTY", number(m.penalty)),
			field("MEMBERDYNAMIC", flag(m.dynamic)), field("MEMBERREALTIME", flag(m.line.mapped))}
		q.mu.Unlock()
		set(list)
	}
	if s.setEntry {
		set([]event.Variable{field("QEHOLDTIME", number(v.hold)), field("QEORIGINALPOS", number(v.original))})
	}
	if s.setQueue {
		set(q.variables())
	}
	if s.monitorFormat != "" {
		v.record(s.monitorFormat)
	}
}

// record has the call recorded, as the caller's variables say.
func (v *service) record(format string) {
	value := func(name string) string { text, _ := v.c.Variable(name); return text }
	name := value("MONITOR_FILENAME")
	if name == "" {
		name = v.c.UniqueID()
	}
	data := name + "." + format + ",b" + strings.ReplaceAll(value("MONITOR_OPTIONS"), ",", "") + "," + value("MONITOR_EXEC")
	if err := v.house.Dialplan.Execute(v.c.Context(), v.c, "MixMonitor", data); err != nil {
		v.house.Logger.Warn("the call of a queue is not recorded", "channel", v.c.Name(), "error", err)
	}
}

// subroutines run the script, the macro and the subroutine that the member's leg is to run
// before it talks.
func (v *service) subroutines(ctx context.Context) error {
	within, cancel := both(ctx, v.peer)
	defer cancel()
	if v.agi != "" {
		if err := v.house.Dialplan.Execute(within, v.peer, "AGI", v.agi); err != nil {
			v.house.Logger.Warn("the script of a queue's member ended early", "channel", v.peer.Name(), "script", v.agi, "error", err)
		}
	}
	s := v.settings()
	if s.memberMacro != "" {
		if err := v.house.Dialplan.Execute(within, v.peer, "Macro", s.memberMacro); err != nil {
			v.house.Logger.Warn("the macro of a queue's member ended early", "channel", v.peer.Name(), "macro", s.memberMacro, "error", err)
		}
	}
	sub := cmp.Or(v.gosub, s.memberGosub)
	if sub == "" {
		return nil
	}
	sub = strings.ReplaceAll(sub, "^", ",")
	if name, args, ok := strings.Cut(sub, "("); !strings.Contains(name, ",") {
		sub = name + ",s,1"
		if ok {
			sub += "(" + args
		}
	}
	if err := v.house.Dialplan.Subroutine(within, v.peer, sub); err != nil && within.Err() == nil {
		v.house.Logger.Error("the subroutine of Queue did not come to its end", "channel", v.peer.Name(), "place", sub, "error", err)
	}
	return context.Cause(within)
}

// features are what a leg of the call can ask for: the caller what the options in upper
// case allow it, the member what those in lower case do.
func (v *service) features(c *channel.Channel) *bridge.Features {
	if v.house.Features == nil {
		return nil
	}
	more, _ := v.c.Variable("BRIDGE_FEATURES")
	letters := ""
	for _, letter := range "hktwx" {
		given := byte(letter)
		if c == v.c {
			given -= 'a' - 'A'
		}
		if v.flags.Has(given) || strings.IndexByte(more, given) >= 0 {
			letters += string(letter)
		}
	}
	return v.house.Features.Of(c, letters)
}

// talk joins the two until one leaves.
func (v *service) talk(ctx context.Context) (outcome, error) {
	peer, s := v.peer, v.serving
	b, err := v.house.Calls.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		if v.enter != nil {
			v.enter(nil)
			return hungUp, err
		}
		peer.Hangup(0)
		peer.End()
		return hungUp, err
	}
	if place, ok := v.flags['F']; ok {
		v.afterwards(place)
	}
	v.begin()
	v.settled()
	defer v.complete("", false)
	if v.enter == nil {
		v.house.Calls.Impart(b, peer, bridge.JoinOptions{Features: v.features(peer)})
		call.ForgetForwarder(peer)
	} else {
		// One that hangs up before it enters would leave the caller alone.
		defer context.AfterFunc(peer.LegContext(), b.Destroy)()
		v.enter(b)
	}
	if stay, err := b.Enter(v.c, bridge.JoinOptions{Features: v.features(v.c)}); err == nil {
		_ = stay(ctx)
	}
	s.ended = true
	if ctx.Err() != nil {
		v.complete("caller", false)
		s.account()
		return hungUp, context.Cause(ctx)
	}
	v.complete("agent", false)
	s.account()
	if v.flags.Has('c') {
		return continued, nil
	}
	return served, nil
}

// account says on the caller how the queue does and how long the call was.
func (s *serving) account() {
	if s.settings().setQueue {
		s.q.setVariables(s.c)
	}
	s.times()
}

// afterwards sets where the member goes when the caller hangs up (F).
func (v *service) afterwards(place string) {
	if place == "" {
		l := v.c.Location()
		l.Priority++
		call.AfterBridge(v.peer, l)
		return
	}
	if l, err := v.house.Dialplan.Resolve(v.c, strings.ReplaceAll(place, "^", ",")); err == nil {
		call.AfterBridge(v.peer, l)
	}
}

// begin says that the two talk.
func (v *service) begin() {
	v.began = time.Now()
	v.connected = v.began
	q := v.q
	q.mu.Lock()
	v.member.inCall++
	q.mu.Unlock()
	v.house.watch.add(v)
}

// complete accounts for a call that has ended. The first reason is right. following
// says that it is called by an encoder of events.
func (v *service) complete(reason string, following bool, log ...string) {
	if !v.house.watch.drop(v) {
		return
	}
	if reason == "" {
		reason = "caller"
	}
	q, h, m := v.q, v.house, v.member
	now := time.Now()
	talk := int(now.Sub(v.began) / seconds)
	shared := h.settings().sharedLastCall
	q.mu.Lock()
	q.figures.ended(v.hold, talk, int(q.settings.serviceLevel/seconds))
	m.inCall--
	m.calls++
	m.lastCall, m.lastWrapup = now, q.settings.wrapup
	wrapup := q.settings.wrapup
	q.mu.Unlock()
	if shared {
		for _, other := range h.memberships(m.iface) {
			other.q.mu.Lock()
			other.lastCall, other.lastWrapup = now, wrapup
			other.q.mu.Unlock()
		}
	}
	times := []string{number(v.hold), number(talk), number(v.original)}
	switch {
	case len(log) > 0:
		h.Log.Write(q.name, v.c.UniqueID(), m.name, log[0], append(log[1:], times...)...)
	case reason == "agent":
		h.Log.Write(q.name, v.c.UniqueID(), m.name, "COMPLETEAGENT", times...)
	default:
		h.Log.Write(q.name, v.c.UniqueID(), m.name, "COMPLETECALLER", times...)
	}
	e := &event.Generic{Name: "AgentComplete", Class: "agent", Channel: v.c.Snapshot(), Dest: v.peer.Snapshot(),
		Fields: v.about(m, field("HoldTime", number(v.hold)), field("TalkTime", number(talk)), field("Reason", reason))}
	if bus := h.bus(); following {
		bus.Follow(e)
	} else if bus.Wants(event.KindGeneric) {
		bus.Publish(e)
	}
	q.kick()
}
