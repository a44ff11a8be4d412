package bridge

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// deafLeg takes what it is sent and forgets it.
type deafLeg struct{ channeltest.Leg }

func (*deafLeg) WriteFormat() *media.Format { return media.ULaw }
func (*deafLeg) Write(media.Frame) error    { return nil }

// BenchmarkMix measures one tick, 20 ms, of conferences of legs with G.711: what the talkers have
// said is decoded, all is mixed, and each leg's share is encoded. core% is how much of one core that
// takes all the time.
func BenchmarkMix(b *testing.B) {
	for _, c := range []struct {
		rooms, legs, talkers int
		drop                 bool
	}{{1, 500, 500, false}, {1, 500, 3, false}, {1, 500, 500, true}, {100, 5, 5, false}} {
		name := fmt.Sprintf("%dx%d/%d-talk", c.rooms, c.legs, c.talkers)
		if c.drop {
			name = fmt.Sprintf("%dx%d/silence-dropped", c.rooms, c.legs)
		}
		b.Run(name, func(b *testing.B) {
			x := channel.NewRegistry(event.NewBus(), slog.New(slog.DiscardHandler), "")
			rooms := make([][]*member, c.rooms)
			for i := range rooms {
				for j := range c.legs {
					leg, err := x.New(channel.Config{Name: fmt.Sprintf("Test/%d-%d", i, j), Technology: "Test", Leg: &deafLeg{}, State: event.Up, Standing: true})
					if err != nil {
						b.Fatal(err)
					}
					v := &Voice{DropSilence: c.drop, Pause: time.Second, Threshold: 160}
					rooms[i] = append(rooms[i], newMember(nil, leg, JoinOptions{Voice: v}))
				}
			}
			loud, quiet := spoken(b, 4000), spoken(b, 40)
			scratch := mixScratch{interval: 20 * time.Millisecond}
			tick := func() {
				for _, members := range rooms {
					for i, m := range members[:c.talkers] {
						f := loud
						if c.drop && i >= 3 {
							f = quiet
						}
						m.input.Put(f)
					}
					scratch.mix(members, media.SLin)
				}
			}
			tick() // the first only finds out the format
			b.ReportAllocs()
			for b.Loop() {
				tick()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(20*time.Millisecond)*100, "core%")
		})
	}
}

// spoken is 20 ms of G.711.
func spoken(b *testing.B, loud float64) media.Frame {
	b.Helper()
	t, err := media.NewTranslator(media.SLin, media.ULaw)
	if err != nil {
		b.Fatal(err)
	}
	f, ok, err := t.Translate(channeltest.Tone(media.SLin, loud))
	if err != nil || !ok {
		b.Fatal("no voice: ", err)
	}
	return f
}
