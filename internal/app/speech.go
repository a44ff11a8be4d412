package app

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// speaking are the applications that have an engine listen to the leg.
func (h *House) speaking() []Application {
	r := func(name, synopsis, syntax string) command.Row {
		return row("Speech"+name, "app_speech_utils", synopsis, "Speech"+name+"("+syntax+")")
	}
	return []Application{
		{Row: r("Create", "Have a speech engine for the leg", "engine_name"), Run: h.speechCreate},
		{Row: r("Destroy", "End the speech engine", ""), Run: h.withSpeech(h.speechDestroy)},
		{Row: r("LoadGrammar", "Give the engine a grammar", "grammar_name,path"), Run: h.withSpeech(speechGrammar(speech.Listener.Load))},
		{Row: r("UnloadGrammar", "Take a grammar from the engine", "grammar_name"), Run: h.withSpeech(speechGrammar(ofName(speech.Listener.Unload)))},
		{Row: r("ActivateGrammar", "Have a grammar listened for", "grammar_name"), Run: h.withSpeech(speechGrammar(ofName(speech.Listener.Activate)))},
		{Row: r("DeactivateGrammar", "Have a grammar not listened for", "grammar_name"), Run: h.withSpeech(speechGrammar(ofName(speech.Listener.Deactivate)))},
		{Row: r("Start", "Begin to listen", ""), Run: h.withSpeech(speechStart)},
		{Row: r("ProcessingSound", "Say what plays while the engine thinks", "sound_file"), Run: h.withSpeech(speechSound)},
		{Row: r("Background", "Play sounds while the engine listens, and wait for what it has heard", "sound_file[&sound_file…][,timeout[,options]]"),
			Run: h.withSpeech(h.speechBackground)},
	}
}

// A speechHold is a leg's hold on its object, for as long as the leg lives.
type speechHold struct{ object *speech.Object }

type speechKey struct{}

// speechOf returns the object of a leg, or nil.
func speechOf(c *channel.Channel) *speech.Object {
	if hold, ok := c.Value(speechKey{}).(*speechHold); ok {
		return hold.object
	}
	return nil
}

// OpenSpeech has an engine listen to a leg.
func (h *House) OpenSpeech(ctx context.Context, c *channel.Channel, engine string) (*speech.Object, error) {
	e, err := h.Engines.Find(engine)
	if err != nil {
		return nil, err
	}
	return speech.Open(ctx, e, c.Leg().WriteFormat())
}

// speechCreate sets ERROR where there is no engine; the dialplan goes on.
func (h *House) speechCreate(ctx context.Context, c *channel.Channel, data string) error {
	o, err := h.OpenSpeech(ctx, c, strings.TrimSpace(data))
	switch {
	case ctx.Err() != nil:
		if o != nil {
			o.Close()
		}
		return context.Cause(ctx)
	case err != nil:
		h.Logger.Warn("the speech engine can't be had", "channel", c.Name(), "engine", data, "error", err)
		c.SetVariable("ERROR", "1")
		return nil
	}
	c.DropVariable("ERROR")
	hold, ok := c.Value(speechKey{}).(*speechHold)
	if !ok {
		hold = &speechHold{}
		c.SetValue(speechKey{}, hold)
		c.AtEnd(func() {
			if hold.object != nil {
				hold.object.Close()
			}
		})
	}
	if hold.object != nil {
		hold.object.Close()
	}
	hold.object = o
	return nil
}

// withSpeech makes an application of what needs an object. A leg without one is hung up, and one where it fails, as
// on the reference.
func (h *House) withSpeech(run func(context.Context, *channel.Channel, *speech.Object, string) error) func(context.Context, *channel.Channel, string) error {
	return func(ctx context.Context, c *channel.Channel, data string) error {
		o := speechOf(c)
		if o == nil {
			h.Logger.Warn("the leg has no speech engine", "channel", c.Name())
			return ErrHangup
		}
		err := run(ctx, c, o, data)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			h.Logger.Warn("the speech engine", "channel", c.Name(), "error", err)
			return ErrHangup
		}
		return nil
	}
}

func (h *House) speechDestroy(_ context.Context, c *channel.Channel, o *speech.Object, _ string) error {
	c.Value(speechKey{}).(*speechHold).object = nil
	o.Close()
	return nil
}

// ofName is a change of a grammar that needs but its name.
func ofName(f func(speech.Listener, string) error) func(speech.Listener, string, string) error {
	return func(l speech.Listener, name, _ string) error { return f(l, name) }
}

func speechGrammar(f func(l speech.Listener, name, path string) error) func(context.Context, *channel.Channel, *speech.Object, string) error {
	return func(_ context.Context, _ *channel.Channel, o *speech.Object, data string) error {
		args := command.SplitArgs(data, 2)
		return f(o.Listener(), command.Arg(args, 0), command.Arg(args, 1))
	}
}

func speechStart(_ context.Context, _ *channel.Channel, o *speech.Object, _ string) error {
	return o.Start()
}

func speechSound(_ context.Context, _ *channel.Channel, o *speech.Object, data string) error {
	o.SetSound(strings.TrimSpace(data))
	return nil
}

// Keys of SpeechBackground, where variables say no other.
const keyScore, keyGrammar = 1000, "dtmf"

func (h *House) speechBackground(ctx context.Context, c *channel.Channel, o *speech.Object, data string) error {
	args := command.SplitArgs(data, 3)
	if command.Arg(args, 0) == "" {
		return errors.New("SpeechBackground needs a sound")
	}
	flags := command.ParseFlags(command.Arg(args, 2))
	if c.State() != event.Up && !flags.Has('n') {
		if err := answer(ctx, c); err != nil {
			return err
		}
	}
	q := Question{Prompts: strings.Split(args[0], "&"), Timeout: -1, Terminators: "#"}
	if d, err := seconds(command.Arg(args, 1)); err == nil && command.Arg(args, 1) != "" {
		q.Timeout = d
	}
	if v, ok := c.Variable("SPEECH_DTMF_MAXLEN"); ok {
		q.MaxKeys, _ = strconv.Atoi(v)
	}
	if v, ok := c.Variable("SPEECH_DTMF_TERMINATOR"); ok {
		q.Terminators = v
	}
	a, err := h.AskAloud(ctx, c, o, q)
	switch {
	case err != nil:
		return err
	case a.Keys != "":
		o.Take([]speech.Result{{Text: a.Keys, Score: keyScore, Grammar: keyGrammar}})
	case a.Late && flags.Has('p'):
		if err := o.Ask(ctx); err != nil {
			h.Logger.Warn("the speech engine tells no results so far", "channel", c.Name(), "error", err)
		}
	}
	return nil
}

// A Question is what AskAloud asks.
type Question struct {
	Prompts []string
	Offset  int64         // in samples, of the first
	Timeout time.Duration // from the end of the prompts, and again after each key; less than 0 is for ever
	// MaxKeys is how many keys are enough, 0 for as many as come; Terminators end them.
	MaxKeys     int
	Terminators string
}

// An Answer is what came of it: keys, or results that the object has, or that the time was up.
type Answer struct {
	Keys string
	Late bool
}
