package monitor

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// touchKey is under which a leg keeps the recording that a key of its peer has begun.
type touchKey struct{}

// Touch begins to record the peer of a leg, or ends that: automixmon of features.conf.
// The name and how it is recorded stand in the variables TOUCH_MIXMONITOR and those that begin so.
// It is the owner's of the leg, which is aside.
func (h *House) Touch(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
	peer := b.Peer(c)
	if peer == nil {
		h.Logger.Warn("there are not two to be recorded", "channel", c.Name())
		return
	}
	for _, leg := range []*channel.Channel{peer, c} { // either has begun it
		if t, ok := leg.Value(touchKey{}).(*tape); ok && t != nil {
			leg.SetValue(touchKey{}, nil)
			if h.stop(t) {
				h.touched(ctx, b, c, peer, "TOUCH_MIXMONITOR_MESSAGE_STOP")
				return
			}
		}
	}
	file := h.path(touchFile(c, peer))
	options := ""
	if every := touch(c, "TOUCH_MIXMONITOR_BEEP"); every != "" {
		options = "B(" + every + ")"
	}
	t, err := h.begin(peer, file, options, "")
	if err != nil {
		h.Logger.Error("the call is not recorded", "channel", c.Name(), "file", file, "error", err)
		_ = h.hears(ctx, c, h.sound(c, "recordingfailsound"))
		return
	}
	h.tell(event.KindMixMonitorStart, peer, func(c *event.Channel) event.Event { return &event.MixMonitorStart{Channel: c} })
	peer.SetValue(touchKey{}, t)
	c.SetVariable("TOUCH_MIXMONITOR_OUTPUT", file)
	peer.SetVariable("TOUCH_MIXMONITOR_OUTPUT", file)
	h.touched(ctx, b, c, peer, "TOUCH_MIXMONITOR_MESSAGE_START")
}

// touch is a variable of the leg whose key it was.
func touch(c *channel.Channel, name string) string {
	value, _ := c.Variable(name)
	return strings.TrimSpace(value)
}

// touchFile is the name of such a recording.
func touchFile(c, peer *channel.Channel) string {
	format := touch(c, "TOUCH_MIXMONITOR_FORMAT")
	if format == "" {
		format = "wav"
	}
	now := time.Now().Unix()
	if name := touch(c, "TOUCH_MIXMONITOR"); name != "" {
		return fmt.Sprintf("auto-%d-%s.%s", now, filepath.Base(name), format)
	}
	return fmt.Sprintf("auto-%d-%s-%s.%s", now, who(c), who(peer), format)
}

// who is the number of a leg, or its name as a file may have it.
func who(c *channel.Channel) string {
	text := c.Name()
	if n := c.Caller().Number; n.Valid && n.Text != "" {
		text = n.Text
	}
	return strings.ReplaceAll(text, "/", "-")
}

// sound is one of features.conf, or "".
func (h *House) sound(c *channel.Channel, name string) string {
	if h.Sound == nil {
		return ""
	}
	return h.Sound(c, name)
}

// touched has both hear that the recording has begun, or has ended: courtesytone, and the sound
// that a variable names.
func (h *House) touched(ctx context.Context, b *bridge.Bridge, c, peer *channel.Channel, name string) {
	courtesy, message := h.sound(c, "courtesytone"), touch(c, name)
	if courtesy == "" && message == "" {
		return
	}
	b.Do(peer, bridge.Feature{Name: bridge.Unasked, Run: func(ctx context.Context, _ *bridge.Bridge, c *channel.Channel) {
		_ = h.hears(ctx, c, courtesy, message)
	}})
	_ = h.hears(ctx, c, courtesy, message)
}

// hears plays sounds to a leg, of which some may be "".
func (h *House) hears(ctx context.Context, c *channel.Channel, sounds ...string) error {
	for _, sound := range sounds {
		if sound == "" {
			continue
		}
		if _, err := h.Voice.Prompt(ctx, c, sound, ""); err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}
