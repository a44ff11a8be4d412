package queue

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// errHangup ends the caller once the application is done.
var errHangup = errors.New("the application ends the call")

// options are those of one run of Queue.
type options struct {
	flags    command.Flags
	override string // the announcement to the member, instead of the queue's own
	agi      string
	gosub    string
	rule     string
	position int
}

// A serving is one run of Queue.
type serving struct {
	*entry
	options
	house     *House
	connected time.Time
	tries     int
	ended     bool // with a call: there is no more to tell
	// bequeathed says that another leg goes on in the queue.
	bequeathed bool
}

// outcome is how a caller leaves a queue.
type outcome int

const (
	goOn outcome = iota
	turn         // it may look for a member
	timedOut
	leftEmpty
	byKey
	withdrawn
	continued // the member has hung up, and the dialplan goes on
	hungUp
	served // the call is over, and so is the caller's leg
)

// statuses are QUEUESTATUS.
var statuses = map[outcome]string{timedOut: "TIMEOUT", leftEmpty: "LEAVEEMPTY", withdrawn: "WITHDRAW", continued: "CONTINUE"}

// errMissing is the line for a Queue without a name.
const errMissing = "Queue requires an argument: queuename[,options[,URL[,announceoverride[,timeout[,agi[,gosub[,rule[,position]]]]]]]]"

// queueApp is the application Queue.
func (h *House) queueApp(ctx context.Context, c *channel.Channel, data string) error {
	if strings.TrimSpace(data) == "" {
		h.Logger.Warn(errMissing, "channel", c.Name())
		return errHangup
	}
	args := command.SplitArgs(data, 9)
	for _, name := range []string{"ANSWEREDTIME", "DIALEDTIME", "QUEUEWAIT"} {
		c.SetVariable(name, "")
		c.SetVariable(name+"_MS", "")
	}
	q := h.lookUp(command.Arg(args, 0))
	if q == nil {
		h.Logger.Warn("Unable to join queue '"+args[0]+"'", "channel", c.Name())
		c.SetVariable("QUEUESTATUS", "UNKNOWN")
		return nil
	}
	s := h.newServing(q, c, args)
	if !s.inherit(c.Location()) {
		if reason := s.enter(s.position); reason != "" {
			h.Logger.Warn("Unable to join queue '"+q.name+"'", "channel", c.Name(), "reason", reason)
			c.SetVariable("QUEUESTATUS", reason)
			return nil
		}
		h.Log.Write(q.name, c.UniqueID(), "NONE", "ENTERQUEUE", command.Arg(args, 2), s.callerText(), number(s.original))
	}
	defer func() {
		if !s.bequeathed { // also where something panics
			s.leave()
		}
	}()
	return s.run(ctx)
}

func (h *House) newServing(q *Queue, c *channel.Channel, args []string) *serving {
	s := &serving{entry: q.newEntry(c), house: h}
	s.options = options{flags: command.ParseFlags(command.Arg(args, 1)), override: command.Arg(args, 3), agi: command.Arg(args, 5),
		gosub: command.Arg(args, 6), rule: command.Arg(args, 7)}
	if n, err := strconv.Atoi(strings.TrimSpace(command.Arg(args, 4))); err == nil && n > 0 {
		s.until = s.began.Add(time.Duration(n) * time.Second)
	}
	s.position, _ = strconv.Atoi(command.Arg(args, 8))
	name := s.rule
	if name == "" {
		q.mu.Lock()
		name = q.settings.rule
		q.mu.Unlock()
	}
	if name != "" {
		s.changes = h.rules.Load().find(name)
	}
	return s
}

