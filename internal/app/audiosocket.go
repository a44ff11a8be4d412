package app

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// The kinds of messages on an AudioSocket: a byte, the length of what follows in
// two bytes, and that.
const (
	socketHangup = 0x00
	socketID     = 0x01
	socketDigit  = 0x03
	socketAudio  = 0x10 // 16-bit little-endian samples at 8 kHz; the next ones are other rates
	socketError  = 0xff
)

// socketRates are those of the kinds from socketAudio on.
var socketRates = []int{8000, 12000, 16000, 24000, 32000, 44100, 48000, 96000, 192000}

const (
	socketConnect = 2 * time.Second
	// socketWrite is how long the server may not take a message.
	socketWrite = 2 * time.Second
)

// outward are the applications that talk with servers.
func (h *House) outward() []Application {
	return []Application{
		{Row: partly(row("AudioSocket", "app_audiosocket", "Exchange the leg's voice with a server over TCP", "AudioSocket(uuid,service)"),
			"other rates than 8 kHz towards the server"), Run: h.audioSocket},
		{Row: row("StatsD", "app_statsd", "Send a figure to a statsd server", "StatsD(metric_type,statistic_name,value[,sample_rate])"), Run: h.statsD},
	}
}

// parseUUID reads the written form of RFC 9562 §4.
func parseUUID(text string) (id [16]byte, err error) {
	parts := strings.Split(text, "-")
	if len(text) != 36 || len(parts) != 5 || len(parts[0]) != 8 || len(parts[1]) != 4 || len(parts[2]) != 4 || len(parts[3]) != 4 {
		return id, fmt.Errorf("%q is no UUID", text)
	}
	b, err := hex.DecodeString(strings.Join(parts, ""))
	if err != nil {
		return id, fmt.Errorf("%q is no UUID", text)
	}
	copy(id[:], b)
	return id, nil
}

// audioSocket has a server hear the leg and speak to it until either hangs up.
func (h *House) audioSocket(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	id, err := parseUUID(command.Arg(args, 0))
	if err != nil {
		h.Logger.Error("AudioSocket: "+err.Error(), "channel", c.Name())
		return ErrHangup
	}
	d := net.Dialer{Timeout: socketConnect}
	conn, err := d.DialContext(ctx, "tcp", command.Arg(args, 1))
	if err != nil {
		h.Logger.Error("AudioSocket can't reach its server", "channel", c.Name(), "error", err)
		return ErrHangup
	}
	defer func() { _ = conn.Close() }()
	s := &audioSocket{conn: conn}
	if err := s.send(socketID, id[:]); err != nil {
		h.Logger.Error("AudioSocket", "channel", c.Name(), "error", err)
		return ErrHangup
	}
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	c.StopSource()
	// What the server sends is played as it comes: it is in real time.
	err = during(ctx, c, func(ctx context.Context) error { return s.play(ctx, c) }, s.hear)
	switch {
	case ctx.Err() != nil:
		_ = s.send(socketHangup, nil) // the server may be gone as well
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
	conn   net.Conn
	buffer []byte
	failed error // of hear
}

// errSocketHangup says that the server wants no more of the leg.
var errSocketHangup = errors.New("the server hangs up")

func (s *audioSocket) send(kind byte, data []byte) error {
	s.buffer = append(s.buffer[:0], kind, byte(len(data)>>8), byte(len(data)))
	s.buffer = append(s.buffer, data...)
	_ = s.conn.SetWriteDeadline(time.Now().Add(socketWrite))
	_, err := s.conn.Write(s.buffer)
	return err
}

// hear sends what the leg says and presses, and ends it all if that fails.
func (s *audioSocket) hear(f media.Frame) bool {
	switch f.Kind {
	case media.Voice:
		if f.Format == media.SLin {
			s.failed = s.send(socketAudio, f.Data)
		}
	case media.DTMFEnd:
		s.failed = s.send(socketDigit, []byte{f.Digit})
	}
	return s.failed != nil
}

// play plays what the server says until it hangs up.
func (s *audioSocket) play(ctx context.Context, c *channel.Channel) error {
	defer context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(time.Unix(1, 0)) })()
	in := bufio.NewReader(s.conn)
	var head [3]byte
	for {
		if _, err := io.ReadFull(in, head[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return errSocketHangup
			}
			return err
		}
		data := make([]byte, binary.BigEndian.Uint16(head[1:]))
		if _, err := io.ReadFull(in, data); err != nil {
			return err
		}
		switch kind := head[0]; {
		case kind == socketHangup:
			return errSocketHangup
		case kind == socketError:
			return fmt.Errorf("the server reports the error %x", data)
		case kind == socketDigit && len(data) == 1:
			if err := c.BeginDigit(data[0]); err == nil {
				_ = c.EndDigit(data[0], defaultDuration)
			}
		case kind >= socketAudio && int(kind-socketAudio) < len(socketRates) && len(data) > 1:
			format := media.LinearAt(socketRates[kind-socketAudio])
			if format == nil {
				continue
			}
			f := media.Frame{Kind: media.Voice, Format: format, Data: data[:len(data)&^1], Samples: len(data) / 2}
			if err := c.Write(f); err != nil {
				return err
			}
		}
	}
}
