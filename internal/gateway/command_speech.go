package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// speechRows are the commands of speech recognition. The object that they work with is the session's own, not the
// one that the dialplan has. Without one they answer 0.
func speechRows() []row {
	return []row{
		{name: "speech create", syntax: "[engine]", synopsis: "Makes a speech object", most: many, run: speechCreate},
		{name: "speech set", syntax: "name value", synopsis: "Changes a setting of the speech object", least: 2, most: 2,
			run: withSpeech(func(o *speech.Object, args []string) error { return o.Set(args[0], args[1]) })},
		{name: "speech destroy", synopsis: "Ends the speech object", dead: true, most: many, run: speechDestroy},
		{name: "speech load grammar", syntax: "name path", synopsis: "Loads a grammar", least: 2, most: 2,
			run: withSpeech(func(o *speech.Object, args []string) error { return o.Listener().Load(args[0], args[1]) })},
		{name: "speech unload grammar", syntax: "name", synopsis: "Unloads a grammar", dead: true, least: 1, most: 1,
			run: withSpeech(func(o *speech.Object, args []string) error { return o.Listener().Unload(args[0]) })},
		{name: "speech activate grammar", syntax: "name", synopsis: "Has a grammar listened for", least: 1, most: 1,
			run: withSpeech(func(o *speech.Object, args []string) error { return o.Listener().Activate(args[0]) })},
		{name: "speech deactivate grammar", syntax: "name", synopsis: "Takes a grammar away", least: 1, most: 1,
			run: withSpeech(func(o *speech.Object, args []string) error { return o.Listener().Deactivate(args[0]) })},
		{name: "speech recognize", syntax: "prompt timeout [offset]", synopsis: "Plays a prompt and listens, seconds from its end; 0 for ever", least: 2, most: many,
			listens: true, run: speechRecognize},
	}
}

// withSpeech makes a command of what an object does: 1 where that was done.
func withSpeech(do func(o *speech.Object, args []string) error) func(*session, context.Context, []string) outcome {
	return func(s *session, _ context.Context, args []string) outcome {
		if s.speech == nil {
			return ok(0)
		}
		if err := do(s.speech, args); err != nil {
			s.g.Logger.Warn("the speech engine", "channel", s.c.Name(), "error", err)
			return ok(0)
		}
		return ok(1)
	}
}

func speechCreate(s *session, ctx context.Context, args []string) outcome {
	if s.speech != nil || len(args) == 0 {
		return ok(0)
	}
	o, err := s.g.House.OpenSpeech(ctx, s.c, args[0])
	if err != nil {
		s.g.Logger.Warn("the speech engine can't be had", "channel", s.c.Name(), "engine", args[0], "error", err)
		return ok(0)
	}
	s.speech = o
	return ok(1)
}

func speechDestroy(s *session, _ context.Context, _ []string) outcome {
	if s.speech == nil {
		return ok(0)
	}
	s.silence()
	return ok(1)
}

// silence ends the session's speech object, if it has one.
func (s *session) silence() {
	if s.speech != nil {
		s.speech.Close()
		s.speech = nil
	}
}

// speechRecognize tells what ended it. Where the sound stood is always 0, as on the reference.
func speechRecognize(s *session, ctx context.Context, args []string) outcome {
	if s.speech == nil {
		return ok(0)
	}
	q := app.Question{Prompts: args[:1], Timeout: -1, MaxKeys: 1}
	if n, is := number(args[1]); is && n > 0 {
		q.Timeout = time.Duration(min(n, longest64/1000)) * time.Second
	}
	if len(args) > 2 {
		q.Offset, _ = number(args[2])
	}
	a, err := s.g.House.AskAloud(ctx, s.c, s.speech, q)
	reply := agi.OK(1)
	switch {
	case err != nil:
		return outcome{reply: reply.With("hangup").At(0)}
	case a.Keys != "":
		reply = reply.With("digit").At(0)
		reply.Text = "digit=" + a.Keys
	case a.Late:
		reply = reply.With("timeout").At(0)
	default:
		reply = reply.With("speech")
		reply.Text = heardText(s.speech.Results())
	}
	return outcome{reply: reply}
}

// heardText are results as a reply has them. A text may hold quotes, which are not escaped.
func heardText(results []speech.Result) string {
	var list []string
	for i, r := range results {
		list = append(list, fmt.Sprintf(`score%[1]d=%[2]d text%[1]d="%[3]s" grammar%[1]d=%[4]s`, i, r.Score, r.Text, r.Grammar))
	}
	return fmt.Sprintf("endpos=0 results=%d %s", len(results), strings.Join(list, " "))
}
