package gateway

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// callRows are the commands that do something with the leg or its place in the dialplan.
func callRows() []row {
	return []row{
		{name: "answer", synopsis: "Answers the leg", most: many, run: answer},
		{name: "asyncagi break", synopsis: "Ends AsyncAGI; the dialplan goes on", dead: true, most: many, run: asyncBreak},
		{name: "channel status", syntax: "[channel]", synopsis: "Tells the state of the leg, or of the channel of a name, from 0 (down) to 6 (up) and 7 (busy)", most: 1, run: channelStatus},
		{name: "exec", syntax: "application [arguments]", synopsis: "Runs a dialplan application and tells what it returned, −2 if there is none", dead: true, least: 1, most: many, listens: true, run: runApplication},
		{name: "gosub", syntax: "context extension priority [arguments]", synopsis: "Runs a subroutine of the dialplan", least: 3, most: 4, listens: true, run: gosub},
		{name: "hangup", syntax: "[channel]", synopsis: "Hangs up the leg, or the channel of a name", most: 1, run: hangup},
		{name: "noop", syntax: "[text]", synopsis: "Does nothing", dead: true, most: many, run: noop},
		{name: "set autohangup", syntax: "seconds", synopsis: "Has the leg hung up in a time; 0 takes that back", least: 1, most: 1, run: setAutoHangup},
		{name: "set callerid", syntax: "number", synopsis: "Sets who calls: a number, or \"name <number>\"; more words are not looked at", most: many, run: setCallerID},
		{name: "set context", syntax: "context", synopsis: "Sets the context in which the dialplan goes on", least: 1, most: 1, run: setContext},
		{name: "set extension", syntax: "extension", synopsis: "Sets the extension at which the dialplan goes on", least: 1, most: 1, run: setExtension},
		{name: "set music", syntax: "on|off [class]", synopsis: "Begins or ends music on hold", least: 1, most: 2, run: setMusic},
		{name: "set priority", syntax: "priority", synopsis: "Sets the priority, a number or a label, at which the dialplan goes on", least: 1, most: 1, run: setPriority},
		{name: "tdd mode", syntax: "on|off|mate", synopsis: "Turns sending for the deaf on, where the leg can", least: 1, most: 1, run: tddMode},
		{name: "verbose", syntax: "message [level]", synopsis: "Writes to the verbose log", dead: true, least: 1, most: many, run: verbose},
	}
}

func answer(s *session, ctx context.Context, _ []string) outcome {
	if err := s.c.AnswerAndListen(ctx, 0); err != nil {
		return heard(0, err)
	}
	return ok(0)
}

func asyncBreak(s *session, _ context.Context, _ []string) outcome {
	o := ok(0)
	_, o.over = s.link.(*asyncLink)
	return o
}

// other is the channel that an optional argument names, else the leg.
func (s *session) other(args []string) *channel.Channel {
	if len(args) == 0 {
		return s.c
	}
	return s.g.House.Channels.Find(args[0])
}

func channelStatus(s *session, _ context.Context, args []string) outcome {
	c := s.other(args)
	if c == nil {
		return ok(-1)
	}
	return ok(int(c.State()))
}

func runApplication(s *session, ctx context.Context, args []string) outcome {
	name, data := args[0], ""
	if len(args) > 1 {
		data = args[1]
	}
	if v, is := s.c.Variable("AGIEXECFULL"); is && config.True(v) {
		data = s.g.Dialplan.Expand(ctx, s.c, data)
	}
	logging.CallVerbosef(s.g.Logger, s.c.CallNumber(), 3, "AGI Script Executing Application: (%s) Options: (%s)", name, data)
	err := s.g.Dialplan.Execute(ctx, s.c, name, data)
	var unknown app.UnknownApplication
	switch {
	case errors.As(err, &unknown):
		s.g.Logger.Warn("Could not find application ("+name+")", "channel", s.c.Name())
		return outcome{reply: agi.OK(-2), unknown: true}
	case errors.Is(err, app.ErrHangup) && !s.c.HungUp():
		s.c.Hangup(0)
		fallthrough
	case err != nil:
		return outcome{reply: agi.OK(-1), unknown: true}
	}
	return ok(0)
}

