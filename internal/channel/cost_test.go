package channel_test

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
)

// An event that no one wants is not built: not even the snapshot for it.
func TestAChangeThatNobodyHearsIsCheap(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		c.SetVariable("v", "0")
		at := channel.Location{Context: "a", Exten: "s", Priority: 1}
		party := event.Party{Number: event.Number{Valid: true, Text: "1"}}
		for _, change := range []struct {
			name string
			f    func()
		}{
			{"Step", func() { c.Step(at, "NoOp", "x") }},
			{"SetVariable", func() { c.SetVariable("v", "1") }},
			{"SetState", func() { c.SetState(event.Ringing); c.SetState(event.Up) }},
			{"SetCaller", func() { c.SetCaller(party) }},
		} {
			if n := testing.AllocsPerRun(100, change.f); n != 0 {
				t.Errorf("%s: %v allocations", change.name, n)
			}
		}
		c.End()
	})
}
