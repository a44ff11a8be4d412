package agi

import (
	"context"
	"strconv"
	"time"
)

// digit turns the result of a command that a key may end into that key, "" if none did.
func (s *Session) digit(ctx context.Context, name string, arguments ...string) (key string, r Reply, err error) {
	r, err = s.done(ctx, name, arguments...)
	if n := r.Int(); err == nil && n > 0 && n < 256 {
		key = string(rune(n))
	}
	return key, r, err
}

// StreamFile plays a sound from an offset, in samples, until its end or one of the
// keys. It returns the key, "" if none was pressed, and where the sound stood, in samples.
func (s *Session) StreamFile(ctx context.Context, file, keys string, offset int64) (key string, endPos int64, err error) {
	key, r, err := s.digit(ctx, "STREAM FILE", file, keys, strconv.FormatInt(offset, 10))
	return key, r.EndPos, err
}

// Controls are the keys by which a listener moves in a sound. Empty ones are the
// usual: # forwards and * back; there is none to pause.
type Controls struct {
	Skip                   time.Duration // of a step; 3 s if 0
	Forward, Rewind, Pause string
	Offset                 time.Duration // where it begins
}

// ControlStreamFile plays a sound in which the listener can move. It returns the
// key that ended it, "" if none did, and where the sound stood, in milliseconds.
func (s *Session) ControlStreamFile(ctx context.Context, file, keys string, c Controls) (key string, endPos int64, err error) {
	or := func(text, usual string) string {
		if text == "" {
			return usual
		}
		return text
	}
	if c.Skip <= 0 {
		c.Skip = 3 * time.Second
	}
	arguments := []string{file, keys, milliseconds(c.Skip), or(c.Forward, "#"), or(c.Rewind, "*"), c.Pause}
	if c.Offset > 0 {
		arguments = append(arguments, milliseconds(c.Offset))
	}
	key, r, err := s.digit(ctx, "CONTROL STREAM FILE", arguments...)
	return key, r.EndPos, err
}

// GetOption plays a sound and waits for one of the keys until a time after its end.
func (s *Session) GetOption(ctx context.Context, file, keys string, timeout time.Duration) (key string, endPos int64, err error) {
	key, r, err := s.digit(ctx, "GET OPTION", file, keys, milliseconds(timeout))
	return key, r.EndPos, err
}

// GetData plays a sound and takes digits, at most so many (0: up to #). timedOut says
// that no further digit came within the timeout, or the usual one if it is 0.
func (s *Session) GetData(ctx context.Context, file string, timeout time.Duration, most int) (digits string, timedOut bool, err error) {
	arguments := []string{file, milliseconds(timeout)}
	if most > 0 {
		arguments = append(arguments, strconv.Itoa(most))
	}
	r, err := s.done(ctx, "GET DATA", arguments...)
	return r.Result, r.Data == "timeout", err
}

// WaitForDigit waits for a key, for ever if timeout is negative. "" is none in time.
func (s *Session) WaitForDigit(ctx context.Context, timeout time.Duration) (key string, err error) {
	if timeout < 0 {
		timeout = -time.Millisecond
	}
	key, _, err = s.digit(ctx, "WAIT FOR DIGIT", milliseconds(timeout))
	return key, err
}

// A Recording is what RecordFile records. The zero value of a field means none.
type Recording struct {
	File, Format string // without and with what the name ends in: "/tmp/message", "wav"
	Keys         string // that end it
	Limit        time.Duration
	Offset       int64 // samples of an existing file that are kept
	Beep         bool
	Silence      time.Duration // that ends it, in whole seconds
}

// RecordFile records the caller. It returns the key that ended it, "" if none did,
// why it ended ("dtmf", "timeout", "hangup" …), and its length in samples.
func (s *Session) RecordFile(ctx context.Context, r Recording) (key, why string, endPos int64, err error) {
	limit := "-1"
	if r.Limit > 0 {
		limit = milliseconds(r.Limit)
	}
	arguments := []string{r.File, r.Format, r.Keys, limit}
	if r.Offset > 0 {
		arguments = append(arguments, strconv.FormatInt(r.Offset, 10))
	}
	if r.Beep {
		arguments = append(arguments, "BEEP")
	}
	if r.Silence > 0 {
		arguments = append(arguments, "s="+strconv.Itoa(int(r.Silence/time.Second)))
	}
	key, reply, err := s.digit(ctx, "RECORD FILE", arguments...)
	return key, reply.Data, reply.EndPos, err
}

// say says something that ends at one of the keys, which is returned.
func (s *Session) say(ctx context.Context, what string, arguments ...string) (string, error) {
	key, _, err := s.digit(ctx, "SAY "+what, arguments...)
	return key, err
}

// SayNumber says a number. gender is "", or what the language has: "f", "m", "n", "c".
func (s *Session) SayNumber(ctx context.Context, n int64, keys, gender string) (key string, err error) {
	return s.say(ctx, "NUMBER", append([]string{strconv.FormatInt(n, 10), keys}, given(gender)...)...)
}

// SayDigits says digits one by one.
func (s *Session) SayDigits(ctx context.Context, digits, keys string) (key string, err error) {
	return s.say(ctx, "DIGITS", digits, keys)
}

// SayAlpha spells a text.
func (s *Session) SayAlpha(ctx context.Context, text, keys string) (key string, err error) {
	return s.say(ctx, "ALPHA", text, keys)
}

// SayPhonetic spells a text by the phonetic alphabet.
func (s *Session) SayPhonetic(ctx context.Context, text, keys string) (key string, err error) {
	return s.say(ctx, "PHONETIC", text, keys)
}

// SayDate says a date.
func (s *Session) SayDate(ctx context.Context, at time.Time, keys string) (key string, err error) {
	return s.say(ctx, "DATE", strconv.FormatInt(at.Unix(), 10), keys)
}

// SayTime says a time of day.
func (s *Session) SayTime(ctx context.Context, at time.Time, keys string) (key string, err error) {
	return s.say(ctx, "TIME", strconv.FormatInt(at.Unix(), 10), keys)
}

// SayDateTime says a moment by a format like "ABdY 'digits/at' IMp" in a time zone
// like "Europe/Madrid"; "" are the usual ones.
func (s *Session) SayDateTime(ctx context.Context, at time.Time, keys, format, zone string) (key string, err error) {
	return s.say(ctx, "DATETIME", append([]string{strconv.FormatInt(at.Unix(), 10), keys}, given(format, zone)...)...)
}
