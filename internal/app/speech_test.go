package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// An ear is a speech engine for tests: it hears how long somebody talks, tells that he does, and after 400 ms of
// silence thinks for a second. It knows grammars.
type ear struct {
	mu       sync.Mutex
	told     speech.Told
	settings map[string]string
	grammars []string
	open     int

	heard time.Duration
	quiet time.Duration
}

func (*ear) Name() string             { return "Ear" }
func (*ear) Formats() []*media.Format { return []*media.Format{media.SLin} }

func (e *ear) Listen(_ context.Context, _ *media.Format, told speech.Told) (speech.Listener, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told, e.settings = told, map[string]string{}
	e.open++
	return e, nil
}

func (e *ear) note(what string) error {
	e.grammars = append(e.grammars, what)
	if what == "load bad " {
		return errors.New("there is no such grammar")
	}
	return nil
}

func (e *ear) Load(name, path string) error { return e.note("load " + name + " " + path) }
func (e *ear) Unload(name string) error     { return e.note("unload " + name) }
func (e *ear) Activate(name string) error   { return e.note("activate " + name) }
func (e *ear) Deactivate(name string) error { return e.note("deactivate " + name) }
func (e *ear) Set(name, value string) error { e.settings[name] = value; return nil }
func (e *ear) Start() error                 { e.heard, e.quiet = 0, 0; return nil }
func (e *ear) Close()                       { e.mu.Lock(); e.open--; e.mu.Unlock() }
func (e *ear) Get(_ context.Context, name string) (string, error) {
	return e.settings[name], nil
}

func (e *ear) Results(context.Context) ([]speech.Result, error) {
	if e.heard == 0 {
		return nil, nil
	}
	return []speech.Result{{Text: "so far " + e.heard.Round(100*time.Millisecond).String(), Score: 10}}, nil
}

func (e *ear) Write(f media.Frame) {
	loud := false
	for _, s := range media.AppendSamples(nil, f.Data) {
		loud = loud || s > 1000
	}
	length := time.Duration(f.Samples) * time.Second / 8000
	switch {
	case loud:
		if e.heard == 0 {
			e.told.Speaks()
		}
		e.heard += length
		e.quiet = 0
	case e.heard > 0:
		if e.quiet += length; e.quiet == 400*time.Millisecond {
			heard := e.heard
			e.told.Thinks()
			time.AfterFunc(time.Second, func() {
				e.told.Heard([]speech.Result{{Text: heard.String(), Score: 90, Grammar: "words"}, {Text: "noise", Score: 20},
					{Text: "other", Score: 5, Best: 1}})
			})
		}
	}
}

const asked = `
[test]
exten => _X.,1,SpeechCreate(ear)
same => n,SpeechProcessingSound(beep)
same => n,Goto(${EXTEN:1},1)
exten => a,1,SpeechBackground(demo-thanks&beep,2)
same => n,NoOp(${SPEECH(results)} ${SPEECH(spoke)} ${SPEECH_TEXT(0)}/${SPEECH_SCORE(0)}/${SPEECH_GRAMMAR(0)} ${SPEECH_TEXT(1)} ${SPEECH_TEXT(1/0)} ${SPEECH_TEXT(2)})
same => n,Hangup()
exten => p,1,SpeechBackground(beep,1,p)
same => n,NoOp(${SPEECH(results)} ${SPEECH_TEXT(0)})
exten => m,1,Set(SPEECH_DTMF_MAXLEN=2)
same => n,Goto(a,1)
exten => t,1,Set(SPEECH_DTMF_TERMINATOR=*)
same => n,Goto(a,1)
exten => g,1,SpeechLoadGrammar(one,/a/b)
same => n,SpeechActivateGrammar(one)
same => n,SpeechDeactivateGrammar(one)
same => n,SpeechUnloadGrammar(one)
same => n,Set(SPEECH_ENGINE(mood)=good)
same => n,Set(SPEECH_RESULTS_TYPE()=nbest)
same => n,NoOp(${SPEECH_ENGINE(mood)} ${SPEECH_ENGINE(results_type)} ${SPEECH(status)})
same => n,SpeechLoadGrammar(bad)
same => n,NoOp(a leg is hung up)
exten => d,1,SpeechDestroy()
same => n,NoOp(${SPEECH(status)}${SPEECH_TEXT(0)})
same => n,SpeechStart()
same => n,NoOp(a leg is hung up)
exten => n,1,SpeechCreate(nobody)
same => n,NoOp(${ERROR} ${SPEECH(status)})
same => n,SpeechCreate(ear)
same => n,NoOp(${ERROR})
exten => e,1,SpeechBackground()
same => n,NoOp(a leg is hung up)
`

