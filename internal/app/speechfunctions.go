package app

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// speechFunctions tell what the leg's speech engine has heard, and change it.
func speechFunctions() []Function {
	r := func(name, synopsis, syntax string) command.Row {
		return row(name, "app_speech_utils", synopsis, name+"("+syntax+")")
	}
	return []Function{
		{Row: r("SPEECH", "Whether the leg has a speech engine, whether somebody spoke, and how many results there are", "status|spoke|results"), Read: speechStatus},
		{Row: r("SPEECH_ENGINE", "A setting of the speech engine", "name"), Read: speechSetting, Write: setSpeechSetting},
		{Row: r("SPEECH_TEXT", "A text that was heard", "[nbest/]number"), Read: speechResult(func(r speech.Result) string { return r.Text })},
		{Row: r("SPEECH_SCORE", "How sure the engine is of a text", "[nbest/]number"), Read: speechResult(func(r speech.Result) string { return strconv.Itoa(r.Score) })},
		{Row: r("SPEECH_GRAMMAR", "The grammar that a text belongs to", "[nbest/]number"), Read: speechResult(func(r speech.Result) string { return r.Grammar })},
		{Row: r("SPEECH_RESULTS_TYPE", "Which results the engine is to give: normal or nbest", ""), Write: setSpeechResults},
	}
}

var errNoSpeech = errors.New("the leg has no speech engine")

// heldSpeech is the object of a leg, which may be nil.
func heldSpeech(c *channel.Channel) (*speech.Object, error) {
	if c != nil {
		if o := speechOf(c); o != nil {
			return o, nil
		}
	}
	return nil, errNoSpeech
}

func speechStatus(_ context.Context, c *channel.Channel, args string) (string, error) {
	o, err := heldSpeech(c)
	flag := func(yes bool) (string, error) {
		if yes {
			return "1", nil
		}
		return "0", nil
	}
	switch strings.ToLower(strings.TrimSpace(args)) {
	case "status":
		return flag(o != nil)
	case "spoke":
		if err == nil {
			return flag(o.Spoke())
		}
	case "results":
		if err == nil {
			return strconv.Itoa(len(o.Results())), nil
		}
	}
	return "", err
}

func speechSetting(ctx context.Context, c *channel.Channel, args string) (string, error) {
	o, err := heldSpeech(c)
	if err != nil {
		return "", err
	}
	return o.Get(ctx, args)
}

func setSpeechSetting(_ context.Context, c *channel.Channel, args, value string) error {
	o, err := heldSpeech(c)
	if err != nil {
		return err
	}
	return o.Set(args, value)
}

// setSpeechResults is a setting like others for an engine.
func setSpeechResults(ctx context.Context, c *channel.Channel, _, value string) error {
	return setSpeechSetting(ctx, c, "results_type", value)
}

// speechResult reads a part of the result that the arguments name: the number within the first reading, or
// of another one. There being none is no error.
func speechResult(part func(speech.Result) string) func(context.Context, *channel.Channel, string) (string, error) {
	return func(_ context.Context, c *channel.Channel, args string) (string, error) {
		o, err := heldSpeech(c)
		if err != nil {
			return "", err
		}
		best, number, two := strings.Cut(args, "/")
		if !two {
			best, number = "0", args
		}
		if r, ok := o.Result(leading(best), leading(number)); ok {
			return part(r), nil
		}
		return "", nil
	}
}
