package app

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// talking are the applications that listen whether somebody talks.
func (h *House) talking() []Application {
	return []Application{
		{Row: row("BackgroundDetect", "app_talkdetect", "Play a prompt until the far end has said something",
			"BackgroundDetect(file[,silence[,min[,max[,analysistime]]]])"), Run: h.backgroundDetect},
	}
}

// wordLoudness is the mean magnitude of samples from which BackgroundDetect hears somebody. In
// the reference, too, it is not dsp.conf's.
const wordLoudness = 512

// A talk hears a word: loudness for at least min and at most max, and then silence.
type talk struct {
	silence, min, max time.Duration // max 0: no limit
	until             time.Duration // of analysis; 0: no limit
	heard             time.Duration
	word              time.Duration
	level             media.Silence
	samples           []int16
}

// listen takes a frame of voice and reports whether a word has ended with it.
func (t *talk) listen(f media.Frame) bool {
	t.samples = media.AppendSamples(t.samples[:0], f.Data)
	length := time.Duration(len(t.samples)) * time.Second / time.Duration(f.Format.Rate)
	if t.heard += length; t.until > 0 && t.heard > t.until {
		return false
	}
	if !t.level.Process(t.samples, f.Format.Rate) {
		t.word += length
		return false
	}
	if t.level.Quiet < t.silence {
		return false
	}
	said := t.word >= t.min && (t.max == 0 || t.word <= t.max)
	if !said {
		t.word = 0
	}
	return said
}

// backgroundDetect plays a prompt, until a key that an extension begins with is
// pressed or a word is heard: then the dialplan goes on at the extension talk, if
// there is one.
func (h *House) backgroundDetect(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 5)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("BackgroundDetect requires an argument (filename)", "channel", c.Name())
		return ErrHangup
	}
	word := &talk{level: media.Silence{Threshold: wordLoudness}, silence: milliseconds(command.Arg(args, 1), time.Second), min: milliseconds(command.Arg(args, 2), 100*time.Millisecond),
		max: milliseconds(command.Arg(args, 3), 0), until: milliseconds(command.Arg(args, 4), 0)}
	if err := answer(ctx, c); err != nil {
		return err
	}
	language := c.Snapshot().Language
	src, err := h.Sounds.Open(args[0], language, c)
	if err != nil {
		h.Logger.Warn("the sound can't be played", "channel", c.Name(), "sound", args[0], "error", err)
		return nil
	}
	defer h.tellPlayback(c, args[0], language, src)()
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	place, caller, pressed := c.Location().Context, c.Snapshot().Caller.Number.Text, byte(0)
	err = play(ctx, c, src, func(f media.Frame) bool {
		switch {
		case f.Kind == media.DTMFEnd && h.Dialplan.CanMatch(place, string(rune(f.Digit)), caller):
			pressed = f.Digit
			return true
		case f.Kind == media.Voice:
			return word.listen(f)
		}
		return false
	})
	switch {
	case !errors.Is(err, errKey):
		if ended(ctx, err) {
			return err
		}
		return nil
	case pressed != 0:
		return h.begin(c, place, pressed)
	}
	c.SetVariable("TALK_DETECTED", strconv.FormatInt(word.word.Milliseconds(), 10))
	if to := (channel.Location{Context: place, Exten: "talk", Priority: 1}); h.Dialplan.Exists(to, caller) {
		return h.Dialplan.Goto(c, place+",talk,1")
	}
	return nil
}
