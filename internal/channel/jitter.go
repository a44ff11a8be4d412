package channel

import (
	"context"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/jitter"
	"github.com/octothorpe/octothorpe/internal/media"
)

// jitterBuffer holds back what arrives on a leg until it is its turn. Its goroutine
// is the registry's and ends with the leg.
type jitterBuffer struct {
	leg   *Channel
	epoch time.Time
	stop  context.CancelFunc
	done  chan struct{}
	wake  chan struct{} // holds one: something is due sooner than was known

	mu     sync.Mutex // a leaf: never held while a frame is handed on
	buffer *jitter.Buffer
	clock  jitter.Clock
	video  []picture // in the order in which they came
	over   bool
}

// picture is a packet of video that waits for the sound that belongs to it.
type picture struct {
	due   time.Duration
	frame media.Frame
}

// mostPictures is how many packets of video wait; what comes then goes on at once.
const mostPictures = 4096

// SetJitterBuffer has a leg's voice go through a jitter buffer before anybody hears
// it, in place of the one that there was; nil ends that, and what is left in the
// buffer is heard at once. While there is one, media passes through the core.
func (c *Channel) SetJitterBuffer(g *jitter.Config) {
	var j *jitterBuffer
	if g != nil {
		ctx, stop := context.WithCancel(c.life.leg)
		j = &jitterBuffer{leg: c, epoch: time.Now(), stop: stop, done: make(chan struct{}), wake: make(chan struct{}, 1), buffer: jitter.New(*g)}
		c.registry.Go(c.Name(), func() { j.run(ctx) })
	}
	if old := c.voice.late.Swap(j); old != nil {
		old.stop()
		<-old.done
	}
	c.MediaChanged()
}

// JitterBuffer returns what the leg's jitter buffer is, and what it saw; false where
// there is none.
func (c *Channel) JitterBuffer() (jitter.Config, jitter.Stats, bool) {
	j := c.voice.late.Load()
	if j == nil {
		return jitter.Config{}, jitter.Stats{}, false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buffer.Config(), j.buffer.Stats(), true
}

// bufferInBridge gives the leg the jitter buffer that its technology wants it to have,
// unless the dialplan gave it one.
func (c *Channel) bufferInBridge() {
	if c.voice.buffer != nil && c.voice.late.Load() == nil {
		c.SetJitterBuffer(c.voice.buffer)
	}
}

// take queues a frame, or reports false for one that goes on at once: a key, a
// signal, sound that came with no time.
func (j *jitterBuffer) take(f media.Frame) bool {
	var sooner, taken bool
	switch {
	case f.Kind == media.Voice && f.Timed && f.Format != nil && f.Format.Clock > 0:
		sooner, taken = j.put(f)
	case f.Kind == media.VideoFrame && j.buffer.Config().SyncVideo:
		sooner, taken = j.hold(f)
	}
	if sooner {
		select {
		case j.wake <- struct{}{}:
		default:
		}
	}
	return taken
}

func (j *jitterBuffer) put(f media.Frame) (sooner, taken bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.over {
		return false, false
	}
	old, some := j.next()
	at, same := j.clock.Time(f.Timestamp, f.Format.Clock)
	if !same {
		j.buffer.Renew()
	}
	length := time.Duration(f.Samples) * time.Second / time.Duration(f.Format.Rate)
	j.buffer.Put(jitter.Packet{At: at, Length: length, Frame: f}, time.Since(j.epoch))
	due, ok := j.next()
	return ok && (!some || due < old), true
}

// hold keeps a packet of video for as long as the sound waits.
func (j *jitterBuffer) hold(f media.Frame) (sooner, taken bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.over || len(j.video) == mostPictures {
		return false, false
	}
	due := time.Since(j.epoch) + j.buffer.Delay()
	if n := len(j.video); n > 0 {
		due = max(due, j.video[n-1].due)
	}
	j.video = append(j.video, picture{due, f})
	return len(j.video) == 1, true
}

// next returns when something is due; j.mu is held.
func (j *jitterBuffer) next() (due time.Duration, ok bool) {
	due, ok = j.buffer.Next()
	if len(j.video) > 0 && (!ok || j.video[0].due < due) {
		return j.video[0].due, true
	}
	return due, ok
}

// get takes a frame that is due; with none it returns how long to wait.
func (j *jitterBuffer) get() (f media.Frame, wait time.Duration, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Since(j.epoch)
	due, some := j.next()
	switch {
	case !some:
		return f, time.Hour, false
	case due > now:
		return f, due - now, false
	case len(j.video) > 0 && j.video[0].due <= due:
		f = j.video[0].frame
		j.video[0] = picture{}
		if j.video = j.video[1:]; len(j.video) == 0 {
			j.video = nil
		}
		return f, 0, true
	}
	p, ok := j.buffer.Get(now)
	return p.Frame, 0, ok
}

// run hands on what is due, until ctx ends, and then what is left.
func (j *jitterBuffer) run(ctx context.Context) {
	defer close(j.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		f, wait, ok := j.get()
		if ok {
			j.leg.hand(f)
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-j.wake:
		case <-timer.C:
		}
	}
	j.mu.Lock()
	j.over = true
	left, video := j.buffer.Drain(), j.video
	j.video = nil
	j.mu.Unlock()
	for _, p := range left {
		j.leg.hand(p.Frame)
	}
	for _, p := range video {
		j.leg.hand(p.frame)
	}
}
