package bridge_test

import (
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestALegThatIsPlayedToIsApart(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Dissolve: true})
		one := h.join(t, b, &channeltest.Leg{Format: media.SLin, Relays: true}, bridge.JoinOptions{})
		two := h.join(t, b, &channeltest.Leg{Format: media.SLin, Relays: true}, bridge.JoinOptions{})
		cross := func(want int) {
			t.Helper()
			before := len(one.Far.Heard()) + len(two.Far.Heard())
			one.Deliver(channeltest.Tone(media.SLin, 1000))
			two.Deliver(channeltest.Tone(media.SLin, 1000))
			if got := len(one.Far.Heard()) + len(two.Far.Heard()) - before; got != want {
				t.Errorf("%d frames crossed, want %d", got, want)
			}
		}
		ctx, back, ok := b.Away(one.Channel.Channel)
		if !ok {
			t.Fatal("the leg did not come away")
		}
		if _, _, again := b.Away(one.Channel.Channel); again {
			t.Error("the leg came away twice")
		}
		cross(0)
		two.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: '5'})
		two.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '5'})
		if keys := one.Far.Keys(); keys != "5" {
			t.Errorf("the keys %q passed, want 5", keys)
		}
		back()
		cross(2)
		if ctx.Err() == nil {
			t.Error("what is played goes on")
		}

		_, back, _ = b.Away(one.Channel.Channel)
		two.Hangup(16)
		synctest.Wait()
		if _, over := one.result(); over {
			t.Error("the leg left before it had heard the end")
		}
		back()
		synctest.Wait()
		if _, over := one.result(); !over {
			t.Error("the leg is still in a bridge that is over")
		}
	})
}
