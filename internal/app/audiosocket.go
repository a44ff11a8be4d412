package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/media/audiosocket"
)

// outward are the applications that talk with servers.
func (h *House) outward() []Application {
	return []Application{
		{Row: row("AudioSocket", "app_audiosocket", "Exchange the leg's voice with a server over TCP", "AudioSocket(uuid,service)"), Run: h.audioSocket},
		{Row: row("ExternalIVR", "app_externalivr", "Let a program or a server play to the leg and hear its keys",
			"ExternalIVR(command|ivr://host[:port][(arg1[,arg2…])][,options])"), Run: h.externalIVR},
		{Row: row("StatsD", "app_statsd", "Send a figure to a statsd server", "StatsD(metric_type,statistic_name,value[,sample_rate])"), Run: h.statsD},
	}
}

// audioSocket has a server hear the leg and speak to it until either hangs up.
func (h *House) audioSocket(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	id, err := audiosocket.ParseUUID(command.Arg(args, 0))
	if err != nil {
		h.Logger.Error("AudioSocket: "+err.Error(), "channel", c.Name())
		return ErrHangup
	}
	d := net.Dialer{Timeout: audiosocket.Patience}
	conn, err := d.DialContext(ctx, "tcp", command.Arg(args, 1))
	if err != nil {
		h.Logger.Error("AudioSocket can't reach its server", "channel", c.Name(), "error", err)
		return ErrHangup
	}
	defer func() { _ = conn.Close() }()
	s := &audioSocket{conn: audiosocket.New(conn)}
	if err := s.conn.Send(audiosocket.ID, id[:]); err != nil {
		h.Logger.Error("AudioSocket", "channel", c.Name(), "error", err)
		return ErrHangup
	}
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin) // whatever the leg has, as on the reference
	defer c.SetReadFormat(old)
	c.StopSource()
	// What the server sends is played as it comes: it is in real time.
	err = during(ctx, c, func(ctx context.Context) error { return s.play(ctx, c) }, s.hear)
	switch {
	case ctx.Err() != nil:
		_ = s.conn.Send(audiosocket.Hangup, nil) // the server may be gone as well
		return err
	case s.failed != nil:
		h.Logger.Error("AudioSocket lost its server", "channel", c.Name(), "error", s.failed)
		return ErrHangup
	case err != nil && !errors.Is(err, errSocketHangup):
		h.Logger.Error("AudioSocket lost its server", "channel", c.Name(), "error", err)
		return ErrHangup
	}
	return nil
}

// An audioSocket is a connection. One goroutine sends and another plays.
type audioSocket struct {
	conn   *audiosocket.Conn
	failed error // of hear
}

// errSocketHangup says that the server wants no more of the leg.
var errSocketHangup = errors.New("the server hangs up")

// hear sends what the leg says and presses, and ends it all if that fails.
func (s *audioSocket) hear(f media.Frame) bool {
	switch f.Kind {
	case media.Voice:
		if f.Format == media.SLin {
			s.failed = s.conn.Send(audiosocket.Audio, f.Data)
		}
	case media.DTMFEnd:
		s.failed = s.conn.Send(audiosocket.Digit, []byte{f.Digit})
	}
	return s.failed != nil
}

// play plays what the server says until it hangs up.
func (s *audioSocket) play(ctx context.Context, c *channel.Channel) error {
	defer context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) })()
	for {
		kind, data, err := s.conn.Receive()
		switch {
		case errors.Is(err, io.EOF):
			return errSocketHangup
		case err != nil:
			return err
		}
		switch kind {
		case audiosocket.Hangup:
			return errSocketHangup
		case audiosocket.Error:
			return fmt.Errorf("the server reports the error %x", data)
		case audiosocket.Digit:
			if len(data) == 1 && c.BeginDigit(data[0]) == nil {
				_ = c.EndDigit(data[0], defaultDuration)
			}
		default:
			if f, ok := audiosocket.Voice(kind, data); ok {
				if err := c.Write(f); err != nil {
					return err
				}
			}
		}
	}
}
