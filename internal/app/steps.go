package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/app/say"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// What interfaces do with a leg whose owner they are: the steps of which the
// applications are made, without their options and variables. Like these they read
// the leg while they run. An error ends the leg's step where the context has ended;
// else the step alone has failed.

// PlayUntil plays a prompt from an offset until its end or one of the keys, which it
// returns with the place where the prompt stood. Both places are in samples.
func (h *House) PlayUntil(ctx context.Context, c *channel.Channel, name, keys string, offset int64) (key byte, endPos int64, err error) {
	language := c.Snapshot().Language
	src, err := h.Sounds.Open(name, language, c)
	if err != nil {
		return 0, 0, err
	}
	where, seekable := src.(stream)
	if seekable && offset > 0 {
		if err := where.SeekTo(min(offset, where.Length())); err != nil {
			return 0, 0, err
		}
	}
	defer h.tellPlayback(c, name, language, src)()
	heard, pressed := keyAmong(keys)
	err = play(ctx, c, src, heard)
	if seekable {
		endPos = where.Position()
	}
	if errors.Is(err, errKey) {
		return *pressed, endPos, nil
	}
	return 0, endPos, err
}

// A Control is how a listener moves in a prompt: the keys, the length of a step in
// milliseconds, and the offset at which it begins.
type Control struct {
	Stop, Forward, Rewind, Pause string
	Skip, Start                  int64
}

// ControlUntil plays a prompt in which the listener can move. It returns the key that
// stopped it, and the offset at which it did, in milliseconds; −1 without one.
func (h *House) ControlUntil(ctx context.Context, c *channel.Channel, name string, k Control) (key byte, offset int64, err error) {
	keys := controlKeys{forward: k.Forward, rewind: k.Rewind, stop: k.Stop, pause: k.Pause}
	status, key, offset, err := h.playControlled(ctx, c, name, c.Snapshot().Language, keys, k.Skip, k.Start)
	if err != nil {
		status, offset = "REMOTESTOPPED", -1
	}
	setVariables(c, "CPLAYBACKSTATUS", status, "CPLAYBACKOFFSET", strconv.FormatInt(offset, 10))
	if key != 0 {
		c.SetVariable("CPLAYBACKSTOPKEY", string(rune(key)))
	}
	if err == nil && status == "ERROR" {
		err = errors.New("the prompt could not be played")
	}
	return key, offset, err
}

// PlayMoved plays a prompt in which only others can move, by signals media.Playing that
// they hand the leg. It fails where the prompt can't be played.
func (h *House) PlayMoved(ctx context.Context, c *channel.Channel, name, language string, k Control) error {
	status, _, _, err := h.playControlled(ctx, c, name, language, controlKeys{}, k.Skip, k.Start)
	if err == nil && status == "ERROR" {
		err = errors.New("the prompt could not be played")
	}
	return err
}

// SayUntil plays prompts one after the other until one of the keys, which it
// returns. What there is no prompt for is left out.
func (h *House) SayUntil(ctx context.Context, c *channel.Channel, prompts []string, keys string) (byte, error) {
	return h.playAll(ctx, c, prompts, keys)
}

// DigitPrompts are the prompts of digits, one by one.
func DigitPrompts(text string) []string { return say.Digits(text) }

// LetterPrompts are the prompts of a spelled text.
func LetterPrompts(text string) []string { return say.Letters(text) }

// PhoneticPrompts are the prompts of a text spelled by the phonetic alphabet.
func PhoneticPrompts(text string) []string { return say.Phonetic(text) }

// EnterDigits plays a prompt, which a key cuts short, and takes digits up to #, at
// most so many. late says that the last ones did not come in time.
func (h *House) EnterDigits(ctx context.Context, c *channel.Channel, prompt string, most int, first, next time.Duration) (digits string, late bool, err error) {
	e := entry{most: most, terminators: "#", first: first, next: next}
	if prompt != "" {
		e.files = []string{prompt}
	}
	digits, how, err := h.enter(ctx, c, e)
	if err == nil && how == unplayable {
		err = errors.New("the prompt could not be played")
	}
	return digits, how == timedOut, err
}

// WaitKey waits for a key among keys, at most for d; 0 is none in time. Less than 0
// waits for ever.
func WaitKey(ctx context.Context, c *channel.Channel, keys string, d time.Duration) (byte, error) {
	return waitKey(ctx, c, keys, d)
}