// callerText is the caller as the log has it.
func (s *serving) callerText() string {
	p := s.c.Caller()
	q := s.q
	q.mu.Lock()
	settings := q.settings
	q.mu.Unlock()
	shown := func(presentation bool) bool { return presentation || settings.restrictedCaller }
	text := ""
	if p.Number.Valid && shown(p.Number.Presentation&0x60 == 0) {
		text = p.Number.Text
	}
	if settings.callerName && p.Name.Valid && shown(p.Name.Presentation&0x60 == 0) && p.Name.Text != "" {
		text = `"` + p.Name.Text + `" <` + text + ">"
	}
	return text
}

// run serves the caller until it leaves.
func (s *serving) run(ctx context.Context) error {
	if err := s.beforehand(ctx, s.c, s.flags['B']); err != nil {
		s.finish(hungUp)
		return err
	}
	s.comfort()
	how, err := s.loop(ctx)
	s.finish(how)
	switch {
	case err != nil:
		return err
	case how == served:
		return errHangup
	}
	return nil
}

// loop waits for the caller's turn and looks for members, time and again.
func (s *serving) loop(ctx context.Context) (outcome, error) {
	announce := s.settings().toFirst
	for {
		how, err := s.await(ctx)
		if how != turn {
			return how, err
		}
		if announce { // not to who is served at once
			if how, err := s.announce(ctx); how != goOn {
				return how, err
			}
		}
		announce = true
		if how, err = s.attempt(ctx); how != goOn {
			return how, err
		}
		s.tries++
		if how := s.reason(); how != goOn {
			return how, nil
		}
		if s.flags.Has('n') && s.tries >= s.size() {
			return timedOut, nil
		}
		how, err = s.rest(ctx)
		if how != goOn {
			return how, err
		}
	}
}

func (s *serving) settings() *Settings {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	return s.q.settings
}

func (s *serving) size() int {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	return len(s.q.members)
}

// reason says why the caller can't stay, if so.
func (s *serving) reason() outcome {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	now := time.Now()
	switch {
	case s.withdrawn != nil:
		return withdrawn
	case !s.until.IsZero() && !now.Before(s.until):
		return timedOut
	case s.q.empty(s.entry, s.q.settings.leaveEmpty, now):
		return leftEmpty
	}
	return goOn
}

// mine reports whether it is the caller's turn.
func (s *serving) mine() bool {
	s.q.mu.Lock()
	defer s.q.mu.Unlock()
	return s.q.isTurn(s.entry, time.Now())
}

// await waits for the caller's turn.
func (s *serving) await(ctx context.Context) (outcome, error) {
	for {
		if how := s.reason(); how != goOn {
			return how, nil
		}
		if s.mine() {
			s.adjust(true)
			return turn, nil
		}
		again := s.adjust(false)
		how, err := s.announce(ctx)
		if how != goOn {
			return how, err
		}
		if s.mine() { // while it listened
			return turn, nil
		}
		wait := s.due()
		for _, d := range []time.Duration{again, s.left()} {
			if d > 0 && (wait == 0 || d < wait) {
				wait = d
			}
		}
		if how, err := s.pause(ctx, wait, true); how != goOn {
			return how, err
		}
	}
}

// left is how long the caller may still wait; 0 is for ever.
func (s *serving) left() time.Duration {
	if s.until.IsZero() {
		return 0
	}
	return max(time.Until(s.until), 1)
}

// rest waits between two attempts.
func (s *serving) rest(ctx context.Context) (outcome, error) {
	end := time.Now().Add(s.settings().retry)
	for {
		wait := time.Until(end)
		if wait <= 0 {
			return goOn, nil
		}
		if left := s.left(); left > 0 {
			wait = min(wait, left)
		}
		if how, err := s.pause(ctx, wait, true); how != goOn {
			return how, err
		}
		if how := s.reason(); how != goOn && how != leftEmpty {
			return how, nil
		}
	}
}

