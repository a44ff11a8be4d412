package stasis

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
)

// Who listens to an endpoint hears how it is, of its legs and of what it writes, in the order of
// Asterisk 22; who listens to another hears nothing.
func TestEndpoint(t *testing.T) {
	h := New(Config{Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler), Entity: "here",
		Endpoint: func(technology, resource string) (Endpoint, bool) {
			return Endpoint{Technology: technology, Resource: resource, State: "offline", Channels: []string{"1"}}, true
		}})
	t.Cleanup(h.Close)
	listen := func(app, source string) *tape {
		k, _ := h.listen(t, Listening{}, app)
		h.follow(app, source)
		return k
	}
	k, all, other := listen("app", "endpoint:PJSIP/alice"), listen("all", "endpoint:PJSIP"), listen("other", "endpoint:PJSIP/bob")
	h.Bus.Publish(&event.PeerStatus{Technology: "PJSIP", Peer: "PJSIP/alice", Status: "Reachable"})
	c := &event.Channel{UniqueID: "1", Name: "PJSIP/alice-00000001", Technology: "PJSIP"}
	h.Bus.Publish(&event.Newchannel{Channel: c})
	h.Bus.Publish(&event.Newstate{Channel: c})
	h.Bus.Publish(&event.Hangup{Channel: c})
	m := Text{To: "pjsip:alice@example.com", From: "<sip:alice@example.com>", Body: "hello", Variables: []event.Variable{{Name: "X-Colour", Value: "blue"}}}
	if !h.HearText("PJSIP", "alice", m) || !h.HearText("PJSIP", "carol", m) || h.HearText("SIP", "alice", m) {
		t.Error("the wrong ones hear of messages")
	}
	told := k.told
	same(t, k.heard(), "EndpointStateChange", "PeerStatusChange", "EndpointStateChange", "Created 1", "StateChange 1",
		"Destroyed 1", "EndpointStateChange", "TextMessageReceived")
	if n := len(all.heard()); n != 9 {
		t.Errorf("who listens to all hears %d events", n)
	}
	same(t, other.heard())
	for i, want := range map[int]string{0: "map[channel_ids:[1] resource:alice state:online technology:PJSIP]", 1: "map[channel_ids:[1] resource:alice state:online technology:PJSIP]",
		2: "map[channel_ids:[1] resource:alice state:offline technology:PJSIP]", 6: "map[channel_ids:[] resource:alice state:offline technology:PJSIP]"} {
		if got := fmt.Sprint(told[i]["endpoint"]); got != want {
			t.Errorf("event %d has %s, want %s", i, got, want)
		}
	}
	if got, want := fmt.Sprint(told[7]["message"]), "map[body:hello from:<sip:alice@example.com> to:pjsip:alice@example.com variables:map[X-Colour:blue]]"; got != want {
		t.Errorf("the message is %s, want %s", got, want)
	}
}