// AnyKey are all keys.
const AnyKey = anyKey

// ReceiveText waits for a text message from the leg, at most for d, less than 0: for
// ever. ok is false if none came in time.
func ReceiveText(ctx context.Context, c *channel.Channel, d time.Duration) (text string, ok bool, err error) {
	within := ctx
	if d >= 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeoutCause(ctx, d, errTime)
		defer cancel()
	}
	for {
		f, err := c.Read(within)
		switch {
		case ctx.Err() != nil:
			return "", false, context.Cause(ctx)
		case within.Err() != nil:
			return "", false, nil
		case err == nil && f.Kind == media.TextFrame:
			return string(f.Data), true, nil
		}
	}
}

// A Recording is what RecordUntil records.
type Recording struct {
	File, Format string // the name without and with what it ends in
	Keys         string // that end it
	Limit        time.Duration
	Silence      time.Duration // that ends it; 0 for none
	Offset       int64         // samples of silence before it
	Beep         bool
}

// A Recorded is how a recording ended: by a key, after its time, or by silence.
type Recorded struct {
	Key    byte
	EndPos int64 // samples
}

// ErrBeforeRecording is the error of a recording that a key has ended while the beep was played.
var ErrBeforeRecording = errors.New("a key was pressed before the recording began")

// RecordUntil records the leg into a file. The file stays whatever ends it. opened
// tells whether it could be written at all.
func (h *House) RecordUntil(ctx context.Context, c *channel.Channel, r Recording) (done Recorded, opened bool, err error) {
	if r.Beep {
		key, err := h.playFile(ctx, c, "beep", r.Keys)
		if ended(ctx, err) {
			return done, true, err
		}
		if key != 0 { // too early: there is no recording
			return Recorded{Key: key}, true, ErrBeforeRecording
		}
	}
	path := r.File
	if !filepath.IsAbs(path) {
		path = filepath.Join(h.Recordings, path)
	}
	path += "." + r.Format
	file, err := media.Create(path, r.Format, false)
	if err != nil {
		return done, false, err
	}
	defer func() {
		done.EndPos = file.Position()
		if closing := file.Close(); err == nil {
			err = closing
		}
	}()
	old := c.ReadFormat()
	c.SetReadFormat(linearOf(file.Format()))
	defer c.SetReadFormat(old)
	if err := pad(ctx, file, r.Offset); err != nil {
		return done, true, err
	}
	done.Key, err = r.listen(ctx, c, file)
	return done, true, err
}

// longestPad is how much silence may stand before a recording: a number that a program
// has got wrong is not to fill the disk.
const longestPad = 24 * time.Hour

// pad writes samples of silence, a second at a time.
func pad(ctx context.Context, file *media.FileWriter, samples int64) error {
	f := linearOf(file.Format())
	if samples > int64(longestPad/time.Second)*int64(f.Rate) {
		return fmt.Errorf("%d samples of silence before a recording are more than %v", samples, longestPad)
	}
	second := make([]byte, 2*f.Rate)
	for ; samples > 0 && ctx.Err() == nil; samples -= int64(f.Rate) {
		n := int(min(samples, int64(f.Rate)))
		if err := file.Write(media.Frame{Kind: media.Voice, Format: f, Samples: n, Data: second[:2*n]}); err != nil {
			return err
		}
	}
	return nil
}

func (r *Recording) listen(ctx context.Context, c *channel.Channel, file *media.FileWriter) (byte, error) {
	within, cancel := ctx, context.CancelFunc(func() {})
	if r.Limit > 0 {
		within, cancel = context.WithTimeoutCause(ctx, r.Limit, errTime)
	}
	defer cancel()
	level := c.Hearing().Level()
	var samples []int16
	for {
		f, err := c.Read(within)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case within.Err() != nil:
			return 0, nil
		case err != nil:
		case f.Kind == media.DTMFEnd && has(r.Keys, f.Digit):
			return f.Digit, nil
		case f.Kind == media.Voice:
			if err := file.Write(f); err != nil {
				return 0, err
			}
			if r.Silence <= 0 || !f.Format.Linear() {
				continue
			}
			samples = media.AppendSamples(samples[:0], f.Data)
			if level.Process(samples, f.Format.Rate); level.Quiet >= r.Silence {
				return 0, nil
			}
		}
	}
}
