package app

import (
	"context"
	"errors"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// The causes with which an engine ends what the asker does.
var (
	errAnswered = errors.New("the speech engine has results")
	errThinks   = errors.New("the speech engine thinks")
	errSpoken   = errors.New("somebody speaks")
)

// An asker is one run of AskAloud. It belongs to the leg's owner.
type asker struct {
	h *House
	c *channel.Channel
	o *speech.Object
	Question
	keys     string
	finished bool // by keys
}

// AskAloud plays prompts while the engine listens, until it has heard something, keys have been pressed, or nothing
// has come in time. What somebody says or presses ends the prompts.
func (h *House) AskAloud(ctx context.Context, c *channel.Channel, o *speech.Object, q Question) (Answer, error) {
	if o.State() != speech.Listening {
		if err := o.Start(); err != nil {
			return Answer{}, err
		}
	}
	old := c.ReadFormat()
	c.SetReadFormat(o.Format())
	defer c.SetReadFormat(old)
	defer o.Stop()
	defer o.Notify(nil)
	a := &asker{h: h, c: c, o: o, Question: q}
	a.play(ctx)
	late := a.wait(ctx)
	switch {
	case ctx.Err() != nil:
		return Answer{}, context.Cause(ctx)
	case a.keys == "" && !late && !a.finished && len(o.Results()) == 0:
		_ = o.Ask(ctx) // an engine may say no more than that it is done; what it does not tell then is none
	}
	return Answer{Keys: a.keys, Late: late && a.keys == ""}, nil
}

// hear takes what the leg sends, and reports a key.
func (a *asker) hear(f media.Frame) bool {
	switch f.Kind {
	case media.Voice:
		a.o.Write(f)
	case media.DTMFEnd:
		if strings.IndexByte(a.Terminators, f.Digit) >= 0 {
			a.finished = true
			return true
		}
		a.keys += string(rune(f.Digit))
		a.finished = a.MaxKeys > 0 && len(a.keys) >= a.MaxKeys
		return true
	}
	return false
}

// play plays the prompts.
func (a *asker) play(ctx context.Context) {
	playing, quiet := context.WithCancelCause(ctx)
	defer quiet(nil)
	a.o.Notify(func(s speech.State, spoke bool) {
		if spoke || s != speech.Listening {
			quiet(errSpoken)
		}
	})
	for i, name := range a.Prompts {
		if playing.Err() != nil || a.keys != "" || a.finished {
			return
		}
		language := a.c.Snapshot().Language
		src, err := a.h.Sounds.Open(strings.TrimSpace(name), language, a.c)
		if err != nil {
			a.h.Logger.Warn("the sound can't be played", "channel", a.c.Name(), "sound", name, "error", err)
			continue
		}
		if s, seekable := src.(stream); seekable && i == 0 && a.Offset > 0 {
			_ = s.SeekTo(min(a.Offset, s.Length()))
		}
		told := a.h.tellPlayback(a.c, name, language, src)
		_ = play(playing, a.c, src, a.hear) // what ended it shows in the contexts and the keys
		told()
	}
}

// wait waits for the engine, or for keys. late says that the time was up.
func (a *asker) wait(ctx context.Context) (late bool) {
	defer a.c.StopSource()
	thought := false
	for !a.finished {
		switch cause := a.waitOnce(ctx, !thought); {
		case errors.Is(cause, errThinks):
			thought = true
			a.think()
		case cause != nil:
			return errors.Is(cause, errTime)
		}
	}
	return false
}

// waitOnce reads the leg until a key, for which it returns nil, or something else, which it returns.
func (a *asker) waitOnce(ctx context.Context, thoughts bool) error {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a.o.Notify(func(s speech.State, _ bool) {
		switch {
		case s == speech.Done:
			cancel(errAnswered)
		case s == speech.Thinking && thoughts:
			cancel(errThinks)
		}
	})
	if a.Timeout >= 0 {
		var stop context.CancelFunc
		within, stop = context.WithTimeoutCause(within, a.Timeout, errTime)
		defer stop()
	}
	for {
		f, err := a.c.Read(within)
		switch {
		case within.Err() != nil:
			return context.Cause(within)
		case err == nil && a.hear(f):
			return nil
		}
	}
}

// think plays what is to be heard while the engine thinks.
func (a *asker) think() {
	name := a.o.Sound()
	if name == "" {
		return
	}
	src, err := a.h.Sounds.Open(name, a.c.Snapshot().Language, a.c)
	if err != nil {
		a.h.Logger.Warn("the sound can't be played", "channel", a.c.Name(), "sound", name, "error", err)
		return
	}
	a.c.StartSource(src)
}
