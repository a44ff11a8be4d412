package phone

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// A handedOver is a transfer that a client does, which alone says how it goes.
type handedOver struct {
	follower *follower
	told     event.ChannelTransfer // as it began
}

// writeHandling has a client, or again the exchange, do the transfers that the phone asks for.
func (d *Driver) writeHandling(_ context.Context, c *channel.Channel, _, value string) error {
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	word := strings.ToLower(strings.TrimSpace(value))
	if word != "ari-only" && word != "core" {
		return fmt.Errorf("PJSIP_TRANSFER_HANDLING: %q is neither core nor ari-only", value)
	}
	s.mu.Lock()
	s.clientTransfers = word == "ari-only"
	s.mu.Unlock()
	return nil
}

// handOver gives a REFER to clients, who are told of it. other is the call that is to be joined, or nil.
func (s *session) handOver(f *follower, to sip.URI, other *session) {
	h := &handedOver{follower: f, told: event.ChannelTransfer{Channel: s.ch.Snapshot(), Destination: to.UserText()}}
	find := s.driver.hooks.Company
	if find == nil {
		find = func(*channel.Channel) (*event.Bridge, *event.Channel) { return nil, nil }
	}
	h.told.Bridge, h.told.Connected = find(s.ch)
	if text, ok := to.Header("Replaces"); ok {
		if v, ok := sip.ParseReplaces(text); ok {
			h.told.Protocol = v.CallID
			h.told.Parameters = []event.Variable{{Name: "from", Value: v.FromTag}, {Name: "to", Value: v.ToTag}}
		}
	}
	if other != nil {
		h.told.Target = other.ch.Snapshot()
		h.told.TargetBridge, h.told.TargetConnected = find(other.ch)
	}
	s.mu.Lock()
	before := s.outside
	s.outside = h
	s.mu.Unlock()
	if before != nil {
		before.follower.ends(503)
	}
	told := h.told
	s.driver.registry.Bus.Publish(&told)
}

// The states of a transfer that a client does.
const (
	transferProgress    = "channel_progress"
	transferAnswered    = "channel_answered"
	transferUnavailable = "channel_unavailable"
	transferDeclined    = "channel_declined"
)

// TransferProgress tells the phone, and clients, how a transfer goes that a client does. Where there is none
// nothing happens.
func (s *session) TransferProgress(state string) {
	s.mu.Lock()
	h := s.outside
	if state != transferProgress {
		s.outside = nil
	}
	s.mu.Unlock()
	if h == nil {
		return
	}
	switch f := h.follower; {
	case state == transferAnswered:
		f.ends(200)
	case state == transferUnavailable:
		f.ends(503)
		state = transferDeclined // as the reference tells it
	case state == transferDeclined:
		f.ends(603)
	case f.silent:
	case f.trying != nil:
		f.tries()
	default:
		s.notify(f.dialog, f.event, "active;expires=600", "SIP/2.0 100 Trying", func(int) {})
	}
	told := h.told
	told.State = state
	s.driver.registry.Bus.Publish(&told)
}

// abandon tells the phone that the client who does its transfer says no more: the leg ends.
func (s *session) abandon() {
	s.mu.Lock()
	h := s.outside
	s.outside = nil
	s.mu.Unlock()
	if h != nil {
		h.follower.ends(503)
	}
}
