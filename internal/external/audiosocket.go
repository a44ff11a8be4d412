package external

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/media/audiosocket"
)

// AudioSocket is the driver of AudioSocket/host:port/uuid/c(format). What is no linear
// format is carried as linear voice of its rate, as the protocol has no other.
type AudioSocket struct {
	Channels *channel.Registry
	Logger   *slog.Logger

	next atomic.Uint64
}

// Technology implements channel.Driver.
func (*AudioSocket) Technology() string { return "AudioSocket" }

// DeviceState implements channel.Driver: nobody knows.
func (*AudioSocket) DeviceState(string) string { return "UNKNOWN" }

// socketQueue is how many messages may wait for the server: two seconds of voice.
const socketQueue = 100

// A message is one to the far end.
type message struct {
	kind byte
	data []byte
}

// An audioLeg is a leg.
type audioLeg struct {
	driver *AudioSocket
	c      *channel.Channel
	format *media.Format
	kind   byte // of voice to the server
	id     [16]byte
	conn   *audiosocket.Conn
	queue  chan message
	ended  chan struct{}
	once   sync.Once
	called atomic.Bool
}

// Request implements channel.Driver. It connects to the server.
func (d *AudioSocket) Request(ctx context.Context, q channel.Request) (*channel.Channel, error) {
	to := parse(q.Destination, 2)
	if len(to.parts) < 2 {
		return nil, refused("write AudioSocket/host:port/uuid")
	}
	format, err := to.format(q.Formats, media.SLin)
	if err != nil {
		return nil, err
	}
	leg := &audioLeg{driver: d, format: media.LinearAt(format.Rate), queue: make(chan message, socketQueue), ended: make(chan struct{})}
	if leg.format == nil {
		leg.format = media.SLin
	}
	leg.kind, _ = audiosocket.Kind(leg.format)
	if leg.id, err = audiosocket.ParseUUID(to.parts[1]); err != nil {
		return nil, refused("%v", err)
	}
	dialer := net.Dialer{Timeout: audiosocket.Patience}
	conn, err := dialer.DialContext(ctx, "tcp", to.parts[0])
	if err != nil {
		return nil, &channel.RequestError{Cause: channel.CauseNoRouteDestination, Why: err.Error()}
	}
	leg.conn = audiosocket.New(conn)
	leg.c, err = open(d.Channels, q, fmt.Sprintf("AudioSocket/%s-%s-0x%08x", to.parts[0], to.parts[1], d.next.Add(1)), d.Technology(), leg)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return leg.c, nil
}

// Call tells the server whose call it is; that it takes it is the answer.
func (l *audioLeg) Call(context.Context) error {
	if err := l.conn.Send(audiosocket.ID, l.id[:]); err != nil {
		return fmt.Errorf("audiosocket: %w", err)
	}
	l.called.Store(true)
	l.driver.Channels.Go(l.c.Name(), l.send)
	l.driver.Channels.Go(l.c.Name(), l.receive)
	answered(l.c)
	return nil
}

// send sends what waits until the leg ends.
func (l *audioLeg) send() {
	defer func() { _ = l.conn.Close() }()
	for {
		select {
		case <-l.ended:
			_ = l.conn.Send(audiosocket.Hangup, nil) // the server may be gone
			return
		case m := <-l.queue:
			if err := l.conn.Send(m.kind, m.data); err != nil {
				l.driver.Logger.Warn("AudioSocket lost its server", "channel", l.c.Name(), "error", err)
				l.c.RemoteHangup(channel.CauseNormalClearing)
				return
			}
		}
	}
}

// receive delivers what comes until the server hangs up.
func (l *audioLeg) receive() {
	defer l.c.RemoteHangup(channel.CauseNormalClearing)
	for {
		kind, data, err := l.conn.Receive()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), err != nil && l.c.HungUp():
			return
		case err != nil:
			l.driver.Logger.Warn("AudioSocket lost its server", "channel", l.c.Name(), "error", err)
			return
		}
		switch kind {
		case audiosocket.Hangup:
			return
		case audiosocket.Error:
			l.driver.Logger.Warn("the server of an AudioSocket reports an error", "channel", l.c.Name(), "error", fmt.Sprintf("%x", data))
			return
		case audiosocket.Digit:
			if len(data) == 1 {
				l.c.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: data[0]})
				l.c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: data[0], Duration: 100 * time.Millisecond})
			}
		default:
			if f, ok := audiosocket.Voice(kind, data); ok {
				l.c.Deliver(f)
			}
		}
	}
}

func (l *audioLeg) put(kind byte, data []byte) {
	select {
	case l.queue <- message{kind, data}:
	default: // voice that is late is worth nothing
	}
}

// Write implements channel.Leg.
func (l *audioLeg) Write(f media.Frame) error {
	if f.Kind == media.Voice && f.Format == l.format {
		l.put(l.kind, f.Data)
	}
	return nil
}

// BeginDigit and EndDigit implement channel.DigitSender.
func (l *audioLeg) BeginDigit(byte) error { return nil }
func (l *audioLeg) EndDigit(digit byte, _ int) error {
	l.put(audiosocket.Digit, []byte{digit})
	return nil
}

// The other methods of channel.Leg.
func (l *audioLeg) Answer() error              { return nil }
func (l *audioLeg) Indicate(media.Frame) error { return channel.ErrNotIndicated }
func (l *audioLeg) WriteFormat() *media.Format { return l.format }

// Hangup ends the leg. Where it was not called yet the connection is closed here.
func (l *audioLeg) Hangup(int) {
	l.once.Do(func() { close(l.ended) })
	_ = l.conn.SetReadDeadline(time.Unix(1, 0))
	if !l.called.Load() {
		_ = l.conn.Close()
	}
}
