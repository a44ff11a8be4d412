package channel

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// The sizes of an inbox. Media beyond it pushes out the oldest, as nobody wants
// to hear the past; signals beyond it are dropped and counted, for nobody can
// have meant them.
const (
	inboxMedia   = 16
	inboxSignals = 256
)

// inbox holds what arrived on a leg that is in no bridge until its owner reads it.
type inbox struct {
	mu      sync.Mutex // a leaf
	media   []media.Frame
	signals []media.Frame
	ready   chan struct{}
	sink    atomic.Pointer[func(media.Frame)]
	dropped atomic.Uint64
}

// put queues a frame, or returns the sink if one was set meanwhile.
func (b *inbox) put(f media.Frame) (sink *func(media.Frame)) {
	b.mu.Lock()
	if sink := b.sink.Load(); sink != nil {
		b.mu.Unlock()
		return sink
	}
	switch {
	case f.Kind == media.Voice || f.Kind == media.VideoFrame || f.Kind == media.CNG:
		if len(b.media) == inboxMedia {
			copy(b.media, b.media[1:])
			b.media = b.media[:inboxMedia-1]
		}
		b.media = append(b.media, f)
	case len(b.signals) < inboxSignals:
		b.signals = append(b.signals, f)
	default:
		b.dropped.Add(1)
	}
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
	return nil
}

// drain takes the next frame, or with none sets the sink: under one lock, so that
// no frame is queued behind it.
func (b *inbox) drain(sink *func(media.Frame)) (media.Frame, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.next()
	if !ok {
		b.sink.Store(sink)
	}
	return f, ok
}

func (b *inbox) take() (media.Frame, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.next()
}

// next takes a frame; b.mu is held.
func (b *inbox) next() (media.Frame, bool) {
	queue := &b.signals
	if len(*queue) == 0 {
		queue = &b.media
	}
	if len(*queue) == 0 {
		return media.Frame{}, false
	}
	f := (*queue)[0]
	n := copy(*queue, (*queue)[1:])
	(*queue)[n] = media.Frame{}
	*queue = (*queue)[:n]
	return f, true
}

// Deliver hands the channel a frame that arrived from the far end. It is the
// driver's, and returns quickly.
func (c *Channel) Deliver(f media.Frame) {
	c.Tell(f)
	c.Hand(f)
}

// Hand is Deliver for a frame that was told already.
func (c *Channel) Hand(f media.Frame) {
	if j := c.voice.late.Load(); j != nil && j.take(f) {
		return
	}
	c.hand(f)
}

// hand takes a frame past the jitter buffer.
func (c *Channel) hand(f media.Frame) {
	if t := c.voice.taps.Load(); t != nil {
		var ok bool
		if f, ok = tapped(*t, In, f); !ok {
			return
		}
	}
	if c.muted(In, f) {
		return
	}
	if sink := c.inbox.sink.Load(); sink != nil {
		(*sink)(f)
		return
	}
	if sink := c.inbox.put(f); sink != nil {
		(*sink)(f)
	}
}

// Tell publishes the event of a frame that arrived: a key, a hold, a flash.
func (c *Channel) Tell(f media.Frame) {
	if f.Kind != media.Voice {
		c.watch(f)
	}
	switch {
	case f.Kind == media.DTMFBegin:
		c.publish(event.KindDTMFBegin, func(s *event.Channel) event.Event {
			return &event.DTMFBegin{Channel: s, Digit: f.Digit, Received: true}
		})
	case f.Kind == media.DTMFEnd:
		c.publish(event.KindDTMFEnd, func(s *event.Channel) event.Event {
			return &event.DTMFEnd{Channel: s, Digit: f.Digit, Duration: f.Duration, Received: true}
		})
	case f.Kind == media.Control && f.Signal == media.Hold:
		class, _ := f.Value.(string)
		c.publish(event.KindHold, func(s *event.Channel) event.Event { return &event.Hold{Channel: s, MusicClass: class} })
	case f.Kind == media.Control && f.Signal == media.Unhold:
		c.publish(event.KindUnhold, func(s *event.Channel) event.Event { return &event.Unhold{Channel: s} })
	case f.Kind == media.Control && f.Signal == media.Flash:
		c.publish(event.KindGeneric, func(s *event.Channel) event.Event { return &event.Generic{Name: "Flash", Class: "call", Channel: s} })
	}
}

// SetSink has arriving frames handed to f at once, on the driver's goroutine,
// instead of queued for Read. A bridge does so. Frames that are queued come
// first. A nil f goes back to the queue.
func (c *Channel) SetSink(f func(media.Frame)) {
	if f == nil {
		c.inbox.sink.Store(nil)
		return
	}
	for {
		queued, ok := c.inbox.drain(&f)
		if !ok {
			return
		}
		f(queued)
	}
}

// Read waits for the next frame: signals first, then media, which comes in the
// read format if one is set. It is the owner's. The error is the cause of ctx.
func (c *Channel) Read(ctx context.Context) (media.Frame, error) {
	for {
		if ctx.Err() != nil {
			return media.Frame{}, context.Cause(ctx)
		}
		if f, ok := c.inbox.take(); ok {
			f, ok, err := c.voice.translateIn(f)
			if err != nil || ok {
				return f, err
			}
			continue
		}
		select {
		case <-ctx.Done():
		case <-c.inbox.ready:
		}
	}
}

// Unread puts a signal back so that the next Read returns it first.
func (c *Channel) Unread(f media.Frame) {
	b := &c.inbox
	b.mu.Lock()
	b.signals = append([]media.Frame{f}, b.signals...)
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// Flush forgets what has arrived and was not read.
func (c *Channel) Flush() {
	for {
		if _, ok := c.inbox.take(); !ok {
			return
		}
	}
}

// DroppedSignals returns how many signals found the inbox full and were dropped.
func (c *Channel) DroppedSignals() uint64 { return c.inbox.dropped.Load() }
