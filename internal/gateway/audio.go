package gateway

import (
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// audioQueue is how much sound may wait for a script: five seconds.
const audioQueue = 250

// audio carries the voice of a leg to a script of EAGI. Frames come on the driver's
// goroutine, which must not wait; one of its own writes them.
type audio struct {
	to    *os.File
	want  *media.Format
	queue chan media.Frame
	over  chan struct{}

	mu     sync.Mutex // a leaf: of what follows
	closed bool
}

// newAudio writes linear sound, 8,000 samples a second, unless EAGI_AUDIO_FORMAT names another format.
func newAudio(c *channel.Channel, to *os.File, logger *slog.Logger) *audio {
	a := &audio{to: to, want: media.SLin, queue: make(chan media.Frame, audioQueue), over: make(chan struct{})}
	if name, ok := c.Variable("EAGI_AUDIO_FORMAT"); ok && name != "" {
		if f, ok := media.FormatByName(name); ok && f.Kind == media.Audio && media.Encodes(f) {
			a.want = f
		} else {
			logger.Warn("EAGI_AUDIO_FORMAT is no format that sound can be written in; it is slin", "channel", c.Name(), "format", name)
		}
	}
	go a.write()
	return a
}

// take passes frames on as they are.
func (a *audio) take(d channel.Direction, f media.Frame) media.Frame {
	if d != channel.In || f.Kind != media.Voice {
		return f
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.closed {
		select {
		case a.queue <- f:
		default: // the script does not listen
		}
	}
	return f
}

func (a *audio) write() {
	defer close(a.over)
	var from *media.Format
	var t media.Translator
	for f := range a.queue {
		if f.Format != from {
			var err error
			if t, err = media.NewTranslator(f.Format, a.want); err != nil {
				continue
			}
			from = f.Format
		}
		out, ok, err := t.Translate(f)
		if err != nil || !ok {
			continue
		}
		_ = a.to.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := a.to.Write(out.Data); err != nil {
			for range a.queue { // nobody reads any more
			}
			return
		}
	}
}

// close ends the goroutine, and with it the pipe.
func (a *audio) close() {
	a.mu.Lock()
	a.closed = true
	close(a.queue)
	a.mu.Unlock()
	_ = a.to.SetWriteDeadline(time.Now())
	<-a.over
}
