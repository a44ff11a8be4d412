package bridge_test

import (
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// talks has a leg say something, so loud, for so many ticks of the mix.
func (p *pane) talks(loud float64, ticks int) {
	for range ticks {
		p.ch.Deliver(channeltest.Tone(media.SLin, loud))
		time.Sleep(20 * time.Millisecond)
	}
}

// asks is how often a leg was asked for a whole picture.
func (p *pane) asks() (n int) {
	for _, told := range p.Told() {
		if told == media.VideoUpdate.String() {
			n++
		}
	}
	return n
}

// glance has a leg show a picture, and returns which of the legs see it.
func glance(from *pane, legs []*pane) (seen []int) {
	before := make([]int, len(legs))
	for i, p := range legs {
		before[i] = len(p.seen())
	}
	from.shows(0)
	for i, p := range legs {
		if len(p.seen()) > before[i] {
			seen = append(seen, i)
		}
	}
	return seen
}

// All see who talks most, and who talks sees the one before, as the reference shows it to phones.
func TestTalkerIsSeen(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Keep: true, Video: "talker"})
		one := []*media.Format{media.H264}
		legs := h.panes(t, b, one, one, one, one)
		told := channeltest.Listen(t, h.Bus, event.KindBridgeVideoSource)
		expect := func(when string, shows int, want []int, asked ...int) {
			t.Helper()
			if got := glance(legs[shows], legs); !slices.Equal(got, want) {
				t.Errorf("%s: leg %d is seen by %v, want %v", when, shows, got, want)
			}
			for i, p := range legs {
				if got := p.asks(); got != asked[i] {
					t.Errorf("%s: leg %d was asked for %d pictures, want %d", when, i, got, asked[i])
				}
			}
		}
		expect("first, and nobody before", 0, []int{0, 1, 2, 3}, 1, 0, 0, 0)
		expect("second, seen by the first", 1, []int{0}, 1, 1, 0, 0)
		expect("third", 2, nil, 1, 1, 0, 0)
		expect("first", 0, []int{1, 2, 3}, 1, 1, 0, 0)

		legs[0].talks(8000, 50)
		legs[1].talks(8000, 48)
		expect("has talked less", 1, []int{0}, 1, 1, 0, 0)
		legs[1].talks(8000, 4)
		expect("has talked more", 1, []int{0, 2, 3}, 2, 2, 0, 0)
		expect("was before", 0, []int{1}, 2, 2, 0, 0)
		time.Sleep(4 * time.Second)
		expect("nobody talks", 0, []int{1}, 2, 2, 0, 0)
		legs[3].talks(8000, 3)
		expect("talks", 3, []int{0, 1, 2}, 2, 3, 0, 1)

		legs[3].ch.Hangup(16)
		synctest.Wait()
		expect("who was seen has left", 0, []int{1, 2}, 3, 3, 0, 1)
		b.SetVideo(legs[2].ch.UniqueID())
		expect("another was chosen", 0, nil, 3, 3, 1, 1)
		expect("chosen", 2, []int{0, 1, 2}, 3, 3, 1, 1)
		legs[2].ch.Hangup(16)
		came := h.panes(t, b, one)
		b.SetVideo("")
		legs[0].shows(0)
		legs[0].ch.Hangup(16)
		synctest.Wait()
		came = append(came, h.panes(t, b, one)...)
		for _, p := range append(came, legs[1]) {
			p.ch.Hangup(16)
		}
		synctest.Wait()
		var got []string
		for _, s := range told.Events() {
			e := s.Event.(*event.BridgeVideoSource)
			got = append(got, place(legs, e.Old)+">"+place(legs, e.Bridge.VideoID))
		}
		if want := []string{"->0", "0>1", "1>3", "3>0", "0>2", "2>-", "->0", "0>-"}; !slices.Equal(got, want) {
			t.Errorf("told were %q, want %q", got, want)
		}
	})
}

// place is which of the legs has a unique ID, "-" for none.
func place(legs []*pane, id string) string {
	for i, p := range legs {
		if p.ch.UniqueID() == id {
			return strconv.Itoa(i)
		}
	}
	return "-"
}
