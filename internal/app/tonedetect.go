package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// defaultTone is how long a tone must last where nobody says so.
const defaultTone = 500 * time.Millisecond

// waitForTone waits until a tone is heard, or several times so.
func (h *House) waitForTone(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 5)
	hz := atoi(command.Arg(args, 0))
	flags := command.ParseFlags(command.Arg(args, 4))
	if hz <= 0 || hz >= 4000 {
		h.Logger.Warn("WaitForTone requires a frequency below 4000 Hz", "channel", c.Name(), "argument", data)
		c.SetVariable("WAITFORTONESTATUS", "ERROR")
		return nil
	}
	ear := media.NewPitchDetector(float64(hz), milliseconds(command.Arg(args, 1), defaultTone), float64(atoi(flags['d'])))
	within, cancel := ctx, context.CancelFunc(func() {})
	if d, err := seconds(command.Arg(args, 2)); err == nil && d > 0 {
		within, cancel = context.WithTimeoutCause(ctx, d, errTime)
	}
	defer cancel()
	left := max(1, atoi(command.Arg(args, 3)))
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	var samples []int16
	for left > 0 {
		f, err := c.Read(within)
		switch {
		case ctx.Err() != nil:
			c.SetVariable("WAITFORTONESTATUS", "HANGUP")
			return context.Cause(ctx)
		case within.Err() != nil:
			c.SetVariable("WAITFORTONESTATUS", "TIMEOUT")
			return nil
		case err == nil && f.Kind == media.Voice:
			samples = media.AppendSamples(samples[:0], f.Data)
			left -= ear.Process(samples)
		}
	}
	c.SetVariable("WAITFORTONESTATUS", "SUCCESS")
	return nil
}

// A toneWatch hears a tone in both directions of a leg, each under a mutex that is
// a leaf.
type toneWatch struct {
	remove func()
	ears   [2]toneEar
}

type toneEar struct {
	mu      sync.Mutex
	from    *media.Format
	in      media.Translator
	ear     *media.PitchDetector    // nil where no frequency is asked for
	calls   *media.ProgressDetector // nil where no tones of a call's progress are
	wanted  map[media.CallTone]bool
	samples []int16
	hits    int
}

// hear takes a frame and returns how often the tone was heard until now, and
// whether this frame made it more.
func (e *toneEar) hear(f media.Frame) (hits int, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.in == nil || e.from != f.Format {
		t, err := media.NewTranslator(f.Format, media.SLin)
		if err != nil {
			return e.hits, false
		}
		e.in, e.from = t, f.Format
	}
	plain, ok, err := e.in.Translate(f)
	if err != nil || !ok {
		return e.hits, false
	}
	e.samples = media.AppendSamples(e.samples[:0], plain.Data)
	n := 0
	if e.ear != nil {
		n = e.ear.Process(e.samples)
	}
	e.hits += n
	return e.hits, n > 0
}

// progress takes a frame that hear has taken and reports whether it completes one of the tones of a
// call's progress that are wanted. They are not counted, as on the reference.
func (e *toneEar) progress() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls != nil && e.wanted[e.calls.Process(e.samples)]
}

// present reports whether the tone is there now.
func (e *toneEar) present() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ear != nil && e.ear.Present() || e.calls != nil && e.calls.Tonal()
}

// quietened is a frame of silence as long as another.
func quietened(f media.Frame) media.Frame {
	silent, err := media.NewTranslator(media.SLin, f.Format)
	if err != nil {
		return f
	}
	n := f.Samples * media.SLin.Rate / f.Format.Rate
	out, ok, err := silent.Translate(media.Frame{Kind: media.Voice, Format: media.SLin, Samples: n, Data: make([]byte, 2*n)})
	if err != nil || !ok {
		return f
	}
	return out
}

type toneKey struct{}

var (
	errNoTone    = errors.New("TONE_DETECT is not set")
	errFrequency = errors.New("TONE_DETECT: a frequency is from 1 to 3999 Hz, or 0 for none")
)

func toneCount(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errors.New("TONE_DETECT needs a channel")
	}
	w, ok := c.Value(toneKey{}).(*toneWatch)
	if !ok {
		return "", errNoTone
	}
	var e *toneEar
	switch strings.ToLower(strings.TrimSpace(args)) {
	case "rx":
		e = &w.ears[channel.In]
	case "tx":
		e = &w.ears[channel.Out]
	default:
		return "", fmt.Errorf("TONE_DETECT: %q is no direction", args)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return strconv.Itoa(e.hits), nil
}

// toneDetect sets, or with option x ends, the watch for a tone.
func (h *House) toneDetect(_ context.Context, c *channel.Channel, data, _ string) error {
	if c == nil {
		return errors.New("TONE_DETECT needs a channel")
	}
	args := command.SplitArgs(data, 3)
	flags := command.ParseFlags(command.Arg(args, 2))
	old, _ := c.Value(toneKey{}).(*toneWatch)
	if flags.Has('x') {
		if old == nil {
			return errNoTone
		}
		c.SetValue(toneKey{}, nil)
		old.remove()
		return nil
	}
	progress := progressWanted(flags)
	hz, err := strconv.Atoi(strings.TrimSpace(command.Arg(args, 0)))
	if err != nil || hz < 0 || hz >= 4000 {
		return errFrequency
	}
	if old != nil {
		old.remove()
	}
	length := milliseconds(command.Arg(args, 1), defaultTone)
	w := &toneWatch{}
	for d := range w.ears {
		if hz > 0 {
			w.ears[d].ear = media.NewPitchDetector(float64(hz), length, float64(atoi(flags['d'])))
		}
		if len(progress) > 0 {
			w.ears[d].calls, w.ears[d].wanted = media.NewProgressDetector("", 1), progress
		}
	}
	both := flags.Has('r') == flags.Has('t')
	wanted := [2]bool{channel.In: both || flags.Has('r'), channel.Out: both || flags.Has('t')}
	places := [2]string{channel.In: flags['g'], channel.Out: flags['h']}
	enough := max(1, atoi(flags['n']))
	w.remove = c.Tap(func(d channel.Direction, f media.Frame) media.Frame {
		if f.Kind != media.Voice || f.Format == nil || !wanted[d] {
			return f
		}
		hits, more := w.ears[d].hear(f)
		if flags.Has('s') && w.ears[d].present() {
			f = quietened(f)
		}
		if progressed := w.ears[d].progress(); !progressed && (!more || hits < enough || flags.Has('e') && hits > enough) {
			return f
		}
		h.Channels.Bus.Publish(&event.ChannelToneDetected{Channel: c.Snapshot()})
		if places[d] != "" {
			h.Channels.Go(c.Name(), func() { h.sendTo(c, places[d]) })
		}
		return f
	})
	c.SetValue(toneKey{}, w)
	return nil
}

// sendTo sends a leg to a place of the dialplan from outside.
func (h *House) sendTo(c *channel.Channel, place string) {
	l, err := h.Dialplan.Resolve(c, place)
	if err == nil {
		err = h.Calls.Redirect(c, l)
	}
	if err != nil {
		h.Logger.Warn("a leg can't be sent where a tone sends it", "channel", c.Name(), "place", place, "error", err)
	}
}
