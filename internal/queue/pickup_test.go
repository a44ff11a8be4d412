package queue

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// testPickups lets one leg take the first call that rings.
type testPickups struct {
	picker *channel.Channel
	come   chan *bridge.Bridge
	mu     sync.Mutex
	ringing,
	claimed *channel.Channel
}

func (p *testPickups) Offer(c *channel.Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ringing = c
}

func (p *testPickups) claim() {
	p.mu.Lock()
	c := p.ringing
	p.claimed = c
	p.mu.Unlock()
	c.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
}

func (p *testPickups) Take(c *channel.Channel) (*channel.Channel, func(*bridge.Bridge)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.claimed != c || c == nil {
		return nil, nil
	}
	p.claimed = nil
	return p.picker, func(b *bridge.Bridge) { p.come <- b }
}

func TestACallOfAMemberIsPickedUp(t *testing.T) {
	in(t, "[q]\nmember => Test/no\n", "", func(t *testing.T, h *testHouse) {
		picker := h.x.Leg(t, &channeltest.Leg{})
		picker.SetCaller(event.Party{Number: event.Number{Text: "203", Valid: true}})
		p := &testPickups{picker: picker.Channel, come: make(chan *bridge.Bridge, 1)}
		h.Pickups = p
		h.x.Go(picker.Name(), func() {
			defer picker.End()
			if b := <-p.come; b != nil {
				_ = b.Join(picker.Context(), picker.Channel, bridge.JoinOptions{})
			}
		})
		caller, done := h.call(t, "q")
		time.Sleep(2 * time.Second)
		p.claim()
		time.Sleep(time.Second)
		if caller.BridgeID() == "" || caller.BridgeID() != picker.BridgeID() {
			t.Fatalf("in %q and %q", caller.BridgeID(), picker.BridgeID())
		}
		if got := caller.Connected().Number.Text; got != "203" {
			t.Errorf("the caller is connected to %q, want the picker", got)
		}
		if rang := h.x.Made("no"); rang.HangupCause() != channel.CauseAnsweredElsewhere {
			t.Errorf("the member's leg ended with %d", rang.HangupCause())
		}
		time.Sleep(4 * time.Second)
		picker.RemoteHangup(channel.CauseNormalClearing)
		<-done
		if got, want := h.lines(t), "Test/no|CONNECT|2|"+picker.UniqueID()+"|2\nTest/no|COMPLETEAGENT|2|5|1"; !strings.HasSuffix(got, want) {
			t.Errorf("log: %s", got)
		}
	})
}
