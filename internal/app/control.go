package app

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A stream is a source in which one can move: every prompt is.
type stream interface {
	channel.Source
	Format() *media.Format
	SeekTo(samples int64) error
	Position() int64
	Length() int64
}

// controlled is a stream that is moved in while it is played. The keys are read
// on one goroutine and the sound is played on another: they meet in move.
type controlled struct {
	stream
	move   atomic.Int64 // ms to go forwards (or back), added up
	again  atomic.Bool
	paused atomic.Bool
}

// Next implements channel.Source.
func (s *controlled) Next() (media.Frame, error) {
	if s.again.Swap(false) {
		s.move.Store(0)
		if err := s.SeekTo(0); err != nil {
			return media.Frame{}, err
		}
	}
	if ms := s.move.Swap(0); ms != 0 {
		to := s.Position() + ms*int64(s.Format().Rate)/1000
		if to >= s.Length() {
			return media.Frame{}, io.EOF
		}
		if err := s.SeekTo(to); err != nil {
			return media.Frame{}, err
		}
	}
	if s.paused.Load() {
		return media.Frame{Kind: media.CNG, Format: s.Format(), Samples: s.Format().Rate / 50}, nil
	}
	return s.stream.Next()
}

// offset is where the stream is, in ms.
func (s *controlled) offset() int64 { return s.Position() * 1000 / int64(s.Format().Rate) }

// controlKeys are the keys of ControlPlayback.
type controlKeys struct{ forward, rewind, stop, pause, restart string }

// way is what a key means, "" if nothing.
func (k controlKeys) way(digit byte) string {
	switch {
	case has(k.forward, digit):
		return moveForward
	case has(k.rewind, digit):
		return moveReverse
	case has(k.restart, digit):
		return moveRestart
	case has(k.pause, digit):
		return movePause
	case has(k.stop, digit):
		return moveStop
	}
	return ""
}

func has(keys string, digit byte) bool { return keys != "" && strings.IndexByte(keys, digit) >= 0 }

func (h *House) control() []Application {
	return []Application{
		{Row: row("ControlPlayback", "app_controlplayback", "Play a prompt in which the leg can move",
			"ControlPlayback(file[,skipms[,forward[,rewind[,stop[,pause[,restart[,options]]]]]]])"), Run: h.controlPlayback},
	}
}

func (h *House) controlPlayback(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 8)
	file := command.Arg(args, 0)
	if file == "" {
		h.Logger.Warn("ControlPlayback requires an argument (filename)", "channel", c.Name())
		return ErrHangup
	}
	skip := int64(atoi(command.Arg(args, 1)))
	if skip <= 0 {
		skip = defaultSkip
	}
	keys := controlKeys{forward: command.Arg(args, 2), rewind: command.Arg(args, 3), stop: command.Arg(args, 4),
		pause: command.Arg(args, 5), restart: command.Arg(args, 6)}
	if keys.forward == "" {
		keys.forward = "#"
	}
	if keys.rewind == "" {
		keys.rewind = "*"
	}
	flags := command.ParseFlags(command.Arg(args, 7))
	if err := answer(ctx, c); err != nil {
		return err
	}
	start := int64(max(0, atoi(flags['o']))) // ms from which it begins
	status, stopKey, offset, err := h.playControlled(ctx, c, file, c.Snapshot().Language, keys, skip, start)
	if err != nil {
		c.SetVariable("CPLAYBACKSTATUS", "REMOTESTOPPED")
		return err
	}
	setVariables(c, "CPLAYBACKSTATUS", status, "CPLAYBACKOFFSET", strconv.FormatInt(offset, 10))
	if stopKey != 0 {
		c.SetVariable("CPLAYBACKSTOPKEY", string(rune(stopKey)))
	}
	return nil
}

func (h *House) playControlled(ctx context.Context, c *channel.Channel, file, language string, keys controlKeys, skip, start int64) (status string, key byte, offset int64, err error) {
	src, err := h.Sounds.Open(file, language, c)
	if err != nil {
		h.Logger.Warn("the sound can't be played", "channel", c.Name(), "sound", file, "error", err)
		return "ERROR", 0, -1, nil
	}
	if closer, ok := src.(io.Closer); ok {
		defer func() { _ = closer.Close() }()
	}
	seekable, ok := src.(stream)
	if !ok {
		h.Logger.Warn("the sound can't be moved in", "channel", c.Name(), "sound", file)
		return "ERROR", 0, -1, nil
	}
	defer h.tellPlayback(c, file, language, src)()
	s := &controlled{stream: seekable}
	s.move.Store(start)
	c.StopSource()
	err = during(ctx, c, func(ctx context.Context) error { return c.Pace(ctx, s) }, func(f media.Frame) bool {
		way := moved(f)
		switch {
		case way == moveStop || way == movePause && !s.paused.Load() || way == moveRestart:
			tellMove(c, "Break", 0)
		case f.Kind == media.DTMFEnd:
			way = keys.way(f.Digit)
		}
		switch way {
		case moveForward:
			s.skip(c, skip)
		case moveReverse:
			s.skip(c, -skip)
		case moveRestart:
			s.begin(c)
		case movePause:
			s.pause(c)
		case moveStop:
			tellMove(c, "Stop", 0)
			if f.Kind == media.DTMFEnd {
				key = f.Digit
			}
			return true
		}
		return false
	})
	switch {
	case errors.Is(err, errKey) && key == 0:
		return "REMOTESTOPPED", 0, s.offset(), nil
	case errors.Is(err, errKey):
		return "USERSTOPPED", key, s.offset(), nil
	case ended(ctx, err):
		return "", 0, 0, err
	case err != nil:
		return "ERROR", 0, -1, nil
	}
	return "SUCCESS", 0, -1, nil
}
