package ari

import "context"

// A PlaybackHandle is a playback: the requests about it, its events, and its end. Its
// events end with [ErrOver] after PlaybackFinished; it need not be closed then.
type PlaybackHandle struct {
	*handle
	ID string

	now      Playback
	finished bool
}

// Playback is a handle for a playback, of which the application is told. Events come
// from now on.
func (c *Client) Playback(id string) *PlaybackHandle {
	h := c.newPlayback(id)
	h.begin()
	return h
}

func (c *Client) newPlayback(id string) *PlaybackHandle {
	h := &PlaybackHandle{ID: id, now: Playback{ID: id}}
	h.handle = c.newHandle(thing{"Playback", id}, h.note, func(e Event) bool {
		_, ended := e.(*PlaybackFinished)
		return ended
	})
	return h
}

func (h *PlaybackHandle) note(e Event) {
	e.about(func(t thing, model any) {
		if t == h.thing {
			h.now = *model.(*Playback)
		}
	})
	if _, ended := e.(*PlaybackFinished); ended {
		h.finished = true
	}
}

// Data is the playback as the last event or answer told it.
func (h *PlaybackHandle) Data() Playback {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Wait waits until the playback has ended, by itself or because it or its channel was
// stopped. The error is a *[FailedError] if it failed.
func (h *PlaybackHandle) Wait(ctx context.Context) error {
	return h.wait(ctx, func() (bool, error) {
		if h.finished && h.now.State == "failed" {
			return true, &FailedError{"playback", h.now.MediaURI, ""}
		}
		return h.finished, nil
	})
}

// makePlayback is a handle for a playback that a request makes.
func (c *Client) makePlayback(ctx context.Context, id string, ask func() (*Playback, error)) (*PlaybackHandle, error) {
	h := c.Playback(id)
	made, err := ask()
	if err != nil {
		h.Close()
		c.undo(ctx, err, func(ctx context.Context) error { return c.Playbacks.Stop(ctx, id) })
		return nil, err
	}
	h.change(func() {
		if h.now.State == "" { // no event was quicker
			h.now = *made
		}
	})
	h.known(made)
	return h, nil
}

// A RecordingHandle is a recording that is being made: the requests about it, its events,
// and its end. Its events end with [ErrOver] after RecordingFinished or RecordingFailed;
// it need not be closed then.
type RecordingHandle struct {
	*handle
	ID string // its name

	now      LiveRecording
	finished bool
	failed   bool
}

// LiveRecording is a handle for a recording, of which the application is told. Events
// come from now on.
func (c *Client) LiveRecording(name string) *RecordingHandle {
	h := &RecordingHandle{ID: name, now: LiveRecording{Name: name}}
	h.handle = c.newHandle(thing{"LiveRecording", name}, h.note, func(e Event) bool {
		switch e.(type) {
		case *RecordingFinished, *RecordingFailed:
			return true
		}
		return false
	})
	h.begin()
	return h
}

func (h *RecordingHandle) note(e Event) {
	e.about(func(t thing, model any) {
		if t == h.thing {
			h.now = *model.(*LiveRecording)
		}
	})
	switch e.(type) {
	case *RecordingFinished:
		h.finished = true
	case *RecordingFailed:
		h.finished, h.failed = true, true
	}
}

// Data is the recording as the last event or answer told it.
func (h *RecordingHandle) Data() LiveRecording {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Wait waits until the recording is there. The error is a *[FailedError] if it failed or
// was thrown away.
func (h *RecordingHandle) Wait(ctx context.Context) error {
	return h.wait(ctx, func() (bool, error) {
		if h.failed {
			return true, &FailedError{"recording", h.ID, h.now.Cause}
		}
		return h.finished, nil
	})
}

// makeRecording is a handle for a recording that a request makes.
func (c *Client) makeRecording(ctx context.Context, name string, ask func() (*LiveRecording, error)) (*RecordingHandle, error) {
	h := c.LiveRecording(name)
	made, err := ask()
	if err != nil {
		h.Close()
		c.undo(ctx, err, func(ctx context.Context) error { return c.Recordings.Cancel(ctx, name) })
		return nil, err
	}
	h.change(func() {
		if h.now.State == "" { // no event was quicker
			h.now = *made
		}
	})
	h.known(made)
	return h, nil
}
