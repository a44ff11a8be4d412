package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// greetingLimits tell people from machines by how they greet. The defaults are
// Asterisk's; amd.conf has others, and a call may have its own.
type greetingLimits struct {
	initialSilence, greeting, afterGreeting, total, minWord, between, maxWord time.Duration
	words, threshold                                                          int // threshold 0: that of dsp.conf
	file                                                                      string
}

func defaultGreeting() greetingLimits {
	return greetingLimits{initialSilence: 2500 * time.Millisecond, greeting: 1500 * time.Millisecond, afterGreeting: 800 * time.Millisecond,
		total: 5 * time.Second, minWord: 100 * time.Millisecond, between: 50 * time.Millisecond, maxWord: 5 * time.Second, words: 2}
}

// amdSettings are the limits that amd.conf sets; nil before it is read.
type amdSettings struct{ atomic.Pointer[greetingLimits] }

// ReadAMD reads amd.conf, of which a nil is none.
func ReadAMD(f *config.File) (limits *greetingLimits, problems []config.Diagnostic) {
	l := defaultGreeting()
	r := config.NewReader(nil)
	for _, e := range f.Section("general").Lines() {
		if strings.EqualFold(e.Key, "playback_file") {
			l.file = e.Value
			continue
		}
		at, count := l.option(strings.ToLower(e.Key))
		if at == nil && count == nil {
			r.Report(config.Warning, e, "", "unknown option %s", e.Key)
			continue
		}
		n, err := strconv.Atoi(e.Value)
		switch {
		case err != nil:
			r.Report(config.Warning, e, "", "%s: %q is no number", e.Key, e.Value)
		case at != nil:
			*at = time.Duration(n) * time.Millisecond
		default:
			*count = n
		}
	}
	return &l, r.Diagnostics()
}

// option is where the option of a name is kept.
func (l *greetingLimits) option(name string) (*time.Duration, *int) {
	switch name {
	case "initial_silence":
		return &l.initialSilence, nil
	case "greeting":
		return &l.greeting, nil
	case "after_greeting_silence":
		return &l.afterGreeting, nil
	case "total_analysis_time":
		return &l.total, nil
	case "min_word_length":
		return &l.minWord, nil
	case "between_words_silence":
		return &l.between, nil
	case "maximum_word_length":
		return &l.maxWord, nil
	case "maximum_number_of_words":
		return nil, &l.words
	case "silence_threshold":
		return nil, &l.threshold
	}
	return nil, nil
}

// ConfigureAMD sets the limits of calls from now on.
func (h *House) ConfigureAMD(limits *greetingLimits) { h.amds.Store(limits) }

// A greetingEar hears a greeting, frame by frame, until it knows who greets.
type greetingEar struct {
	greetingLimits
	level   media.Silence
	time    time.Duration
	voice   time.Duration // of all words
	word    time.Duration // of the present one
	heard   int           // words
	talking bool          // a word has begun
	greeted bool          // the greeting has begun
	status  string
	cause   string
	samples []int16
}

// verdict ends the analysis.
func (g *greetingEar) verdict(status, cause string, values ...any) bool {
	g.status, g.cause = status, cause
	for _, v := range values {
		if d, ok := v.(time.Duration); ok {
			v = d.Milliseconds()
		}
		g.cause += fmt.Sprintf("-%d", v)
	}
	return true
}

// frame hears a frame of voice and tells whether it knows now.
func (g *greetingEar) frame(f media.Frame) bool {
	g.samples = media.AppendSamples(g.samples[:0], f.Data)
	length := time.Duration(len(g.samples)) * time.Second / time.Duration(f.Format.Rate)
	return g.listen(length, g.level.Process(g.samples, f.Format.Rate), g.level.Quiet)
}

// nothing is that no frame came for a time, which is silence.
func (g *greetingEar) nothing(length time.Duration) bool {
	g.level.Quiet += length
	g.level.Loud = 0
	return g.listen(length, true, g.level.Quiet)
}

