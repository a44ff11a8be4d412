package channel

import "github.com/octothorpe/octothorpe/internal/media"

// SetMuted keeps the leg's voice from coming in, or from going out, or lets it
// again. Keys and signals go on.
func (c *Channel) SetMuted(d Direction, muted bool) {
	if c.voice.muted[d].Swap(muted) != muted {
		c.MediaChanged() // its media has to come through here while it is
	}
}

// Directions reads in, out or all.
func Directions(text string) ([]Direction, bool) {
	switch text {
	case "in":
		return []Direction{In}, true
	case "out":
		return []Direction{Out}, true
	case "all":
		return []Direction{In, Out}, true
	}
	return nil, false
}

// muted tells whether a frame is kept back.
func (c *Channel) muted(d Direction, f media.Frame) bool {
	return f.Kind == media.Voice && c.voice.muted[d].Load()
}
