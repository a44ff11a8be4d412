package channel

import (
	"log/slog"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// keysLeg notes how long keys are held that are sent to it.
type keysLeg struct {
	Leg
	held []int
}

func (*keysLeg) Hangup(int)            {}
func (*keysLeg) BeginDigit(byte) error { return nil }
func (l *keysLeg) EndDigit(_ byte, ms int) error {
	l.held = append(l.held, ms)
	return nil
}

// Keys that go on to another leg are held as long as mindtmfduration says at least.
func TestShortKeysAreLengthened(t *testing.T) {
	for _, c := range []struct {
		least, held time.Duration
		want        int
	}{{0, 40, 80}, {0, 160, 160}, {250, 160, 250}, {20, 40, 40}} {
		r := NewRegistry(event.NewBus(), slog.New(slog.DiscardHandler), "")
		if c.least > 0 {
			r.LeastKey = c.least * time.Millisecond
		}
		leg := &keysLeg{}
		ch, err := r.New(Config{Name: "Test/1", Technology: "Test", Leg: leg})
		if err != nil {
			t.Fatal(err)
		}
		if err := ch.PassDigit(media.Frame{Kind: media.DTMFEnd, Digit: '1', Duration: c.held * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		if len(leg.held) != 1 || leg.held[0] != c.want {
			t.Errorf("at least %d ms: a key of %d ms is held %v, want %d", c.least, c.held, leg.held, c.want)
		}
		ch.End()
	}
}