// pause waits for a time (0: without limit), or with woken until the caller is to look
// around. The caller's keys may lead it out.
func (s *serving) pause(ctx context.Context, d time.Duration, woken bool) (outcome, error) {
	var up <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		up = timer.C
	}
	wake := s.wake
	if !woken {
		wake = nil
	}
	s.c.SetSink(s.hear)
	defer s.c.SetSink(nil)
	for {
		select {
		case <-ctx.Done():
			return hungUp, context.Cause(ctx)
		case <-up:
			return goOn, nil
		case <-wake:
			return goOn, nil
		case key := <-s.keys:
			if s.exits(key) {
				return byKey, nil
			}
		}
	}
}

// exits takes a key of the caller and reports whether it leads out of the queue, where
// the dialplan then goes on.
func (s *serving) exits(key byte) bool {
	in := s.settings().context
	if in == "" || key == 0 {
		return false
	}
	caller := s.c.Caller().Number.Text
	digits := s.digits + string(rune(key))
	s.digits = digits
	switch {
	case s.house.Dialplan.Exists(channel.Location{Context: in, Exten: digits, Priority: 1}, caller):
		return s.house.Dialplan.Goto(s.c, in+","+digits+",1") == nil
	case !s.house.Dialplan.CanMatch(in, digits, caller):
		s.digits = ""
	}
	return false
}

// comfort gives the caller something to hear.
func (s *serving) comfort() {
	if s.flags.Has('r') {
		_ = s.c.Signal(media.Ringing)
		return
	}
	class := s.flags['m']
	if class == "" {
		class = s.settings().music
	}
	if src, err := s.house.Voice.Music(class, s.c); err == nil {
		s.c.StartSource(src)
	}
}

// discomfort ends what comfort began.
func (s *serving) discomfort() {
	if s.flags.Has('r') {
		_ = s.c.Signal(media.StopTone)
		return
	}
	s.c.StopSource()
}

// finish accounts for a caller who leaves.
func (s *serving) finish(how outcome) {
	if s.bequeathed = how == hungUp && s.bequeath(); s.bequeathed {
		return
	}
	q, c, log := s.q, s.c, s.house.Log
	position := q.positionOf(s.entry)
	stood := []string{number(position), number(s.original), number(s.waited())}
	write := func(event string, data ...string) { log.Write(q.name, c.UniqueID(), "NONE", event, data...) }
	switch how {
	case withdrawn:
		q.mu.Lock()
		why := *s.withdrawn
		q.mu.Unlock()
		s.times()
		s.abandon()
		c.SetVariable("QUEUE_WITHDRAW_INFO", why)
		write("WITHDRAW", append(stood, why)...)
	case hungUp:
		if !s.ended {
			s.times()
			s.abandon()
			write("ABANDON", stood...)
		}
	case timedOut:
		s.abandon()
		write("EXITWITHTIMEOUT", stood...)
	case leftEmpty:
		s.abandon()
		write("EXITEMPTY", stood...)
	case byKey:
		write("EXITWITHKEY", append([]string{s.digits}, stood...)...)
	}
	if !s.ended && how != hungUp && how != withdrawn {
		s.times()
	}
	s.leave()
	if how != hungUp {
		s.discomfort()
		if s.settings().setQueue {
			q.setVariables(c)
		}
	}
	if status := statuses[how]; status != "" {
		c.SetVariable("QUEUESTATUS", status)
	}
}

// times says on the caller how long it waited and talked.
func (s *serving) times() {
	if s.connected.IsZero() {
		s.setTime("QUEUEWAIT", time.Since(s.began).Truncate(time.Second))
		s.setTime("DIALEDTIME", time.Since(s.began))
		s.setTime("ANSWEREDTIME", 0)
		return
	}
	s.setTime("ANSWEREDTIME", time.Since(s.connected))
	s.setTime("DIALEDTIME", time.Since(s.began))
}

func (s *serving) setTime(name string, d time.Duration) {
	s.c.SetVariable(name, number(int(d/time.Second)))
	s.c.SetVariable(name+"_MS", number(int(d/time.Millisecond)))
}
