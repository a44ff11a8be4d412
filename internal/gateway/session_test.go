package gateway

import (
	"os"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
)

// A lazy program never asks for anything.
type lazy struct {
	link
	limited func()
	woken   chan struct{}
}

func (l *lazy) wake() { l.woken <- struct{}{} }

func (l *lazy) limit(time.Duration) {
	select {
	case <-l.woken: // undone
	default:
	}
	l.limited()
}

func (l *lazy) command() (request, error) {
	<-l.woken
	return request{}, os.ErrDeadlineExceeded
}

func (*lazy) hangup()           {}
func (*lazy) endsWithLeg() bool { return false }

// The exchange may end at any moment: also just when the program of a leg that is hung up gets its limit.
func TestTheEndOfTheExchangeIsNotUndone(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		for _, first := range []bool{true, false} {
			leg := x.Leg(t, &channeltest.Leg{})
			leg.Hangup(channel.CauseNormalClearing)
			g := New(Config{})
			l := &lazy{woken: make(chan struct{}, 1)}
			l.limited = func() {
				if first {
					g.Close()
					<-l.woken // before the limit was set
				} else {
					time.AfterFunc(time.Second, g.Close)
				}
			}
			s := &session{g: g, c: leg.Channel, step: leg.Context(), link: l, dead: true}
			begun := time.Now()
			s.converse()
			if d := time.Since(begun); d > time.Second {
				t.Errorf("the session went on for %v", d)
			}
			leg.End()
		}
	})
}
