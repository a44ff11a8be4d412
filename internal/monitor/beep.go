package monitor

import (
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// between is the time between two beeps that the option B asks for; 0 is none.
func between(flags command.Flags) time.Duration {
	text, ok := flags['B']
	if !ok {
		return 0
	}
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n > 0 && n < 1<<30 {
		return time.Duration(n) * time.Second
	}
	return 15 * time.Second
}

// beeps has the leg hear, from time to time, that it is recorded.
func (h *House) beeps(c *channel.Channel, hook *channel.Hook, every time.Duration) {
	clock := time.NewTicker(every)
	defer clock.Stop()
	for {
		select {
		case <-hook.Closed():
			return
		case <-clock.C:
			h.whisper(c, hook, "beep")
		}
	}
}

// whisper has the leg hear a sound over what it hears.
func (h *House) whisper(c *channel.Channel, hook *channel.Hook, sound string) {
	src, err := h.Voice.Open(sound, c.Snapshot().Language, c)
	if err != nil {
		return
	}
	defer finish(src)
	plain := media.LinearAt(hook.Rate())
	var translator media.Translator
	var from *media.Format
	clock := time.NewTicker(20 * time.Millisecond)
	defer clock.Stop()
	for {
		f, err := src.Next()
		if err != nil {
			return
		}
		if f.Format != plain {
			if translator == nil || from != f.Format {
				if translator, err = media.NewTranslator(f.Format, plain); err != nil {
					return
				}
				from = f.Format
			}
			var ok bool
			if f, ok, err = translator.Translate(f); err != nil || !ok {
				continue
			}
		}
		hook.Speak(channel.Out, media.AppendSamples(nil, f.Data))
		select {
		case <-clock.C:
		case <-hook.Closed():
			return
		}
	}
}
