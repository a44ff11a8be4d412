package ari

import (
	"context"
)

// A ChannelHandle is a channel: the requests about it, its events, and what can be waited
// for. Its events end with [ErrOver] after ChannelDestroyed. Close it when you are done
// with it; the channel lives on.
type ChannelHandle struct {
	*handle
	ID string

	now       Channel
	start     *StasisStart
	left      bool
	destroyed *ChannelDestroyed
	onLeft    func()
	mine      bool // made here
}

func (c *Client) newChannel(id string) *ChannelHandle {
	h := &ChannelHandle{ID: id, now: Channel{ID: id}}
	h.handle = c.newHandle(thing{"Channel", id}, h.note, func(e Event) bool {
		ended, ok := e.(*ChannelDestroyed)
		return ok && ended.Channel.ID == id
	})
	return h
}

// Channel is a handle for a channel, of which the application is told. Events come from
// now on.
func (c *Client) Channel(id string) *ChannelHandle {
	h := c.newChannel(id)
	h.begin()
	return h
}

// Channel is a handle for a channel, with its events since the one that Next returned
// last: a program that reads StasisStart and asks for the handle then misses nothing.
func (s *Subscription) Channel(channel Channel) *ChannelHandle {
	h := s.client.newChannel(channel.ID)
	h.now = channel
	s.client.telling.Lock()
	defer s.client.telling.Unlock()
	for _, e := range s.pending(h.thing) {
		h.put(e)
		if h.over(e) {
			h.end(ErrOver)
			return h
		}
	}
	s.client.attach(h.Subscription)
	return h
}

// note notes what an event tells.
func (h *ChannelHandle) note(e Event) {
	e.about(func(t thing, model any) {
		if t == h.thing {
			h.now = *model.(*Channel)
		}
	})
	switch e := e.(type) {
	case *StasisStart:
		if e.Channel.ID == h.ID {
			h.start, h.left = e, false
		}
	case *StasisEnd:
		h.leave()
	case *ChannelDestroyed:
		h.destroyed = e
		h.leave()
	}
}

func (h *ChannelHandle) leave() {
	h.left = true
	if h.onLeft != nil {
		h.onLeft()
	}
}

