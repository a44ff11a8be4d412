package agi

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// SpeechCreate makes a speech object of an engine.
func (s *Session) SpeechCreate(ctx context.Context, engine string) error {
	return s.one(ctx, "SPEECH CREATE", engine)
}

// SpeechSet changes a setting of the speech object.
func (s *Session) SpeechSet(ctx context.Context, name, value string) error {
	return s.one(ctx, "SPEECH SET", name, value)
}

// SpeechDestroy ends the speech object.
func (s *Session) SpeechDestroy(ctx context.Context) error { return s.one(ctx, "SPEECH DESTROY") }

// SpeechLoadGrammar loads a grammar from a path under a name.
func (s *Session) SpeechLoadGrammar(ctx context.Context, name, path string) error {
	return s.one(ctx, "SPEECH LOAD GRAMMAR", name, path)
}

// SpeechUnloadGrammar unloads a grammar.
func (s *Session) SpeechUnloadGrammar(ctx context.Context, name string) error {
	return s.one(ctx, "SPEECH UNLOAD GRAMMAR", name)
}

// SpeechActivateGrammar has the engine listen for a grammar.
func (s *Session) SpeechActivateGrammar(ctx context.Context, name string) error {
	return s.one(ctx, "SPEECH ACTIVATE GRAMMAR", name)
}

// SpeechDeactivateGrammar takes a grammar away.
func (s *Session) SpeechDeactivateGrammar(ctx context.Context, name string) error {
	return s.one(ctx, "SPEECH DEACTIVATE GRAMMAR", name)
}

// A Recognition is what came of SpeechRecognize.
type Recognition struct {
	// How it ended: "speech", "digit", "timeout" or "hangup".
	How     string
	Digit   string // the key
	Results []SpeechResult
}

// A SpeechResult is a text that may have been said, the likeliest first.
type SpeechResult struct {
	Text    string
	Score   int
	Grammar string
}

// SpeechRecognize plays a sound, from an offset in samples, and returns what the engine made of the answer, or a key
// that was pressed. timeout counts whole seconds from the end of the sound; 0 is for ever.
func (s *Session) SpeechRecognize(ctx context.Context, prompt string, timeout time.Duration, offset int64) (Recognition, error) {
	r, err := s.Command(ctx, "SPEECH RECOGNIZE", prompt, strconv.Itoa(int(timeout/time.Second)), strconv.FormatInt(offset, 10))
	switch {
	case err != nil:
		return Recognition{}, err
	case r.Result != "1":
		return Recognition{}, s.failure("SPEECH RECOGNIZE")
	case r.Data == "hangup":
		err = ErrHangup
	}
	return readRecognition(r), err
}

// readRecognition reads `(speech) endpos=0 results=1 score0=87 text0="hola" grammar0=menu`. Quotes in a text are not
// escaped: it ends where the next item begins.
func readRecognition(r Reply) Recognition {
	found := Recognition{How: r.Data}
	if digit, is := strings.CutPrefix(r.Text, "digit="); is {
		found.Digit = digit
		return found
	}
	rest := r.Text
	for i := 0; ; i++ {
		n := strconv.Itoa(i)
		_, after, is := strings.Cut(rest, "score"+n+"=")
		if !is {
			return found
		}
		score, after, _ := strings.Cut(after, " text"+n+`="`)
		text, after, _ := strings.Cut(after, `" grammar`+n+"=")
		grammar, _, more := strings.Cut(after, " score"+strconv.Itoa(i+1)+"=")
		one := SpeechResult{Text: text, Grammar: grammar}
		one.Score, _ = strconv.Atoi(score)
		found.Results = append(found.Results, one)
		if rest = after; !more {
			return found
		}
	}
}
