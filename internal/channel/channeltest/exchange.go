package channeltest

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/jitter"
	"github.com/octothorpe/octothorpe/internal/media"
)

// An Exchange has channels and a driver for "Test/…", and nothing above them.
type Exchange struct {
	*channel.Registry
	names int

	mu   sync.Mutex
	made map[string]*Channel
}

// A Channel is a channel with its leg.
type Channel struct {
	*channel.Channel
	Far *Leg
}

// NewExchange returns one without a test: for benchmarks, which end it themselves.
func NewExchange() *Exchange {
	return &Exchange{Registry: channel.NewRegistry(event.NewBus(), slog.New(slog.DiscardHandler), ""), made: map[string]*Channel{}}
}

// In runs a test in virtual time. At its end all channels are hung up, and it
// fails if their owners do not end.
func In(t *testing.T, test func(t *testing.T, x *Exchange)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := NewExchange()
		test(t, x)
		if err := x.Shutdown(t.Context(), channel.CauseNormalClearing); err != nil {
			t.Error(err)
		}
		for _, c := range x.All() { // of legs that no owner had
			c.End()
		}
	})
}

// Leg makes a channel that is up and that nobody owns but the test.
func (x *Exchange) Leg(t *testing.T, leg *Leg) *Channel {
	t.Helper()
	return x.LegWith(t, leg, nil)
}

// LegWith is Leg for a technology that has a jitter buffer.
func (x *Exchange) LegWith(t *testing.T, leg *Leg, j *jitter.Config) *Channel {
	t.Helper()
	x.names++
	c, err := x.New(channel.Config{Name: fmt.Sprintf("Test/%d", x.names), Technology: "Test", Leg: leg, State: event.Up, Jitter: j})
	if err != nil {
		t.Fatal(err)
	}
	return &Channel{c, leg}
}

// Driver makes legs for "Test/name". behave, if not nil, says what a leg does when
// it is called; it runs as a goroutine of the leg's.
type Driver struct {
	Exchange *Exchange
	Behave   func(destination string, c *Channel)
}

// Technology implements channel.Driver.
func (*Driver) Technology() string { return "Test" }

// DeviceState implements channel.Driver.
func (*Driver) DeviceState(string) string { return "NOT_INUSE" }

// Request implements channel.Driver. The destination "none" is refused.
func (d *Driver) Request(_ context.Context, q channel.Request) (*channel.Channel, error) {
	if q.Destination == "none" {
		return nil, &channel.RequestError{Cause: channel.CauseSubscriberAbsent, Why: "there is none"}
	}
	made := &Channel{Far: &Leg{}}
	c, err := d.Exchange.New(channel.Config{Name: "Test/" + q.Destination, Technology: "Test", Leg: made.Far, State: event.Down,
		Requestor: q.Requestor, UniqueID: q.UniqueID, LinkedID: q.LinkedID, Outgoing: true})
	if err != nil {
		return nil, &channel.RequestError{Cause: channel.CauseCongestion, Why: err.Error()}
	}
	made.Channel = c
	made.Far.OnCall = func() error {
		if d.Behave != nil {
			d.Exchange.Go(c.Name(), func() { d.Behave(q.Destination, made) })
		}
		return nil
	}
	d.Exchange.mu.Lock()
	d.Exchange.made[q.Destination] = made
	d.Exchange.mu.Unlock()
	return c, nil
}

// Made returns the leg that the driver made for a destination, or nil.
func (x *Exchange) Made(destination string) *Channel {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.made[destination]
}

// Signal makes the far end send a signal.
func (c *Channel) Signal(s media.Signal) { c.Deliver(media.Frame{Kind: media.Control, Signal: s}) }

// Accept makes the far end answer.
func (c *Channel) Accept() {
	c.SetState(event.Up)
	c.Signal(media.Answered)
}

// Tone makes 20 ms of a sine of 400 Hz in a linear format.
func Tone(format *media.Format, amplitude float64) media.Frame { return Sine(format, 400, amplitude) }

// Sine makes 20 ms of a sine in a linear format. Multiples of 50 Hz fit the frame.
func Sine(format *media.Format, hertz, amplitude float64) media.Frame {
	n := format.Rate / 50
	data := make([]byte, 2*n)
	for i := range n {
		v := amplitude * math.Sin(2*math.Pi*hertz*float64(i)/float64(format.Rate))
		binary.LittleEndian.PutUint16(data[2*i:], uint16(int16(math.Round(v))))
	}
	return media.Frame{Kind: media.Voice, Format: format, Samples: n, Data: data}
}

// Level returns the amplitude of the sine that has the power of linear voice; 0 of none.
func Level(frames []media.Frame) float64 {
	power, n := 0.0, 0
	for _, f := range frames {
		for i := 0; i+1 < len(f.Data); i += 2 {
			v := float64(int16(binary.LittleEndian.Uint16(f.Data[i:])))
			power += v * v
			n++
		}
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(2 * power / float64(n))
}
