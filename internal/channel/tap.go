package channel

import "github.com/octothorpe/octothorpe/internal/media"

// Direction tells what arrives on a leg from what is sent to it.
type Direction uint8

// In is from the far end, Out is to it.
const (
	In Direction = iota
	Out
)

// A tap hears, and may alter, every frame of a leg: recording, spying, DTMF detection.
type tap struct {
	f func(Direction, media.Frame) (media.Frame, bool)
}

// tapped passes a frame by the taps, and reports false if one of them takes it.
func tapped(taps []*tap, d Direction, f media.Frame) (media.Frame, bool) {
	for _, t := range taps {
		var ok bool
		if f, ok = t.f(d, f); !ok {
			return f, false
		}
	}
	return f, true
}

// passes tells whether a signal or a key to the far end is left to go by the taps.
func (c *Channel) passes(f media.Frame) bool {
	t := c.voice.taps.Load()
	if t == nil {
		return true
	}
	_, ok := tapped(*t, Out, f)
	return ok
}

// Tap has f called with every frame in both directions, on whatever goroutine
// carries it, and returns what ends that. f returns the frame to go on with and
// must not wait. While a leg is tapped its media passes through the core.
func (c *Channel) Tap(f func(Direction, media.Frame) media.Frame) (remove func()) {
	return c.Filter(func(d Direction, frame media.Frame) (media.Frame, bool) { return f(d, frame), true })
}

// Filter is Tap for who may take frames out: f reports false for a frame that is
// to go no further. It is asked for keys and signals to the far end, too, which it
// can take but not alter.
func (c *Channel) Filter(f func(Direction, media.Frame) (media.Frame, bool)) (remove func()) {
	t := &tap{f}
	c.changeTaps(func(list []*tap) []*tap { return append(list, t) })
	return func() {
		c.changeTaps(func(list []*tap) []*tap {
			rest := list[:0]
			for _, other := range list {
				if other != t {
					rest = append(rest, other)
				}
			}
			return rest
		})
	}
}

func (c *Channel) changeTaps(f func([]*tap) []*tap) {
	c.mu.Lock()
	var list []*tap
	if old := c.voice.taps.Load(); old != nil {
		list = append(list, *old...)
	}
	list = f(list)
	if len(list) == 0 {
		c.voice.taps.Store(nil)
	} else {
		c.voice.taps.Store(&list)
	}
	c.mu.Unlock()
	c.MediaChanged()
}

// Tapped reports whether the leg's frames are heard, or kept back, by somebody
// beside the two who talk, or made up where they are missing.
func (c *Channel) Tapped() bool {
	return c.registry.Concealment().Equal || c.voice.taps.Load() != nil || c.voice.late.Load() != nil || c.voice.muted[In].Load() || c.voice.muted[Out].Load()
}

// OnMediaChange has f called when the leg's media changes: a tap, another
// codec, another address. It is the bridge's; nil ends it.
func (c *Channel) OnMediaChange(f func()) {
	if f == nil {
		c.voice.change.Store(nil)
		return
	}
	c.voice.change.Store(&f)
}

// MediaChanged is called by the driver when the leg's codec or address changed.
func (c *Channel) MediaChanged() {
	if f := c.voice.change.Load(); f != nil {
		(*f)()
	}
}