// TestSpeech has an engine listen while prompts play. What is asked of a real Asterisk about it stands in
// internal/exchange/testdata/agi/speech.txt, and in test/agi.
func TestSpeech(t *testing.T) {
	word := func(c *channel.Channel) {
		time.Sleep(time.Second)
		speak(c, 600*time.Millisecond, true)
		speak(c, 3*time.Second, false)
	}
	for _, test := range []struct {
		name, exten string
		who         func(*channel.Channel)
		want        string
		within      time.Duration // in which it is told
	}{
		{"a word", "1a", word, "3 1 600ms/90/words noise other ", 3100 * time.Millisecond},
		{"nothing", "1a", func(c *channel.Channel) { speak(c, 9*time.Second, false) }, "0 0 //   ", 7800 * time.Millisecond},
		{"no sound at all", "1a", func(*channel.Channel) {}, "0 0 //   ", 7800 * time.Millisecond},
		{"keys", "1a", func(c *channel.Channel) { press(c, "12#") }, "1 0 12/1000/dtmf   ", 1200 * time.Millisecond},
		{"keys and no end", "1a", func(c *channel.Channel) { press(c, "12") }, "1 0 12/1000/dtmf   ", 3 * time.Second},
		{"enough keys", "1m", func(c *channel.Channel) { press(c, "123") }, "1 0 12/1000/dtmf   ", 900 * time.Millisecond},
		{"another end", "1t", func(c *channel.Channel) { press(c, "#1*") }, "1 0 #1/1000/dtmf   ", 1140 * time.Millisecond},
		{"only the end", "1a", func(c *channel.Channel) { press(c, "#") }, "0 0 //   ", 700 * time.Millisecond},
		{"so far", "1p", func(c *channel.Channel) { speak(c, 9*time.Second, true) }, "1 so far 1s", 1000 * time.Millisecond},
		{"nothing so far", "1p", func(c *channel.Channel) { speak(c, 9*time.Second, false) }, "0 ", 1400 * time.Millisecond},
		{"grammars", "1g", func(*channel.Channel) {}, "good nbest 1", 0},
		{"none any more", "1d", func(*channel.Channel) {}, "0", 0},
		{"no such engine", "1n", func(*channel.Channel) {}, "1 1; ", 0},
		{"no prompt", "1e", func(*channel.Channel) {}, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, asked, func(t *testing.T, x *exchange) {
				e := &ear{}
				x.Engines.Set([]speech.Engine{e})
				for _, f := range x.Functions() {
					x.engine.AddFunction(f)
				}
				begun := time.Now()
				leg, _ := x.call(t, test.exten)
				go test.who(leg)
				for range 1000 {
					synctest.Wait()
					if x.heard() != "" {
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
				if took := time.Since(begun); test.want != "" && (took > test.within+50*time.Millisecond || took < test.within-150*time.Millisecond) {
					t.Errorf("it took %v, want about %v", took, test.within)
				}
				if got := x.heard(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				time.Sleep(10 * time.Second)
				leg.Hangup(16)
				time.Sleep(time.Second)
				if e.open != 0 {
					t.Errorf("%d objects are left", e.open)
				}
				if want := "[load one /a/b activate one deactivate one unload one load bad ]"; test.exten == "1g" && fmt.Sprint(e.grammars) != want {
					t.Errorf("the engine was asked %v, want %s", e.grammars, want)
				}
			})
		})
	}
}

// While the engine thinks the processing sound plays, and what the leg says goes nowhere.
func TestSpeechThinks(t *testing.T) {
	in(t, asked, func(t *testing.T, x *exchange) {
		e := &ear{}
		x.Engines.Set([]speech.Engine{e})
		leg, far := x.call(t, "1a")
		time.Sleep(time.Second)
		speak(leg, 200*time.Millisecond, true)
		speak(leg, 400*time.Millisecond, false) // now it thinks
		before := far.samples()
		time.Sleep(900 * time.Millisecond)
		if got := far.samples() - before; got < 2000 || got > 2400 {
			t.Errorf("%d samples of the processing sound, want what is left of its 2400", got)
		}
	})
}
