package function

import (
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A hook is a function's hold on what a leg hears and says. Each kind is there at
// most once on a leg, in the order in which they were set.
type hook struct {
	remove func()
	state  any // of the function
}

type hookKey string

// hookOf returns the hook of a function on a leg, or nil.
func hookOf(c *channel.Channel, name hookKey) *hook {
	k, _ := c.Value(name).(*hook)
	return k
}

// dropHook takes a hook off a leg and tells whether there was one.
func dropHook(c *channel.Channel, name hookKey) bool {
	k := hookOf(c, name)
	if k == nil {
		return false
	}
	c.SetValue(name, nil)
	k.remove()
	return true
}

// setHook puts a hook on a leg in place of the one that there was.
func setHook(c *channel.Channel, name hookKey, state any, f func(channel.Direction, media.Frame) (media.Frame, bool)) {
	dropHook(c, name)
	c.SetValue(name, &hook{remove: c.Filter(f), state: state})
}

// linear reads the voice of one direction as samples, and writes it back in the
// format that it came in. It may be used by one goroutine at a time.
type linear struct {
	from    *media.Format
	in, out media.Translator
	samples []int16
}

// process has f work on the samples of a frame at a rate, in place, and returns
// the frame with what it left there. A frame that can't be decoded stays as it is.
func (l *linear) process(frame media.Frame, write bool, f func(samples []int16, rate int)) media.Frame {
	if frame.Kind != media.Voice || frame.Format == nil {
		return frame
	}
	plain := media.LinearAt(frame.Format.Rate)
	if l.from != frame.Format {
		l.from, l.in, l.out = frame.Format, nil, nil
		if !frame.Format.Linear() {
			l.in, _ = media.NewTranslator(frame.Format, plain) // nil is seen below
			l.out, _ = media.NewTranslator(plain, frame.Format)
		}
	}
	data := frame
	if !frame.Format.Linear() {
		if l.in == nil || l.out == nil {
			return frame
		}
		var ok bool
		var err error
		if data, ok, err = l.in.Translate(frame); err != nil || !ok {
			return frame
		}
	}
	l.samples = media.AppendSamples(l.samples[:0], data.Data)
	f(l.samples, plain.Rate)
	if !write {
		return frame
	}
	made := media.Frame{Kind: media.Voice, Format: plain, Data: media.AppendLinear(make([]byte, 0, 2*len(l.samples)), l.samples), Samples: len(l.samples)}
	if frame.Format.Linear() {
		made.Format = frame.Format
		return made
	}
	if back, ok, err := l.out.Translate(made); err == nil && ok {
		return back
	}
	return frame
}

// both are the voices of a leg's two directions, each under a mutex that is a
// leaf: it is held while samples are worked on, and never while anything is sent.
type both [2]struct {
	mu sync.Mutex
	linear
}

// process is that of one direction.
func (b *both) process(d channel.Direction, frame media.Frame, write bool, f func(samples []int16, rate int)) media.Frame {
	if frame.Kind != media.Voice {
		return frame
	}
	b[d].mu.Lock()
	defer b[d].mu.Unlock()
	return b[d].linear.process(frame, write, f)
}

// saturated is a sample that may be too loud.
func saturated(v float64) int16 { return int16(max(-32768, min(32767, v))) }
