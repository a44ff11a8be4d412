package channel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/jitter"
	"github.com/octothorpe/octothorpe/internal/media"
)

// voice is the outgoing side of a channel and its translators.
type voice struct {
	follower atomic.Pointer[follower]
	mu       sync.Mutex // guards the translators; held while translating, never while sending
	in       *path
	out      *path
	read     *media.Format
	taps     atomic.Pointer[[]*tap]
	source   atomic.Pointer[source]
	ringing  atomic.Pointer[source] // the source that is the ringing tone
	change   atomic.Pointer[func()]
	muted    [2]atomic.Bool // by Direction
	held     atomic.Bool
	late     atomic.Pointer[jitterBuffer]
	buffer   *jitter.Config // for the first bridge; never changes
}

// path is a translator and what it was made for.
type path struct {
	from, to *media.Format
	media.Translator
}

func along(p **path, from, to *media.Format, conceal bool) (*path, error) {
	if *p != nil && (*p).from == from && (*p).to == to {
		return *p, nil
	}
	translator := media.NewTranslator
	if conceal {
		translator = media.NewConcealing
	}
	t, err := translator(from, to)
	if err != nil {
		return nil, fmt.Errorf("no way from %s to %s: %w", from, to, err)
	}
	*p = &path{from, to, t}
	return *p, nil
}