func (g *greetingEar) listen(length time.Duration, silent bool, quiet time.Duration) bool {
	if g.time += length; g.time >= g.total {
		return g.verdict("NOTSURE", "TOOLONG", g.time)
	}
	if silent {
		if quiet >= g.between {
			g.talking, g.word = false, 0
		}
		switch {
		case !g.greeted && g.initialSilence > 0 && quiet >= g.initialSilence:
			return g.verdict("MACHINE", "INITIALSILENCE", quiet, g.initialSilence)
		case g.greeted && quiet >= g.afterGreeting:
			return g.verdict("HUMAN", "HUMAN", quiet, g.afterGreeting)
		}
		return false
	}
	g.word += length
	g.voice += length
	if g.word >= g.minWord && !g.talking {
		g.talking = true
		g.heard++
	}
	switch {
	case g.word >= g.maxWord:
		return g.verdict("MACHINE", "MAXWORDLENGTH", g.word)
	case g.heard > g.words:
		return g.verdict("MACHINE", "MAXWORDS", g.heard, g.words)
	case g.greeted && g.voice >= g.greeting:
		return g.verdict("MACHINE", "LONGGREETING", g.voice, g.greeting)
	}
	if g.word >= g.minWord {
		g.greeted = true
	}
	return false
}

// silentFrame is after how long without a frame silence is heard.
const silentFrame = 50 * time.Millisecond

// screening are the applications that find out who has called, or answered.
func (h *House) screening() []Application {
	return []Application{
		{Row: row("AMD", "app_amd", "Tell a human who has answered from a machine",
			"AMD([initialSilence[,greeting[,afterGreetingSilence[,totalAnalysisTime[,miniumWordLength[,betweenWordSilence[,maximumNumberOfWords[,silenceThreshold[,maximumWordLength[,audioFile]]]]]]]]]])"), Run: h.amd},
		{Row: row("DISA", "app_disa", "A dial tone for a caller from outside who knows a password",
			"DISA(passcode|filename[,context[,cid[,mailbox[@context][,options]]]])"), Run: h.disa},
		{Row: row("Page", "app_page", "Call devices that hear what the leg says",
			"Page([Technology/Resource[&Technology2/Resource2[&…]]][,options[,timeout]])"), Run: h.page},
	}
}

// amd tells whether a human or a machine has answered.
func (h *House) amd(ctx context.Context, c *channel.Channel, data string) error {
	g := &greetingEar{greetingLimits: defaultGreeting()}
	if l := h.amds.Load(); l != nil {
		g.greetingLimits = *l
	}
	args := command.SplitArgs(data, 10)
	for i, at := range []*time.Duration{&g.initialSilence, &g.greeting, &g.afterGreeting, &g.total, &g.minWord, &g.between} {
		*at = milliseconds(command.Arg(args, i), *at)
	}
	if n := atoi(command.Arg(args, 6)); n > 0 {
		g.words = n
	}
	if n := atoi(command.Arg(args, 7)); n > 0 {
		g.threshold = n
	}
	g.maxWord = milliseconds(command.Arg(args, 8), g.maxWord)
	if name := command.Arg(args, 9); name != "" {
		g.file = name
	}
	g.level = c.Hearing().Level()
	if g.threshold > 0 {
		g.level.Threshold = g.threshold
	}
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	if g.file != "" {
		if src, err := h.Sounds.Open(g.file, c.Snapshot().Language, c); err == nil {
			c.StartSource(src)
			defer c.StopSource()
		} else {
			h.Logger.Warn("the sound can't be played", "channel", c.Name(), "sound", g.file, "error", err)
		}
	}
	err := g.analyse(ctx, c)
	if err != nil {
		g.status, g.cause = "HANGUP", ""
	}
	c.SetVariable("AMDSTATUS", g.status)
	c.SetVariable("AMDCAUSE", g.cause)
	return err
}

func (g *greetingEar) analyse(ctx context.Context, c *channel.Channel) error {
	for {
		f, came, err := readFor(ctx, c, silentFrame)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !came:
			if g.nothing(silentFrame) {
				return nil
			}
		case err == nil && f.Kind == media.Voice:
			if g.frame(f) {
				return nil
			}
		case err == nil && f.Kind == media.CNG:
			if g.nothing(20 * time.Millisecond) {
				return nil
			}
		}
	}
}
