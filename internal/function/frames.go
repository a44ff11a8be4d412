package function

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// frames are the functions that look at a leg's frames by their kind.
func (h *House) frames() []Function {
	return []Function{
		full("FRAME_DROP", "func_frame_drop", "Take frames of some kinds out of what a leg hears or says", "direction", nil, frameDrop),
		full("FRAME_TRACE", "func_frame_trace", "Write the frames of a leg to the console", "filter list type", nil, h.frameTrace),
		full("JITTERBUFFER", "func_jitterbuffer", "Put what a leg says back into its order and its time", "type", nil, jitterBuffer),
		full("HOLD_INTERCEPT", "func_holdintercept", "Tell of a hold, and do not pass it on", "action", nil, holdIntercept),
	}
}

// frameKind is the name of a frame's kind, and for a signal that of it as well.
func frameKind(f media.Frame) (kind, signal string) {
	switch f.Kind {
	case media.Voice:
		return "VOICE", ""
	case media.DTMFBegin:
		return "DTMF_BEGIN", ""
	case media.DTMFEnd:
		return "DTMF_END", ""
	case media.TextFrame:
		return "TEXT", ""
	case media.VideoFrame:
		return "VIDEO", ""
	case media.CNG:
		return "CNG", ""
	}
	return "CONTROL", signalNames[f.Signal]
}

var signalNames = map[media.Signal]string{media.Ringing: "RINGING", media.Progress: "PROGRESS", media.Proceeding: "PROCEEDING",
	media.Answered: "ANSWER", media.Busy: "BUSY", media.Congestion: "CONGESTION", media.Hold: "HOLD", media.Unhold: "UNHOLD",
	media.ConnectedLine: "CONNECTED_LINE", media.Redirecting: "REDIRECTING", media.VideoUpdate: "VIDUPDATE", media.Flash: "FLASH"}

// frameNames reads a list of names of kinds.
func frameNames(text string) map[string]bool {
	names := map[string]bool{}
	for _, name := range strings.Split(text, ",") {
		if name = strings.ToUpper(strings.TrimSpace(name)); name != "" {
			names[name] = true
		}
	}
	return names
}

const dropHookKey hookKey = "FRAME_DROP"

// frameDrop sets what is dropped in one direction; the other stays as it is.
func frameDrop(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	d, ok := direction(args)
	if !ok {
		return errDirection
	}
	var dropped [2]map[string]bool
	if k := hookOf(c, dropHookKey); k != nil {
		dropped = k.state.([2]map[string]bool) //nolint:forcetypeassert // nothing else is kept there
	}
	dropped[d] = frameNames(value)
	setHook(c, dropHookKey, dropped, func(d channel.Direction, f media.Frame) (media.Frame, bool) {
		if len(dropped[d]) == 0 {
			return f, true
		}
		kind, signal := frameKind(f)
		return f, !dropped[d][kind] && (signal == "" || !dropped[d][signal])
	})
	return nil
}

const traceHook hookKey = "FRAME_TRACE"

func (h *House) frameTrace(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	white := true
	switch strings.ToLower(strings.TrimSpace(args)) {
	case "", "white":
	case "black":
		white = false
	default:
		return fmt.Errorf("FRAME_TRACE: %q is neither white nor black", args)
	}
	names, name := frameNames(value), c.Name()
	setHook(c, traceHook, nil, func(d channel.Direction, f media.Frame) (media.Frame, bool) {
		kind, signal := frameKind(f)
		if len(names) > 0 && names[kind] != white {
			return f, true
		}
		way := map[channel.Direction]string{channel.In: "<--", channel.Out: "-->"}[d]
		detail := signal
		switch f.Kind {
		case media.DTMFBegin, media.DTMFEnd:
			detail = string(rune(f.Digit))
		case media.Voice, media.VideoFrame:
			if f.Format != nil {
				detail = fmt.Sprintf("%s, %d samples, %d bytes", f.Format.Name, f.Samples, len(f.Data))
			}
		}
		logging.CallVerbosef(h.Logger, c.CallNumber(), 0, "%s FrameType: %s %s on %s", way, kind, detail, name)
		return f, true
	})
	return nil
}

const holdHook hookKey = "HOLD_INTERCEPT"

var errNoIntercept = errors.New("HOLD_INTERCEPT is not set")

// holdIntercept keeps holds from going on. Whoever listens has heard of them then.
func holdIntercept(_ context.Context, c *channel.Channel, args, _ string) error {
	if c == nil {
		return errNoChannel
	}
	switch strings.ToLower(strings.TrimSpace(args)) {
	case "set":
		if hookOf(c, holdHook) != nil {
			return errors.New("HOLD_INTERCEPT is set already")
		}
		setHook(c, holdHook, nil, func(d channel.Direction, f media.Frame) (media.Frame, bool) {
			if f.Kind != media.Control || f.Signal != media.Hold && f.Signal != media.Unhold {
				return f, true
			}
			if d == channel.Out { // of what the leg sends who listens has heard already
				c.Tell(f)
			}
			return f, false
		})
		return nil
	case "remove":
		if !dropHook(c, holdHook) {
			return errNoIntercept
		}
		return nil
	}
	return fmt.Errorf("HOLD_INTERCEPT: unknown action %q", args)
}
