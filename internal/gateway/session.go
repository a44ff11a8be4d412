package gateway

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// A session is one run of AGI on a leg. It belongs to the goroutine that owns the leg.
type session struct {
	g        *Gateway
	c        *channel.Channel
	step     context.Context // of the application
	request  string          // the program, as the dialplan names it
	args     []string
	keep     bool // a connection may be used again
	enhanced bool // the program hears the leg
	dead     bool // the leg is hung up, or wanted elsewhere
	link     link
	figures  *figures
	// next is where the dialplan goes on, once a command has said something about it.
	next *channel.Location
	// speech is what SPEECH CREATE has made, or nil.
	speech *speech.Object
	left   bool // the program goes on by itself, since the leg is hung up
}

// A link is the connection to a program.
type link interface {
	// start tells the program of the call.
	start(e *agi.Environment) error
	// command waits for the next command. The error is io.EOF where the program has
	// ended, os.ErrDeadlineExceeded after wake or the limit.
	command() (request, error)
	// wake has command return, whether it waits now or does so next.
	wake()
	// limit undoes wake, and says how long command waits from now on; 0 is for ever.
	limit(d time.Duration)
	// reply answers the command of an id. whole is set for a reply with the place of a sound.
	reply(id string, r agi.Reply, whole bool) error
	// hangup tells the program that the leg is hung up. It is called once.
	hangup()
	// endsWithLeg tells whether a leg that is hung up is the end of the session.
	endsWithLeg() bool
	// end ends the program where it has not, waits for it, and tells how it ended.
	end() status
}

// A request is a command of a program.
type request struct {
	line string
	id   string // of AsyncAGI's
}

// deadTime is how long a program may say nothing once the leg is hung up. The
// reference waits for ever, and the channel with it.
const deadTime = 5 * time.Minute

// serve runs the session and returns its status.
func (s *session) serve() status {
	s.figures = s.g.scripts.of(s.request)
	s.figures.sessions.Add(1)
	s.figures.running.Add(1)
	defer s.figures.running.Add(-1)
	l, failed := s.g.connect(s)
	if l == nil {
		s.failed(unreachable)
		return failed
	}
	s.link = l
	s.ignore()
	defer s.listen()
	defer s.silence()
	e := s.environment()
	if s.g.debug.Load() {
		s.debug("Tx >> ", strings.TrimSuffix(string(e.Append(nil)), "\n"))
	}
	if s.hears(l.start(e)) {
		s.converse()
	}
	ended := l.end()
	if ended == failure {
		s.failed(badEnd)
	}
	if s.next != nil {
		s.g.Dialplan.Jump(s.c, *s.next)
	}
	if s.step.Err() != nil { // hung up, or wanted elsewhere
		return hungUp
	}
	return ended
}

// failed counts a session that failed.
func (s *session) failed(t trouble) { s.figures.failures[t].Add(1) }

// ignore has what the leg sends forgotten, listen has it queued for who reads it.
func (s *session) ignore() { s.c.SetSink(func(media.Frame) {}) }
func (s *session) listen() { s.c.SetSink(nil) }

// converse does what the program asks until it ends.
func (s *session) converse() {
	if !s.dead {
		defer context.AfterFunc(s.step, s.link.wake)()
	}
	defer context.AfterFunc(s.g.life, s.link.wake)()
	for {
		// A leg that the last command hung up: the program hears of it before its next reply.
		if !s.dead && s.step.Err() != nil && !s.bury() {
			return
		}
		if s.dead {
			s.link.limit(deadTime)
			if s.g.life.Err() != nil { // whose wake the limit may have undone
				return
			}
		}
		begun := time.Now()
		r, err := s.link.command()
		switch {
		case s.g.life.Err() != nil:
			return
		case err == nil:
			s.figures.thought(time.Since(begun))
			if !s.answer(r) {
				return
			}
		case !errors.Is(err, os.ErrDeadlineExceeded):
			if !errors.Is(err, io.EOF) {
				s.failed(brokenOff)
				s.g.Logger.Warn("AGI session broke off", "channel", s.c.Name(), "program", s.request, "error", err)
			}
			return
		case s.dead && time.Since(begun) < deadTime: // the wake of a leg that was buried already
		case s.dead:
			s.failed(stalled)
			s.g.Logger.Warn("the program says nothing more about a call that is hung up; it is left", "channel", s.c.Name(), "program", s.request)
			return
		case !s.bury():
			return
		}
	}
}

