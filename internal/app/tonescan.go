package app

import (
	"context"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// scanVoice is how long must be spoken before it is a voice.
const scanVoice = 500 * time.Millisecond

// toneScan waits for a tone of a call's progress and says in TONESCANSTATUS which it was.
func (h *House) toneScan(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	flags := command.ParseFlags(command.Arg(args, 3))
	within, cancel := ctx, context.CancelFunc(func() {})
	if d, err := seconds(command.Arg(args, 1)); err == nil && d > 0 {
		within, cancel = context.WithTimeoutCause(ctx, d, errTime)
	}
	defer cancel()
	s := &toneScanning{spoken: c.Hearing().Level(), progress: media.NewProgressDetector(strings.ToLower(command.Arg(args, 0)), atoi(command.Arg(args, 2))),
		fax: flags.Has('f'), voice: flags.Has('v')}
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	for {
		f, err := c.Read(within)
		switch {
		case ctx.Err() != nil:
			c.SetVariable("TONESCANSTATUS", "HANGUP")
			return context.Cause(ctx)
		case within.Err() != nil:
			c.SetVariable("TONESCANSTATUS", "TIMEOUT")
			return nil
		case err != nil || f.Kind != media.Voice:
			continue
		}
		if status := s.hear(f); status != "" {
			c.SetVariable("TONESCANSTATUS", status)
			return nil
		}
	}
}

// toneScanning is one run of ToneScan.
type toneScanning struct {
	progress   *media.ProgressDetector
	spoken     media.Silence
	fax, voice bool
	samples    []int16
}

// hear returns what a frame makes known, if anything.
func (s *toneScanning) hear(f media.Frame) string {
	s.samples = media.AppendSamples(s.samples[:0], f.Data)
	if p := s.progress.Process(s.samples); p != media.CallToneNothing && (p != media.CallToneFax || s.fax) {
		return string(p)
	}
	s.spoken.Process(s.samples, f.Format.Rate)
	if s.voice && s.spoken.Loud >= scanVoice && !s.progress.Tonal() {
		return "VOICE"
	}
	return ""
}

// progressWanted are the tones of a call's progress that options of TONE_DETECT ask for.
func progressWanted(flags command.Flags) map[media.CallTone]bool {
	wanted := map[media.CallTone]bool{}
	for letter, p := range map[byte]media.CallTone{'a': media.CallToneSpecial, 'b': media.CallToneBusy,
		'c': media.CallToneDial, 'p': media.CallToneRinging} {
		if flags.Has(letter) {
			wanted[p] = true
		}
	}
	return wanted
}
