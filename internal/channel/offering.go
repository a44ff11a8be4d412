package channel

import "github.com/octothorpe/octothorpe/internal/media"

// An Offering is a Leg that was made for media in some formats, which a call that is made
// for its sake offers as far as its far end takes them.
type Offering interface {
	// Offered are the formats, nil where none were asked for.
	Offered() []*media.Format
}
