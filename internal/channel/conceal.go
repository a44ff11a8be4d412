package channel

import "github.com/octothorpe/octothorpe/internal/media"

// Concealment is where packets that are missing are made up for: [plc] of codecs.conf.
type Concealment struct {
	// Transcoded are legs whose codec is translated, and those in a mix.
	Transcoded bool
	// Equal are the others, too: media then passes through the core.
	Equal bool
}

// SetConcealment says where packets that are missing are made up for, from the next call on.
func (r *Registry) SetConcealment(c Concealment) { r.conceal.Store(&c) }

// Concealment tells where packets that are missing are made up for.
func (r *Registry) Concealment() Concealment {
	if c := r.conceal.Load(); c != nil {
		return *c
	}
	return Concealment{}
}

// conceals tells whether what is missing before a frame is made up though its format stays.
func (c *Channel) conceals(f media.Frame) bool {
	return c.registry.Concealment().Equal && f.Timed && media.Encodes(f.Format)
}
