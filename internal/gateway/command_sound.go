package gateway

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/app"
)

// soundRows are the commands that play, say and record, and take keys.
func soundRows() []row {
	say := func(what, syntax, synopsis string, most int, run func(*session, context.Context, []string) outcome) row {
		return row{name: "say " + what, syntax: syntax, synopsis: synopsis + ", until one of the keys", least: 2, most: most, listens: true, run: run}
	}
	return []row{
		{name: "stream file", syntax: "file keys [samples]", synopsis: "Plays a sound until one of the keys, from an offset", least: 2, most: 3, listens: true, run: streamFile},
		{name: "control stream file", syntax: "file keys [skipms] [forward] [rewind] [pause] [offsetms]",
			synopsis: "Plays a sound in which the listener can move, until one of the keys", least: 2, most: 7, listens: true, run: controlStreamFile},
		{name: "get data", syntax: "file [timeout] [maxdigits]", synopsis: "Plays a sound and takes digits", least: 1, most: many, listens: true, run: getData},
		{name: "get option", syntax: "file keys [timeout]", synopsis: "Plays a sound and waits for one of the keys", least: 2, most: 3, listens: true, run: getOption},
		{name: "record file", syntax: "file format keys timeout [samples] [BEEP] [s=seconds]",
			synopsis: "Records the leg until one of the keys, a time, or a silence", least: 4, most: 7, listens: true, run: recordFile},
		{name: "wait for digit", syntax: "timeout", synopsis: "Waits for a key, milliseconds; −1 for ever", least: 1, most: 1, listens: true, run: waitForDigit},
		say("alpha", "text keys", "Spells a text", 2, sayAlpha),
		say("date", "unixtime keys", "Says a date", 2, sayDate),
		say("datetime", "unixtime keys [format] [timezone]", "Says a moment by a format", 4, sayDateTime),
		say("digits", "digits keys", "Says digits one by one", 2, sayDigits),
		say("number", "number keys [gender]", "Says a number", 3, sayNumber),
		say("phonetic", "text keys", "Spells a text by the phonetic alphabet", 2, sayPhonetic),
		say("time", "unixtime keys", "Says a time of day", 2, sayTime),
	}
}

// stood is the outcome of a sound with the place where it stood.
func stood(key byte, endPos int64, err error) outcome {
	o := heard(key, err)
	o.reply, o.whole = o.reply.At(endPos), true
	return o
}

// interrupted is stood for a sound that the end of the leg cut short, which is no failure.
func interrupted(ctx context.Context, key byte, endPos int64, err error) outcome {
	o := stood(key, endPos, err)
	o.failed = o.failed && ctx.Err() == nil
	return o
}

func streamFile(s *session, ctx context.Context, args []string) outcome {
	offset := int64(0)
	if len(args) > 2 {
		n, is := number(args[2])
		if !is {
			return misused
		}
		offset = n
	}
	key, endPos, err := s.g.House.PlayUntil(ctx, s.c, args[0], args[1], offset)
	status := "SUCCESS"
	if err != nil && ctx.Err() == nil {
		s.g.Logger.Warn("Unable to open "+args[0], "channel", s.c.Name(), "error", err)
		status = "FAILED"
	}
	s.c.SetVariable("PLAYBACKSTATUS", status)
	return interrupted(ctx, key, endPos, err)
}

func controlStreamFile(s *session, ctx context.Context, args []string) outcome {
	k := app.Control{Stop: args[1], Skip: 3000, Forward: "#", Rewind: "*"}
	for i, at := range map[int]*string{3: &k.Forward, 4: &k.Rewind, 5: &k.Pause} {
		if i < len(args) && (args[i] != "" || i == 5) {
			*at = args[i]
		}
	}
	for i, at := range map[int]*int64{2: &k.Skip, 6: &k.Start} {
		if i < len(args) && args[i] != "" {
			n, is := number(args[i])
			if !is {
				return misused
			}
			*at = n
		}
	}
	key, offset, err := s.g.House.ControlUntil(ctx, s.c, args[0], k)
	if key == 0 {
		offset = -1
	}
	return interrupted(ctx, key, offset, err)
}

// The waiting of GET OPTION and GET DATA where none is given.
const (
	optionTime = 5 * time.Second
	firstTime  = 6 * time.Second
	nextTime   = 2 * time.Second
	mostDigits = 1024
)

func getOption(s *session, ctx context.Context, args []string) outcome {
	wait := optionTime
	if len(args) > 2 {
		if d, _ := milliseconds(args[2]); d > 0 {
			wait = d
		}
	}
	key, endPos, err := s.g.House.PlayUntil(ctx, s.c, args[0], args[1], 0)
	if err == nil && key == 0 {
		key, err = app.WaitKey(ctx, s.c, args[1], wait)
	}
	return interrupted(ctx, key, endPos, err)
}

