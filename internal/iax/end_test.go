package iax

import (
	"fmt"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// As recorded with Asterisk 22: that a leg is to end is told as it ends, whoever ends it.
func TestEachEndIsAskedFor(t *testing.T) {
	there, here := serve(t, answering), serve(t, calling)
	for _, c := range []struct {
		cause       int
		caller, far string
	}{
		{channel.CauseUserBusy, "request 17, end 17", "request 17, request 17, end 17"},
		{0, "request -1, end 0", "request -1, request -1, end 0"},
	} {
		told := map[*side]*channeltest.Record{}
		for _, s := range []*side{there, here} {
			told[s] = channeltest.Listen(t, s.Channels.Bus, event.KindHangupRequest, event.KindHangup)
		}
		leg := here.dial(t, "plain:one@"+there.Address().String()+"/100", media.ULaw)
		other := there.incoming(t)
		leg.Hangup(c.cause)
		leg.End()
		ends(t, other)
		other.End()
		for s, want := range map[*side]string{here: c.caller, there: c.far} {
			got := ""
			for _, e := range told[s].Events() {
				switch e := e.Event.(type) {
				case *event.HangupRequest:
					got += fmt.Sprintf("request %d, ", e.Cause)
				case *event.Hangup:
					got += fmt.Sprintf("end %d", e.Cause)
				}
			}
			if got != want {
				t.Errorf("with cause %d told %s, want %s", c.cause, got, want)
			}
		}
	}
}
