package app

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// The ways to move in what is played, by the words of AMI's ControlPlayback.
const (
	moveStop    = "stop"
	moveForward = "forward"
	moveReverse = "reverse"
	movePause   = "pause"
	moveRestart = "restart"
)

// defaultSkip is how far one step goes where nobody says so, in ms.
const defaultSkip = 3000

// moved returns the way in which somebody wants to move in what is played, or "".
func moved(f media.Frame) string {
	if f.Kind != media.Control || f.Signal != media.Playing {
		return ""
	}
	way, _ := f.Value.(string)
	return way
}

// Actions are the manager actions that reach into applications.
func (h *House) Actions() []command.Action {
	return []command.Action{{Row: command.Row{Name: "ControlPlayback", Module: "manager", Synopsis: "Move in what is played to a leg"},
		Privilege: command.Call, Run: h.actControl}}
}

func (h *House) actControl(_ context.Context, r *command.ActionRequest) error {
	name, way := r.Get("Channel"), strings.ToLower(r.Get("Control"))
	switch {
	case name == "":
		return command.Refusal("Channel not specified")
	case way == "":
		return command.Refusal("Control not specified")
	}
	c := h.Channels.Find(name)
	if c == nil {
		return command.Refusal("No such channel")
	}
	switch way {
	case moveStop, moveForward, moveReverse, movePause, moveRestart:
	default:
		return command.Refusal("Unknown control type")
	}
	c.Hand(media.Frame{Kind: media.Control, Signal: media.Playing, Value: way})
	r.Reply("Success", "")
	return nil
}

// Close implements io.Closer.
func (s *controlled) Close() error {
	if closer, ok := s.stream.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// tellMove tells how somebody moves, for tests that wait for it.
func tellMove(c *channel.Channel, way string, skip int64) {
	fields := []event.Variable{{Name: "Channel", Value: c.Name()}, {Name: "Control", Value: way}}
	if skip > 0 {
		fields = append(fields, event.Variable{Name: "SkipMs", Value: strconv.FormatInt(skip, 10)})
	}
	c.TestEvent("PLAYBACK", "file.c", "waitstream_core", fields...)
}

// skip moves on by a number of ms, back if it is below 0.
func (s *controlled) skip(c *channel.Channel, by int64) {
	s.move.Add(by)
	if by < 0 {
		tellMove(c, "Rewind", -by)
	} else {
		tellMove(c, "FastForward", by)
	}
}

// begin plays from the beginning again, and pause holds on, or goes on.
func (s *controlled) begin(c *channel.Channel) {
	s.again.Store(true)
	tellMove(c, "Restart", 0)
}

func (s *controlled) pause(c *channel.Channel) {
	paused := !s.paused.Load()
	s.paused.Store(paused)
	tellMove(c, map[bool]string{true: "Pause", false: "Unpause"}[paused], 0)
}

// movable lets others move in a prompt that is played in passing: they go forth and
// back in it; anything else ends it.
func movable(c *channel.Channel, src channel.Source, heard func(media.Frame) bool) (channel.Source, func(media.Frame) bool) {
	at, ok := src.(stream)
	if !ok {
		return src, heard
	}
	s := &controlled{stream: at}
	return s, func(f media.Frame) bool {
		switch moved(f) {
		case "":
			return heard != nil && heard(f)
		case moveForward:
			s.skip(c, defaultSkip)
		case moveReverse:
			s.skip(c, -defaultSkip)
		default:
			tellMove(c, "Break", 0)
			return true
		}
		return false
	}
}
