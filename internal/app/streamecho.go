package app

import (
	"context"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// streamEcho sends back what the leg sends, and what comes by the first stream of a
// kind by as many streams of it as are wanted, for which it asks the far end.
func (h *House) streamEcho(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	kind := media.Video
	switch name := strings.ToLower(strings.TrimSpace(command.Arg(args, 1))); name {
	case "", "video":
	case "audio":
		kind = media.Audio
	default:
		h.Logger.Error("there are no streams of the kind to echo", "channel", c.Name(), "kind", name)
		return ErrHangup
	}
	wanted, err := strconv.Atoi(strings.TrimSpace(command.Arg(args, 0)))
	if leg, ok := c.Leg().(channel.Streamer); ok && err == nil && wanted > 0 {
		if wanted, err = leg.SetStreams(ctx, kind, wanted); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			h.Logger.Warn("the streams are as they were", "channel", c.Name(), "error", err)
		}
	}
	c.StopSource()
	for {
		f, err := c.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
		case f.Kind == media.DTMFEnd && f.Digit == '#':
			return nil
		case f.Kind == media.Voice, f.Kind == media.VideoFrame:
			sendBack(c, f, kind, wanted)
		}
	}
}

// sendBack echoes a frame; one of the first stream of a kind by all of them.
func sendBack(c *channel.Channel, f media.Frame, kind media.MediaKind, streams int) {
	_ = c.Write(f) // a leg that takes nothing hears nothing
	of, place := media.StreamOf(f.Stream)
	if f.Kind == media.Voice {
		of, place = media.Audio, 0
	}
	if of != kind || place > 0 {
		return
	}
	f.Kind = media.VideoFrame
	for i := 1; i < streams; i++ {
		f.Stream = media.StreamNumber(kind, i)
		_ = c.Write(f)
	}
}
