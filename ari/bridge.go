package ari

import (
	"context"
	"slices"
)

// A BridgeHandle is a bridge: the requests about it, its events, and what can be waited
// for. Its events end with [ErrOver] after BridgeDestroyed. Close it when you are done
// with it; the bridge stays.
type BridgeHandle struct {
	*handle
	ID string

	now       Bridge
	destroyed bool
}

func (c *Client) newBridge(id string) *BridgeHandle {
	h := &BridgeHandle{ID: id, now: Bridge{ID: id}}
	h.handle = c.newHandle(thing{"Bridge", id}, h.note, func(e Event) bool {
		ended, ok := e.(*BridgeDestroyed)
		return ok && ended.Bridge.ID == id
	})
	return h
}

// Bridge is a handle for a bridge, of which the application is told. Events come from
// now on.
func (c *Client) Bridge(id string) *BridgeHandle {
	h := c.newBridge(id)
	h.begin()
	return h
}

// NewBridge makes a bridge, and has the first application of the client hear of it: of
// one in which it has no channel it would not otherwise.
func (c *Client) NewBridge(ctx context.Context, options *BridgeCreateOptions) (*BridgeHandle, error) {
	var o BridgeCreateOptions
	if options != nil {
		o = *options
	}
	o.BridgeID = or(o.BridgeID, newID())
	h := c.Bridge(o.BridgeID)
	made, err := c.Bridges.Create(ctx, &o)
	if err == nil {
		if app := c.app(); app != "" {
			_, err = c.Applications.Subscribe(ctx, app, []string{"bridge:" + o.BridgeID})
		}
	}
	if err != nil {
		h.Close()
		c.undo(ctx, err, func(ctx context.Context) error { return c.Bridges.Destroy(ctx, o.BridgeID) })
		return nil, err
	}
	h.change(func() {
		if h.now.Technology == "" { // no event was quicker
			h.now = *made
		}
	})
	h.known(made)
	return h, nil
}

// note notes what an event tells.
func (h *BridgeHandle) note(e Event) {
	e.about(func(t thing, model any) {
		if t == h.thing {
			h.now = *model.(*Bridge)
		}
	})
	if ended, ok := e.(*BridgeDestroyed); ok && ended.Bridge.ID == h.ID {
		h.destroyed = true
		h.now.Channels = nil
	}
}

// Data is the bridge as the last event or answer told it.
func (h *BridgeHandle) Data() Bridge {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Wait waits until something holds for the bridge: that two are in it, that nobody is.
// The error is [ErrOver] if it is destroyed before.
func (h *BridgeHandle) Wait(ctx context.Context, holds func(Bridge) bool) error {
	return h.wait(ctx, func() (bool, error) {
		if holds(h.now) {
			return true, nil
		}
		if h.destroyed {
			return false, ErrOver
		}
		return false, nil
	})
}

// WaitChannel waits until a channel is in the bridge, or is not.
func (h *BridgeHandle) WaitChannel(ctx context.Context, id string, inside bool) error {
	return h.Wait(ctx, func(b Bridge) bool { return slices.Contains(b.Channels, id) == inside })
}

// Play plays sounds to all in the bridge, one after the other.
func (h *BridgeHandle) Play(ctx context.Context, options *BridgePlayOptions, media ...string) (*PlaybackHandle, error) {
	var o BridgePlayOptions
	if options != nil {
		o = *options
	}
	o.PlaybackID = or(o.PlaybackID, newID())
	return h.client.makePlayback(ctx, o.PlaybackID, func() (*Playback, error) { return h.client.Bridges.Play(ctx, h.ID, media, &o) })
}

// Record records what all in the bridge say.
func (h *BridgeHandle) Record(ctx context.Context, name, format string, options *BridgeRecordOptions) (*RecordingHandle, error) {
	return h.client.makeRecording(ctx, name, func() (*LiveRecording, error) { return h.client.Bridges.Record(ctx, h.ID, name, format, options) })
}