// bury goes on without the leg, which is hung up or wanted elsewhere. false ends the session.
func (s *session) bury() bool {
	s.dead = true
	if v, ok := s.c.Variable("AGIEXITONHANGUP"); ok && config.True(v) || s.link.endsWithLeg() {
		s.left = true
		return false
	}
	if s.tells() {
		s.link.hangup()
		if _, is := s.link.(*server); is {
			s.debug("Tx >> ", "HANGUP")
		}
	}
	return true
}

// debug writes lines that go one way to the log, if `agi set debug on` wants them.
func (s *session) debug(way, text string) {
	if !s.g.debug.Load() {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		logging.CallVerbosef(s.g.Logger, s.c.CallNumber(), 0, "<%s>AGI %s%s", s.c.Name(), way, line)
	}
}

// tells reports whether the program is to be told that the leg is hung up.
func (s *session) tells() bool {
	v, ok := s.c.Variable("AGISIGHUP")
	return !ok || !config.False(v)
}

// context is that of a command: of the step, or of the whole call once the leg is hung up.
func (s *session) context() context.Context {
	if s.step.Err() != nil {
		return s.c.CallContext()
	}
	return s.step
}

// answer does a command and replies. false ends the session.
func (s *session) answer(r request) bool {
	s.debug("Rx << ", r.line)
	words := agi.Split(r.line)
	bus, id := s.g.Bus, ""
	if bus.Wants(event.KindAGIExecStart) || bus.Wants(event.KindAGIExecEnd) {
		id = strconv.FormatInt(rand.Int64N(1<<31), 10)
	}
	if bus.Wants(event.KindAGIExecStart) {
		bus.Publish(&event.AGIExecStart{Channel: s.c.Snapshot(), Command: r.line, CommandID: id, Name: nameOf(words)})
	}
	o := s.execute(words)
	if o.reply.Code != agi.CodeOK {
		s.figures.refused.Add(1)
	}
	if bus.Wants(event.KindAGIExecEnd) {
		code, text := o.told()
		bus.Publish(&event.AGIExecEnd{Channel: s.c.Snapshot(), Command: r.line, CommandID: id, ResultCode: code, Result: text})
	}
	if s.g.debug.Load() {
		text := o.reply.Append(nil)
		if o.whole {
			text = o.reply.AppendEnd(nil)
		}
		s.debug("Tx >> ", strings.TrimSuffix(string(text), "\n"))
	}
	if l, is := s.link.(*asyncLink); is && o.failed {
		l.failed, o.over = true, true
	}
	return s.hears(s.link.reply(r.id, o.reply, o.whole)) && !o.over
}

// hears reports whether a program that was told something is worth listening to. One
// that does not read may have ended, and what it asked before still counts, as on the
// reference; one that stalls is left.
func (s *session) hears(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.failed(stalled)
		s.g.Logger.Warn("the program does not read what it is told", "channel", s.c.Name(), "program", s.request)
		return false
	}
	return true
}

// An outcome is what came of a command.
type outcome struct {
	reply   agi.Reply
	whole   bool // the reply says where a sound stood, whatever that is
	failed  bool // events tell of a failure
	unknown bool // events do not know what it is
	over    bool // the session ends
}

func ok(result int) outcome { return outcome{reply: agi.OK(result)} }

// told is the outcome as events have it.
func (o *outcome) told() (code int, text string) {
	switch {
	case o.reply.Code == agi.CodeInvalid:
		return o.reply.Code, "Invalid or unknown command"
	case o.reply.Code == agi.CodeDead:
		return o.reply.Code, "Command Not Permitted on a dead channel or intercept routine"
	case o.reply.Code == agi.CodeUsage:
		return o.reply.Code, "Usage"
	case o.failed:
		return -1, "Failure"
	case o.unknown:
		return agi.CodeOK, "Unknown Result"
	}
	return agi.CodeOK, "Success"
}

// execute finds and runs a command.
func (s *session) execute(words []string) outcome {
	row, args := find(words)
	switch {
	case row == nil:
		return outcome{reply: agi.Reply{Code: agi.CodeInvalid}}
	case s.dead && !row.dead:
		return outcome{reply: agi.Reply{Code: agi.CodeDead}}
	case len(args) < row.least || len(args) > row.most:
		return row.wrong()
	}
	if row.listens {
		s.listen()
		defer s.ignore()
	}
	o := row.run(s, s.context(), args)
	if o.reply.Code == agi.CodeUsage {
		return row.wrong()
	}
	return o
}

// heard is the outcome of what a key may end. An error of the leg is −1.
func heard(key byte, err error) outcome {
	if err != nil {
		return outcome{reply: agi.OK(-1), failed: true}
	}
	return ok(int(key))
}