func getData(s *session, ctx context.Context, args []string) outcome {
	first, next, most := firstTime, nextTime, mostDigits
	if len(args) > 1 {
		d, _ := milliseconds(args[1])
		if d > 0 {
			first, next = d, d
		}
	}
	if len(args) > 2 {
		n, is := number(args[2])
		if !is || n == 0 {
			return ok(-1)
		}
		if n > 0 {
			most = int(min(n, mostDigits))
		}
	}
	digits, late, err := s.g.House.EnterDigits(ctx, s.c, args[0], most, first, next)
	if err != nil {
		return outcome{reply: agi.OK(-1)}
	}
	r := agi.Reply{Code: agi.CodeOK, Result: digits, EndPos: -1}
	if late {
		r = r.With("timeout")
	}
	return outcome{reply: r}
}

func waitForDigit(s *session, ctx context.Context, args []string) outcome {
	d, isTime := milliseconds(args[0])
	if !isTime {
		return misused
	}
	key, err := app.WaitKey(ctx, s.c, app.AnyKey, d)
	if err != nil {
		return ok(-1)
	}
	return ok(int(key))
}

func recordFile(s *session, ctx context.Context, args []string) outcome {
	limit, isTime := milliseconds(args[3])
	if !isTime {
		return misused
	}
	r := app.Recording{File: args[0], Format: args[1], Keys: args[2], Limit: max(limit, 0)}
	for i, word := range args[4:] {
		switch {
		case strings.EqualFold(word, "beep"):
			r.Beep = true
		case strings.HasPrefix(word, "s="):
			n, _ := number(word[2:])
			r.Silence = time.Duration(n) * time.Second
		case i == 0:
			r.Offset, _ = number(word)
		}
	}
	done, opened, err := s.g.House.RecordUntil(ctx, s.c, r)
	switch {
	case !opened:
		s.g.Logger.Warn("the recording can't be written", "channel", s.c.Name(), "file", r.File, "error", err)
		return outcome{reply: agi.OK(-1).With("writefile"), failed: true}
	case ctx.Err() != nil:
		return outcome{reply: agi.OK(-1).With("hangup").At(done.EndPos), whole: true}
	case errors.Is(err, app.ErrBeforeRecording):
		return outcome{reply: agi.OK(int(done.Key)).With("randomerror").At(0), whole: true}
	case err != nil:
		return outcome{reply: agi.OK(-1).With("writefile").At(done.EndPos), whole: true, failed: true}
	case done.Key != 0:
		return outcome{reply: agi.OK(int(done.Key)).With("dtmf").At(done.EndPos), whole: true}
	}
	return outcome{reply: agi.OK(0).With("timeout").At(done.EndPos), whole: true}
}

// say says prompts.
func say(s *session, ctx context.Context, prompts []string, keys string) outcome {
	key, err := s.g.House.SayUntil(ctx, s.c, prompts, keys)
	if err != nil && ctx.Err() == nil {
		err = nil // what could not be said was left out
	}
	o := heard(key, err)
	o.failed = false
	return o
}

func sayAlpha(s *session, ctx context.Context, args []string) outcome {
	return say(s, ctx, app.LetterPrompts(args[0]), args[1])
}

func sayPhonetic(s *session, ctx context.Context, args []string) outcome {
	return say(s, ctx, app.PhoneticPrompts(args[0]), args[1])
}

func sayDigits(s *session, ctx context.Context, args []string) outcome {
	if _, is := number(args[0]); !is {
		return misused
	}
	return say(s, ctx, app.DigitPrompts(args[0]), args[1])
}

func sayNumber(s *session, ctx context.Context, args []string) outcome {
	n, is := number(args[0])
	if !is {
		return misused
	}
	gender := ""
	if len(args) > 2 {
		gender = strings.ToLower(args[2])
	}
	return say(s, ctx, s.g.House.Speech.Number(int(n), s.c.Snapshot().Language, gender), args[1])
}

func sayDate(s *session, ctx context.Context, args []string) outcome {
	return sayMoment(s, ctx, args[0], args[1], time.Local, s.g.House.Speech.Date)
}

func sayTime(s *session, ctx context.Context, args []string) outcome {
	return sayMoment(s, ctx, args[0], args[1], time.Local, s.g.House.Speech.Time)
}

func sayDateTime(s *session, ctx context.Context, args []string) outcome {
	zone := time.Local
	if len(args) > 3 && args[3] != "" {
		var err error
		if zone, err = time.LoadLocation(args[3]); err != nil {
			zone = time.UTC
		}
	}
	format := ""
	if len(args) > 2 {
		format = args[2]
	}
	return sayMoment(s, ctx, args[0], args[1], zone, func(at time.Time, language string) []string {
		return s.g.House.Speech.Moment(at, language, format)
	})
}

// sayMoment says a time, which prompts puts into prompts.
func sayMoment(s *session, ctx context.Context, unix, keys string, zone *time.Location, prompts func(at time.Time, language string) []string) outcome {
	n, is := number(unix)
	if !is {
		return misused
	}
	return say(s, ctx, prompts(time.Unix(n, 0).In(zone), s.c.Snapshot().Language), keys)
}