// Data is the channel as the last event or answer told it.
func (h *ChannelHandle) Data() Channel {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// ended is the error of waiting for what can't be any more.
func (h *ChannelHandle) ended() error {
	if h.destroyed != nil || h.left {
		return &EndedError{h.ID, h.destroyed}
	}
	return nil
}

// WaitUp waits until the channel is answered. The error is an *[EndedError] if it ends
// before, or leaves the application.
func (h *ChannelHandle) WaitUp(ctx context.Context) error {
	return h.wait(ctx, func() (bool, error) {
		if h.now.State == "Up" && h.destroyed == nil {
			return true, nil
		}
		return false, h.ended()
	})
}

// WaitStart waits until the channel is in the application. The error is an *[EndedError]
// if it ends before.
func (h *ChannelHandle) WaitStart(ctx context.Context) (*StasisStart, error) {
	var start *StasisStart
	err := h.wait(ctx, func() (bool, error) {
		start = h.start
		return start != nil && !h.left, h.ended()
	})
	return start, err
}

// WaitLeft waits until the channel leaves the application or ends.
func (h *ChannelHandle) WaitLeft(ctx context.Context) error {
	return h.wait(ctx, func() (bool, error) { return h.left, nil })
}

// WaitEnd waits until the channel ends, and returns how. Of a channel that has left the
// application the server tells that only if it is asked to: see [ChannelHandle.Follow].
func (h *ChannelHandle) WaitEnd(ctx context.Context) (*ChannelDestroyed, error) {
	err := h.wait(ctx, func() (bool, error) { return h.destroyed != nil, nil })
	return h.destroyed, err
}

// Follow has the application hear of the channel until it ends, also when it has left
// the application or was never in it.
func (h *ChannelHandle) Follow(ctx context.Context) error {
	_, err := h.client.Applications.Subscribe(ctx, h.client.app(), []string{"channel:" + h.ID})
	return err
}

// Close ends the events of the handle.
func (h *ChannelHandle) Close() {
	if h.mine {
		h.client.telling.Lock()
		delete(h.client.own, h.ID)
		h.client.telling.Unlock()
	}
	h.Subscription.Close()
}

// makeChannel is a handle for a channel that a request makes.
func (c *Client) makeChannel(ctx context.Context, id string, ask func() (*Channel, error)) (*ChannelHandle, error) {
	h := c.newChannel(id)
	h.mine = true
	c.telling.Lock()
	c.own[id] = true
	c.attach(h.Subscription)
	c.telling.Unlock()
	made, err := ask()
	if err != nil {
		h.Close()
		c.undo(ctx, err, func(ctx context.Context) error { return c.Channels.Hangup(ctx, id, nil) })
		return nil, err
	}
	h.mu.Lock()
	if h.now.Name == "" { // no event was quicker
		h.now = *made
	}
	h.mu.Unlock()
	h.known(made)
	return h, nil
}

// Originate calls an endpoint. Without an application or extension in the options it is
// for the first application of the client. The handle has all events from the first.
func (c *Client) Originate(ctx context.Context, endpoint string, options *ChannelOriginateOptions) (*ChannelHandle, error) {
	var o ChannelOriginateOptions
	if options != nil {
		o = *options
	}
	o.ChannelID = or(o.ChannelID, newID())
	if o.App == "" && o.Extension == "" {
		o.App = c.app()
	}
	return c.makeChannel(ctx, o.ChannelID, func() (*Channel, error) { return c.Channels.Originate(ctx, endpoint, &o) })
}

// Create makes a channel that does not call yet, for the first application of the
// client: [ChannelHandle.Dial] calls. The handle has all events from the first.
func (c *Client) Create(ctx context.Context, endpoint string, options *ChannelCreateOptions) (*ChannelHandle, error) {
	var o ChannelCreateOptions
	if options != nil {
		o = *options
	}
	o.ChannelID = or(o.ChannelID, newID())
	return c.makeChannel(ctx, o.ChannelID, func() (*Channel, error) { return c.Channels.Create(ctx, endpoint, c.app(), &o) })
}

// ExternalMedia makes a channel whose sound goes to a program and comes from it, for the
// first application of the client.
func (c *Client) ExternalMedia(ctx context.Context, format string, options *ChannelExternalMediaOptions) (*ChannelHandle, error) {
	var o ChannelExternalMediaOptions
	if options != nil {
		o = *options
	}
	o.ChannelID = or(o.ChannelID, newID())
	return c.makeChannel(ctx, o.ChannelID, func() (*Channel, error) { return c.Channels.ExternalMedia(ctx, c.app(), format, &o) })
}

// Snoop makes a channel that listens to this one or speaks into it, for the first
// application of the client.
func (h *ChannelHandle) Snoop(ctx context.Context, options *ChannelSnoopChannelOptions) (*ChannelHandle, error) {
	var o ChannelSnoopChannelOptions
	if options != nil {
		o = *options
	}
	o.SnoopID = or(o.SnoopID, newID())
	return h.client.makeChannel(ctx, o.SnoopID, func() (*Channel, error) { return h.client.Channels.SnoopChannel(ctx, h.ID, h.client.app(), &o) })
}

// Play plays sounds, one after the other: "sound:hello-world", "digits:12", "tone:ring".
func (h *ChannelHandle) Play(ctx context.Context, options *ChannelPlayOptions, media ...string) (*PlaybackHandle, error) {
	var o ChannelPlayOptions
	if options != nil {
		o = *options
	}
	o.PlaybackID = or(o.PlaybackID, newID())
	return h.client.makePlayback(ctx, o.PlaybackID, func() (*Playback, error) { return h.client.Channels.Play(ctx, h.ID, media, &o) })
}

// Record records the channel.
func (h *ChannelHandle) Record(ctx context.Context, name, format string, options *ChannelRecordOptions) (*RecordingHandle, error) {
	return h.client.makeRecording(ctx, name, func() (*LiveRecording, error) { return h.client.Channels.Record(ctx, h.ID, name, format, options) })
}
