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

// Touch begins to record the peer of a leg, or ends that: automixmon of features.conf. Each of
// two legs has the other recorded.
// The name and how it is recorded stand in the variables TOUCH_MIXMONITOR and those that begin so.
// It is the owner's of the leg, which is aside.
func (h *House) Touch(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
	peer := b.Peer(c)
	if peer == nil {
		h.Logger.Warn("there are not two to be recorded", "channel", c.Name())
		return
	}
	if t, ok := peer.Value(touchKey{}).(*tape); ok && t != nil {
		peer.SetValue(touchKey{}, nil)
		if h.stop(t) {
			h.touched(ctx, b, c, peer, "TOUCH_MIXMONITOR_MESSAGE_STOP")
			return
		}
	}
	file := touchBase(c, peer, "TOUCH_MIXMONITOR") + "." + touchFormat(c, peer, "TOUCH_MIXMONITOR")
	options := ""
	if every := touch(c, peer, "TOUCH_MIXMONITOR_BEEP"); every != "" {
		options = "B(" + every + ")"
	}
	peer.SetVariable("MIXMONITOR_FILENAME", h.path(file))
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

// touch is a variable of the leg whose key it was, else of its peer.
func touch(c, peer *channel.Channel, name string) string {
	if value, ok := c.Variable(name); ok {
		return strings.TrimSpace(value)
	}
	value, _ := peer.Variable(name)
	return strings.TrimSpace(value)
}

func touchFormat(c, peer *channel.Channel, variables string) string {
	if format := touch(c, peer, variables+"_FORMAT"); format != "" {
		return format
	}
	return "wav"
}

// touchBase is the name of such a recording without what tells its format, by the variables that
// begin with a name.
func touchBase(c, peer *channel.Channel, variables string) string {
	prefix, now := touch(c, peer, variables+"_PREFIX"), time.Now().Unix()
	if prefix == "" {
		prefix = "auto"
	}
	if name := touch(c, peer, variables); name != "" {
		return fmt.Sprintf("%s-%d-%s", filepath.Base(prefix), now, filepath.Base(name))
	}
	return fmt.Sprintf("%s-%d-%s-%s", filepath.Base(prefix), now, who(c), who(peer))
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
	courtesy, message := h.sound(c, "courtesytone"), touch(c, peer, name)
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

// TouchPair is Touch with Monitor: automon of features.conf, as Asterisk had it up to 20. Its variables
// begin with TOUCH_MONITOR.
func (h *House) TouchPair(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
	const variables = "TOUCH_MONITOR"
	peer := b.Peer(c)
	if peer == nil {
		h.Logger.Warn("there are not two to be recorded", "channel", c.Name())
		return
	}
	if h.pairOf(peer) != nil {
		h.stopPair(peer)
		h.touched(ctx, b, c, peer, variables+"_MESSAGE_STOP")
		return
	}
	base := touchBase(c, peer, variables)
	if err := h.monitor(peer, base, touchFormat(c, peer, variables), wanted{mix: true}); err != nil {
		h.Logger.Error("the call is not recorded", "channel", c.Name(), "file", base, "error", err)
		_ = h.hears(ctx, c, h.sound(c, "recordingfailsound"))
		return
	}
	c.SetVariable(variables+"_OUTPUT", base)
	peer.SetVariable(variables+"_OUTPUT", base)
	h.touched(ctx, b, c, peer, variables+"_MESSAGE_START")
}