func gosub(s *session, ctx context.Context, args []string) outcome {
	place := strings.Join(args[:3], ",")
	l, err := s.g.Dialplan.Resolve(s.c, place)
	if err != nil || !s.g.Dialplan.Exists(l, s.c.Snapshot().Caller.Number.Text) {
		o := outcome{reply: agi.Reply{Code: agi.CodeOK, Result: "-1", Text: "Gosub label not found", EndPos: -1}, failed: true}
		return o
	}
	if len(args) == 4 {
		place += "(" + args[3] + ")"
	}
	if err := s.link.reply("", agi.Reply{Code: agi.CodeTrying, Result: "0", Text: "Trying...", EndPos: -1}, false); err != nil {
		return ok(-1)
	}
	if err := s.g.Dialplan.Subroutine(ctx, s.c, place); err != nil {
		return outcome{reply: agi.Reply{Code: agi.CodeOK, Result: "-1", Text: "Gosub failed", EndPos: -1}, failed: true}
	}
	return outcome{reply: agi.Reply{Code: agi.CodeOK, Result: "0", Text: "Gosub complete", EndPos: -1}}
}

func hangup(s *session, _ context.Context, args []string) outcome {
	c := s.other(args)
	if c == nil {
		return ok(-1)
	}
	c.Hangup(0)
	return ok(1)
}

func noop(*session, context.Context, []string) outcome { return ok(0) }

func setAutoHangup(s *session, ctx context.Context, args []string) outcome {
	n, err := strconv.ParseFloat(args[0], 64)
	if err != nil {
		return misused
	}
	_ = s.g.Dialplan.Assign(ctx, s.c, "TIMEOUT(absolute)", strconv.FormatFloat(max(n, 0), 'f', -1, 64))
	return ok(0)
}

func setCallerID(s *session, ctx context.Context, args []string) outcome {
	if len(args) > 0 {
		if err := s.g.Dialplan.Assign(ctx, s.c, "CALLERID(all)", args[0]); err != nil {
			s.g.Logger.Warn("the caller ID was not set", "channel", s.c.Name(), "error", err)
		}
	}
	return ok(1)
}

// goOn changes where the dialplan goes on: behind the application, unless the
// priority is given.
func (s *session) goOn(change func(l *channel.Location)) {
	l := s.c.Location()
	if s.next == nil {
		next := l
		next.Priority++
		s.next = &next
	}
	change(s.next)
	l.Context, l.Exten = s.next.Context, s.next.Exten
	s.c.SetLocation(l)
}

func setContext(s *session, _ context.Context, args []string) outcome {
	s.goOn(func(l *channel.Location) { l.Context = args[0] })
	return ok(0)
}

func setExtension(s *session, _ context.Context, args []string) outcome {
	s.goOn(func(l *channel.Location) { l.Exten = args[0] })
	return ok(0)
}

func setPriority(s *session, _ context.Context, args []string) outcome {
	l := s.c.Location()
	n, err := strconv.Atoi(args[0])
	if err != nil {
		to, err := s.g.Dialplan.Resolve(s.c, l.Context+","+l.Exten+","+args[0])
		if err != nil {
			return misused
		}
		n = to.Priority
	}
	s.goOn(func(l *channel.Location) { l.Priority = n })
	return ok(0)
}

func setMusic(s *session, ctx context.Context, args []string) outcome {
	class := ""
	if len(args) > 1 {
		class = args[1]
	}
	switch {
	case strings.HasPrefix(strings.ToLower(args[0]), "on"):
		_ = s.g.Dialplan.Execute(ctx, s.c, "StartMusicOnHold", class)
	case strings.HasPrefix(strings.ToLower(args[0]), "off"):
		_ = s.g.Dialplan.Execute(ctx, s.c, "StopMusicOnHold", "")
	}
	return ok(0)
}

// tddMode answers as for a leg that has none, which all of ours are.
func tddMode(*session, context.Context, []string) outcome { return ok(0) }

func verbose(s *session, _ context.Context, args []string) outcome {
	level := 0
	if len(args) > 1 {
		level, _ = strconv.Atoi(args[1])
	}
	logging.CallVerbosef(s.g.Logger, s.c.CallNumber(), level, "%s: %s", s.request, args[0])
	return ok(1)
}

// number reads a number as the reference does: what follows its digits is passed
// over, and one that is too large is −1.
func number(text string) (n int64, is bool) {
	text = strings.TrimLeft(text, " \t")
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && (text[0] == '-' || text[0] == '+')) {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return -1, true
	}
	return n, err == nil
}

// milliseconds reads a time; less than 0 is for ever.
func milliseconds(text string) (time.Duration, bool) {
	n, is := number(text)
	if n > longest64 || n < 0 {
		n = -1
	}
	return time.Duration(n) * time.Millisecond, is
}

// longest64 is the longest time, in milliseconds, that a Duration holds.
const longest64 = (1<<63 - 1) / int64(time.Millisecond)