func (v *voice) translateIn(f media.Frame) (media.Frame, bool, error) {
	if f.Kind != media.Voice {
		return f, true, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.read == nil || v.read == f.Format {
		return f, true, nil
	}
	p, err := along(&v.in, f.Format, v.read, false)
	if err != nil {
		return f, false, err
	}
	return p.Translate(f)
}

// SetReadFormat asks Read for this format; nil takes voice as it comes.
func (c *Channel) SetReadFormat(f *media.Format) {
	c.voice.mu.Lock()
	c.voice.read = f
	c.voice.mu.Unlock()
}

// ReadFormat returns the format that Read was asked for, or nil.
func (c *Channel) ReadFormat() *media.Format {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	return c.voice.read
}

// Write sends a frame to the far end, translated to what the leg sends.
func (c *Channel) Write(f media.Frame) error {
	if t := c.voice.taps.Load(); t != nil {
		var ok bool
		if f, ok = tapped(*t, Out, f); !ok {
			return nil
		}
	}
	if c.muted(Out, f) {
		return nil
	}
	if f.Kind == media.Voice {
		c.followed(media.SrcUpdate)
		if to := c.leg.WriteFormat(); to != nil && (to != f.Format || c.conceals(f)) {
			if o, ok := c.leg.(Bilingual); ok && !media.Encodes(to) {
				if to = o.OtherFormat(f.Format); to == f.Format {
					return c.leg.Write(f)
				}
			}
			var ok bool
			var err error
			if f, ok, err = c.translateOut(f, to); err != nil || !ok {
				return err
			}
		}
	}
	return c.leg.Write(f)
}

func (c *Channel) translateOut(f media.Frame, to *media.Format) (media.Frame, bool, error) {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	p, err := along(&c.voice.out, f.Format, to, c.registry.Concealment().Transcoded)
	if err != nil {
		return f, false, err
	}
	return p.Translate(f)
}

// Answer accepts the leg if it is not up.
func (c *Channel) Answer() error {
	if c.State() == event.Up {
		return nil
	}
	if c.HungUp() {
		return &HangupError{}
	}
	c.StopSource()
	if err := c.leg.Answer(); err != nil {
		return fmt.Errorf("answer %s: %w", c.Name(), err)
	}
	c.SetState(event.Up)
	c.followed(media.Answered)
	return nil
}

// answerWait is how long a leg that was just answered is given until its far end
// is heard: what is played before that is lost while both sides set up media.
const answerWait = 500 * time.Millisecond

// AnswerAndListen accepts the leg if it is not up, and returns when the far end
// is heard, at the latest after half a second; with least above 0 after the
// longer of both, whatever is heard. Keys that are pressed meanwhile are kept.
func (c *Channel) AnswerAndListen(ctx context.Context, least time.Duration) error {
	if c.State() == event.Up {
		return nil
	}
	if err := c.Answer(); err != nil {
		return err
	}
	limit, cancel := context.WithTimeoutCause(ctx, max(least, answerWait), errHeardNothing)
	defer cancel()
	var kept []media.Frame
	defer func() {
		for i := len(kept) - 1; i >= 0; i-- {
			c.Unread(kept[i])
		}
	}()
	for {
		f, err := c.Read(limit)
		switch {
		case err != nil && ctx.Err() == nil:
			return nil // the time is up
		case err != nil:
			return err
		case f.Kind != media.Voice:
			kept = append(kept, f)
		case least <= 0:
			return nil
		}
	}
}

var errHeardNothing = errors.New("nothing is heard of the far end")

// Indicate tells the far end a signal, by the technology's means or, where it
// has none, by a tone or music.
func (c *Channel) Indicate(f media.Frame) error {
	f.Kind = media.Control
	if !c.passes(f) {
		return nil
	}
	c.followed(f.Signal)
	switch f.Signal {
	case media.Hold, media.Unhold:
		c.voice.held.Store(f.Signal == media.Hold)
	}
	err := c.leg.Indicate(f)
	if !errors.Is(err, ErrNotIndicated) {
		if err == nil {
			c.silence(f.Signal)
		}
		return err
	}
	if s := c.registry.Sounds; s != nil {
		if src := s.For(c, f); src != nil {
			s := c.start(src)
			if f.Signal == media.Ringing {
				c.voice.ringing.Store(s)
				c.TestEvent("RINGING_INBAND", "channel.c", "indicate_data_internal", event.Variable{Name: "Channel", Value: c.Name()})
			}
			return nil
		}
	}
	c.silence(f.Signal)
	return nil
}

// StopRinging ends the ringing tone that Indicate began, without waiting for its last frame: somebody
// is heard. It does nothing where there is none.
func (c *Channel) StopRinging() {
	if c.voice.ringing.Load() == nil {
		return
	}
	if s := c.voice.ringing.Swap(nil); s != nil && c.voice.source.CompareAndSwap(s, nil) {
		s.stop()
	}
}

// Held reports whether the far end was told last that it is held, and not that it is so no more.
func (c *Channel) Held() bool { return c.voice.held.Load() }

// Signal tells the far end a signal that needs no further value.
func (c *Channel) Signal(s media.Signal) error { return c.Indicate(media.Frame{Signal: s}) }

// silence ends the tone or music that an earlier signal started.
func (c *Channel) silence(s media.Signal) {
	switch s {
	case media.StopTone, media.Unhold, media.Answered, media.Ringing, media.Progress, media.Busy, media.Congestion:
		c.StopSource()
	}
}

// Sounds makes what a leg hears when its technology can't tell a signal.
type Sounds interface {
	// For returns the tone or music of a signal, or nil where there is none.
	For(c *Channel, f media.Frame) Source
}

// A Source makes the frames of a sound, 20 ms each. io.EOF ends it.
type Source interface {
	Next() (media.Frame, error)
}

type source struct {
	stop context.CancelFunc
	done chan struct{}
}

// StartSource plays a source to the far end in the background until it ends, the
// leg ends, another starts or StopSource is called. A source that is an io.Closer
// is closed then.
func (c *Channel) StartSource(src Source) { c.start(src) }

func (c *Channel) start(src Source) *source {
	ctx, cancel := context.WithCancel(c.life.leg)
	s := &source{stop: cancel, done: make(chan struct{})}
	if old := c.voice.source.Swap(s); old != nil {
		old.stop()
		<-old.done
	}
	c.registry.Go(c.Name(), func() {
		defer close(s.done)
		defer cancel()
		_ = c.Pace(ctx, src)
		if closer, ok := src.(io.Closer); ok {
			_ = closer.Close()
		}
	})
	return s
}

// FillSilence sends silence until stop is called, where Registry.Silence says that a
// leg that waits or is recorded gets some, and where it does not hear anything yet.
func (c *Channel) FillSilence() (stop func()) {
	if !c.registry.Silence || c.sounding() {
		return func() {}
	}
	mine := c.start(Silence{})
	return func() {
		if c.voice.source.CompareAndSwap(mine, nil) {
			mine.stop()
			<-mine.done
		}
	}
}

// sounding tells if a source plays.
func (c *Channel) sounding() bool {
	s := c.voice.source.Load()
	if s == nil {
		return false
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// Silence is a source of silence without end.
type Silence struct{}

// silentFrame is 20 ms of it.
var silentFrame = media.Frame{Kind: media.Voice, Format: media.SLin, Samples: 160, Data: make([]byte, 320)}

// Next implements Source.
func (Silence) Next() (media.Frame, error) { return silentFrame, nil }

// StopSource ends the source that StartSource started and waits for its last frame.
func (c *Channel) StopSource() {
	if s := c.voice.source.Swap(nil); s != nil {
		s.stop()
		<-s.done
	}
}

// Pace writes the frames of a source in real time until it ends or ctx does.
// It returns nil at io.EOF, else the cause. It reads nothing.
func (c *Channel) Pace(ctx context.Context, src Source) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	next := time.Now()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		}
		f, err := src.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.Write(f); err != nil {
			return err
		}
		length := 20 * time.Millisecond
		if f.Format != nil && f.Samples > 0 {
			length = time.Duration(f.Samples) * time.Second / time.Duration(f.Format.Rate)
		}
		next = next.Add(length)
		if behind := time.Since(next); behind > 200*time.Millisecond {
			next = time.Now() // the machine slept: do not rush to catch up
		}
		timer.Reset(time.Until(next))
	}
}
