package ari

import "slices"

// A tracker knows what the client has heard of, to tell after a reconnect what is
// different.
type tracker struct {
	channels   map[string]*trackedChannel
	bridges    map[string]Bridge
	playbacks  map[string]Playback
	recordings map[string]LiveRecording
}

type trackedChannel struct {
	Channel
	app string // the application of ours in which it is
}

func newTracker() *tracker {
	return &tracker{map[string]*trackedChannel{}, map[string]Bridge{}, map[string]Playback{}, map[string]LiveRecording{}}
}

// follows tells whether the client hears of a channel or bridge to its end, also when it
// is in no application.
func (c *Client) follows(t thing) bool {
	return c.config.SubscribeAll || len(c.handles[t]) > 0 || t.kind == "Channel" && c.subscriptions.has("channel:", t.id) ||
		t.kind == "Bridge" && c.subscriptions.has("bridge:", t.id)
}

// apply notes what an event tells. What is followed is kept until it ends, the rest as
// long as it is in the application.
func (t *tracker) apply(e Event, follows func(thing) bool) {
	e.about(func(about thing, model any) { t.update(about, model, follows(about)) })
	switch e := e.(type) {
	case *StasisStart:
		t.channels[e.Channel.ID] = &trackedChannel{e.Channel, e.Application}
	case *StasisEnd:
		if c := t.channels[e.Channel.ID]; c != nil {
			if c.app = ""; !follows(thing{"Channel", e.Channel.ID}) {
				t.forget(e.Channel.ID)
			}
		}
	case *ChannelDestroyed:
		t.forget(e.Channel.ID)
	case *ChannelLeftBridge:
		ours := func(id string) bool { return t.channels[id] != nil }
		if !slices.ContainsFunc(e.Bridge.Channels, ours) && !follows(thing{"Bridge", e.Bridge.ID}) {
			delete(t.bridges, e.Bridge.ID) // nothing more is told of it
		}
	case *BridgeDestroyed:
		delete(t.bridges, e.Bridge.ID)
	case *PlaybackFinished:
		delete(t.playbacks, e.Playback.ID)
	case *RecordingFinished:
		delete(t.recordings, e.Recording.Name)
	case *RecordingFailed:
		delete(t.recordings, e.Recording.Name)
	}
}

// update notes what something is now.
func (t *tracker) update(about thing, model any, followed bool) {
	switch m := model.(type) {
	case *Channel:
		if c := t.channels[about.id]; c != nil {
			c.Channel = *m
		} else if followed {
			t.channels[about.id] = &trackedChannel{Channel: *m}
		}
	case *Bridge:
		t.bridges[about.id] = *m
	case *Playback:
		t.playbacks[about.id] = *m
	case *LiveRecording:
		t.recordings[about.id] = *m
	}
}

// forget forgets a channel and what was done with it.
func (t *tracker) forget(id string) {
	delete(t.channels, id)
	target := "channel:" + id
	for key, p := range t.playbacks {
		if p.TargetURI == target {
			delete(t.playbacks, key)
		}
	}
	for key, r := range t.recordings {
		if r.TargetURI == target {
			delete(t.recordings, key)
		}
	}
}
