package function

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

const talkHook hookKey = "TALK_DETECT"

// talkLimits are the parameters of TALK_DETECT.
type talkLimits struct {
	silence   time.Duration // that ends talking
	threshold int           // mean magnitude of a frame that is loud
}

// A talker hears whether a leg's far end talks, and tells it. One goroutine at a
// time gives it frames, which the mutex of both sees to.
type talker struct {
	talkLimits
	leg     *channel.Channel
	level   media.Silence
	talking bool
	since   time.Time
}

// talkDetect sets, changes or ends the detection.
func talkDetect(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	switch strings.ToLower(strings.TrimSpace(args)) {
	case "remove":
		if !dropHook(c, talkHook) {
			return errors.New("TALK_DETECT is not set")
		}
		return nil
	case "set":
	default:
		return fmt.Errorf("TALK_DETECT: unknown action %q", args)
	}
	l := talkLimits{silence: 2500 * time.Millisecond, threshold: c.Hearing().Silence}
	if k := hookOf(c, talkHook); k != nil {
		l = k.state.(talkLimits) //nolint:forcetypeassert // nothing else is kept there
	}
	silence, threshold, _ := strings.Cut(value, ",")
	if silence = strings.TrimSpace(silence); silence != "" {
		ms, err := strconv.Atoi(silence)
		if err != nil || ms < 1 {
			return fmt.Errorf("TALK_DETECT: %q is no time in ms", silence)
		}
		l.silence = time.Duration(ms) * time.Millisecond
	}
	if threshold = strings.TrimSpace(threshold); threshold != "" {
		n, err := strconv.Atoi(threshold)
		if err != nil || n < 1 || n > 32768 {
			return fmt.Errorf("TALK_DETECT: %q is no level", threshold)
		}
		l.threshold = n
	}
	t := &talker{talkLimits: l, leg: c, level: media.Silence{Threshold: l.threshold}}
	var voices both
	setHook(c, talkHook, l, func(d channel.Direction, f media.Frame) (media.Frame, bool) {
		if d != channel.In {
			return f, true
		}
		var told event.Event
		voices.process(d, f, false, func(samples []int16, rate int) { told = t.hear(samples, rate) })
		if told != nil {
			c.Registry().Bus.Publish(told)
		}
		return f, true
	})
	return nil
}

// hear takes a frame and returns what is to be told, nil if nothing.
func (t *talker) hear(samples []int16, rate int) event.Event {
	quiet := t.level.Process(samples, rate)
	switch {
	case !quiet && !t.talking:
		t.talking, t.since = true, time.Now()
		return &event.ChannelTalkingStart{Channel: t.leg.Snapshot()}
	case quiet && t.talking && t.level.Quiet >= t.silence:
		t.talking = false
		return &event.ChannelTalkingStop{Channel: t.leg.Snapshot(), Duration: time.Since(t.since) - t.level.Quiet}
	}
	return nil
}
