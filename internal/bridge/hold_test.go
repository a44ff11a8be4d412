package bridge_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestWhoWaitsHearsTheAnnouncer(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Holding: true, Keep: true})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		quiet := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{Quiet: true})
		speaker := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{Announcer: true})
		late := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		speaker.Deliver(channeltest.Tone(media.SLin, 1000))
		one.Deliver(channeltest.Tone(media.SLin, 1000))
		for name, c := range map[string]struct{ got, want int }{"who waits": {len(one.Far.Heard()), 1}, "who waits without music": {len(quiet.Far.Heard()), 1},
			"who came later": {len(late.Far.Heard()), 1}, "the announcer": {len(speaker.Far.Heard()), 0}} {
			if c.got != c.want {
				t.Errorf("%s heard %d frames, want %d", name, c.got, c.want)
			}
		}
		speaker.Hangup(channel.CauseNormalClearing)
		synctest.Wait()
		for name, c := range map[string]struct {
			leg  *stay
			want string
		}{"who waits": {one, "[Hold Unhold Hold]"}, "who waits without music": {quiet, "[]"}, "who came later": {late, "[Hold]"}} {
			if got := fmt.Sprint(c.leg.Far.Told()); got != c.want {
				t.Errorf("%s was told %s, want %s", name, got, c.want)
			}
		}
	})
}
