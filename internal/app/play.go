package app

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/media"
)

// anyKey are the keys that end what plays where every key does.
const anyKey = "0123456789*#ABCD"

// errKey is the cause with which a sound ends because of what the leg sent.
var errKey = errors.New("ended by what the leg sent")

// during runs work in the background while the leg is read, and ends it when
// heard returns true. It returns nil when the work is done, errKey when heard
// ended it, else the work's error or the cause with which ctx ended.
func during(ctx context.Context, c *channel.Channel, work func(context.Context) error, heard func(media.Frame) bool) error {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var result error
	done := make(chan struct{})
	c.Registry().Go(c.Name(), func() {
		defer close(done)
		defer cancel(io.EOF)
		result = work(within)
	})
	stopped := false
	for !stopped {
		f, err := c.Read(within)
		if within.Err() != nil {
			break
		}
		if err != nil {
			continue // a frame that can't be translated is lost, no more
		}
		if heard != nil && heard(f) {
			stopped = true
		}
	}
	cancel(errKey)
	<-done
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case stopped:
		return errKey
	}
	return result
}

// play sends a source to the leg in real time and closes it. heard takes what
// the leg sends meanwhile, and ends it by returning true (then the error is errKey).
func play(ctx context.Context, c *channel.Channel, src channel.Source, heard func(media.Frame) bool) error {
	if closer, ok := src.(io.Closer); ok {
		defer func() { _ = closer.Close() }()
	}
	c.StopSource()
	return during(ctx, c, func(ctx context.Context) error { return c.Pace(ctx, src) }, heard)
}

// keyAmong returns a listener that ends a sound at one of the keys, and where
// the key is put.
func keyAmong(keys string) (heard func(media.Frame) bool, pressed *byte) {
	pressed = new(byte)
	return func(f media.Frame) bool {
		if f.Kind != media.DTMFEnd || strings.IndexByte(keys, f.Digit) < 0 {
			return false
		}
		*pressed = f.Digit
		return true
	}, pressed
}

// playFile plays a prompt in the leg's language until its end, or one of the
// keys, which it returns.
func (h *House) playFile(ctx context.Context, c *channel.Channel, name, keys string) (byte, error) {
	return h.playIn(ctx, c, name, c.Snapshot().Language, keys)
}

// A missingError is that of a sound that there is not.
type missingError struct{ error }

func (h *House) playIn(ctx context.Context, c *channel.Channel, name, language, keys string) (byte, error) {
	src, err := h.Sounds.Open(name, language, c)
	if err != nil {
		h.Logger.Warn("the sound can't be played", "channel", c.Name(), "sound", name, "error", err)
		return 0, &missingError{err}
	}
	defer h.tellPlayback(c, name, language, src)()
	heard, pressed := keyAmong(keys)
	src, heard = movable(c, src, heard)
	err = play(ctx, c, src, heard)
	if errors.Is(err, errKey) {
		return *pressed, nil
	}
	return 0, err
}

// playAll plays prompts one after the other, and is quiet about those that there
// are not. It ends at one of the keys, which it returns.
func (h *House) playAll(ctx context.Context, c *channel.Channel, names []string, keys string) (byte, error) {
	for _, name := range names {
		digit, err := h.playFile(ctx, c, name, keys)
		switch {
		case digit != 0:
			return digit, nil
		case ended(ctx, err):
			return 0, err
		}
	}
	return 0, nil
}

// ended tells whether an error is the end of the leg or step, not of a sound alone.
func ended(ctx context.Context, err error) bool { return err != nil && ctx.Err() != nil }

// tellPlayback is tellPrompt for who tells the end of the sound, too.
func (h *House) tellPlayback(c *channel.Channel, name, language string, src channel.Source) (ended func()) {
	format := h.tellPrompt(c, name, language, src)
	bus := h.Channels.Bus
	if !bus.Wants(event.KindStreamBegin) {
		return func() {}
	}
	bus.Publish(&event.StreamBegin{Channel: c.Snapshot(), Sound: name, Format: format, Language: language})
	return func() { bus.Publish(&event.StreamEnd{Channel: c.Snapshot()}) }
}

// tellPrompt tells of a sound that begins: the line of verbosity 3 that people
// look for when a leg hears the wrong prompt, and the test event.
func (h *House) tellPrompt(c *channel.Channel, name, language string, src channel.Source) (format string) {
	if s, ok := src.(stream); ok {
		format = s.Format().Name
	}
	logging.CallVerbosef(h.Logger, c.CallNumber(), 3, "<%s> Playing '%s.%s' (language '%s')", c.Name(), name, format, language)
	c.TestEvent("PLAYBACK", "file.c", "ast_streamfile", event.Variable{Name: "Message", Value: name},
		event.Variable{Name: "Channel", Value: c.Name()})
	return format
}

// answer answers a leg that is not up, and waits until it is heard.
func answer(ctx context.Context, c *channel.Channel) error { return c.AnswerAndListen(ctx, 0) }

// waitKey waits for a key among keys, at most for d; 0 is none. Less than 0 waits
// for ever.
func waitKey(ctx context.Context, c *channel.Channel, keys string, d time.Duration) (byte, error) {
	within := ctx
	if d >= 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeoutCause(ctx, d, errTime)
		defer cancel()
	}
	for {
		f, err := c.Read(within)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case within.Err() != nil:
			return 0, nil
		case err != nil:
			continue
		case f.Kind == media.DTMFEnd && strings.IndexByte(keys, f.Digit) >= 0:
			return f.Digit, nil
		}
	}
}

// splitFiles splits the names that & joins. An empty one among them is a file
// that nobody finds; an empty text has none.
func splitFiles(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	list := strings.Split(text, "&")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}
